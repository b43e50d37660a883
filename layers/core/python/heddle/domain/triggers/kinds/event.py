"""Event: started by events of the platform, of `emit` nodes and of POST /events that match a pattern."""

from collections.abc import Mapping
from typing import Any

from heddle.domain.triggers.config import Config, invalid
from heddle.domain.triggers.event_pattern import check_pattern


def check(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return {pattern, per_minute}; the pattern has EventBridge's form and must not match everything."""
    given = Config(config)
    pattern = given.table("pattern")
    per_minute = given.number("per_minute", 600, least=1, most=60_000)
    given.done()
    if not pattern:
        raise invalid("pattern", "is missing, such as {'detail-type': ['OrderPaid']}")
    check_pattern(pattern)
    return {"pattern": pattern, "per_minute": per_minute}
