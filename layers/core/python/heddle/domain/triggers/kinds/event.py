"""Event: started by events of the platform, of `emit` nodes and of POST /events that match a pattern."""

from collections.abc import Mapping
from typing import Any

from heddle.domain.triggers.config import Config, invalid
from heddle.domain.triggers.event_pattern import FIELDS, check_pattern


def check(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return {pattern, per_minute}; the pattern has EventBridge's form and must not match everything."""
    given = Config(config)
    pattern = given.table("pattern")
    per_minute = given.number("per_minute", 600, least=1, most=60_000)
    given.done()
    if not pattern:
        raise invalid("pattern", "is missing, such as {'detail-type': ['OrderPaid']}")
    check_pattern(pattern)
    _check_envelope(pattern, "pattern")
    return {"pattern": pattern, "per_minute": per_minute}


def _check_envelope(pattern: Mapping[str, Any], path: str) -> None:
    """Refuse fields that no event has: the trigger would wait for ever (`detailType` for `detail-type`)."""
    for name, rule in pattern.items():
        if name == "$or":
            for index, each in enumerate(rule):
                _check_envelope(each, f"{path}.$or[{index}]")
        elif name not in FIELDS:
            raise invalid(f"{path}.{name}", f"is no field of an event: those are {', '.join(FIELDS)}")
        elif (name == "detail") != isinstance(rule, Mapping):
            what = "an object of fields" if name == "detail" else "a list of values"
            raise invalid(f"{path}.{name}", f"must be {what}")
