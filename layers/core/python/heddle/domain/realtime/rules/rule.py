"""A rule: which messages it is about, and what becomes of them.

    message ─► rule of the highest priority ─► … ─► rule of the lowest ─► the default action
                matches? ─► deny: ends here · transform, priority, keeping, rate ─► terminal: ends here

The default action `Allow` lets through what no rule denied, `RequireMatch` what some rule matched, `Deny` only what
a terminal rule let through. What clients send is judged (Broadcast, DirectMessage), what the platform publishes is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Literal

from heddle.domain.realtime.rules.message import PRIORITIES, SENDER_TYPES
from heddle.domain.realtime.rules.patterns import check_pattern
from heddle.errors import InvalidInput
from heddle.records import dataclass

Action = Literal["allow", "deny"]
DefaultAction = Literal["Allow", "Deny", "RequireMatch"]
DEFAULT_ACTIONS: tuple[DefaultAction, ...] = ("Allow", "Deny", "RequireMatch")

MAX_RULES = 100
MAX_TEXT = 4_000
"""Of an expression or template: a hundred rules of that size still fit the item that holds them."""
NAMES = frozenset({"message", "tenant"})
"""What conditions and templates may speak of."""

_FIELDS = frozenset(
    [
        "action",
        "condition",
        "description",
        "enabled",
        "is_terminal",
        "match",
        "name",
        "override_priority",
        "persist_offline",
        "priority",
        "rate_limit",
        "transform",
    ]
)
_MATCH = frozenset(["topic", "routing_key", "type", "sender_type", "sender_id", "headers", "content", "target"])
_TRANSFORM = frozenset(["topic", "routing_key", "add_headers", "priority", "payload"])


@dataclass(frozen=True, slots=True)
class Rule:
    """A checked rule; `match` and `transform` hold what `checked` lets through. The highest priority comes first."""

    name: str
    description: str = ""
    enabled: bool = True
    priority: int = 0
    is_terminal: bool = False
    action: Action = "allow"
    match: Mapping[str, Any] = field(default_factory=dict)
    condition: str | None = None
    transform: Mapping[str, Any] = field(default_factory=dict)
    persist_offline: bool | None = None
    override_priority: str | None = None
    rate_limit: Mapping[str, Any] | None = None
    updated_by: str = ""
    disabled_because: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the document of the rule, as it is stored and shown."""
        return {
            "name": self.name,
            "description": self.description,
            "enabled": self.enabled,
            "priority": self.priority,
            "is_terminal": self.is_terminal,
            "action": self.action,
            "match": dict(self.match),
            "condition": self.condition,
            "transform": dict(self.transform),
            "persist_offline": self.persist_offline,
            "override_priority": self.override_priority,
            "rate_limit": None if self.rate_limit is None else dict(self.rate_limit),
            "updated_by": self.updated_by,
            "disabled_because": self.disabled_because,
        }


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of a tenant. `revision` counts saves; `strip_html`: tags are taken out of what people write."""

    rules: tuple[Rule, ...] = ()
    default_action: DefaultAction = "Allow"
    strip_html: bool = True
    revision: int = 0

    def in_order(self) -> list[Rule]:
        """Return the enabled rules in the order in which they judge: by priority, then by name."""
        return sorted((rule for rule in self.rules if rule.enabled), key=lambda rule: (-rule.priority, rule.name))

    def named(self, name: str) -> Rule | None:
        """Return the rule of that name, if there is one."""
        return next((rule for rule in self.rules if rule.name == name), None)


def checked(document: Mapping[str, Any], *, updated_by: str = "") -> Rule:
    """Return the rule of a document; InvalidInput `invalid_rule` or `invalid_pattern` names the field."""
    _known(document, _FIELDS, "")
    match = _match(_object(document, "match"))
    transform = _transform(_object(document, "transform"))
    condition = document.get("condition")
    if condition is not None:
        _expression(condition, "condition")
    priority = document.get("priority", 0)
    if not _whole(priority) or not -10_000 <= priority <= 10_000:
        raise _invalid("priority", "must be a whole number from -10000 to 10000")
    keep = document.get("persist_offline")
    if keep is not None and not isinstance(keep, bool):
        raise _invalid("persist_offline", "must be true or false")
    return Rule(
        name=_name(document.get("name")),
        description=_text(document.get("description", ""), "description", 1_000),
        enabled=_flag(document, "enabled", True),
        priority=priority,
        is_terminal=_flag(document, "is_terminal", False),
        action=_one_of(document.get("action", "allow"), ("allow", "deny"), "action"),
        match=match,
        condition=condition,
        transform=transform,
        persist_offline=keep,
        override_priority=_one_of(document.get("override_priority"), (None, *PRIORITIES), "override_priority"),
        rate_limit=_rate(document.get("rate_limit")),
        updated_by=updated_by,
    )


def _match(given: Mapping[str, Any]) -> dict[str, Any]:
    _known(given, _MATCH, "match.")
    for name in ("topic", "routing_key", "sender_id"):
        if name in given:
            check_pattern(given[name], f"match.{name}")
    for name in ("type", "sender_type"):
        if name in given and not _texts(given[name]):
            raise _invalid(f"match.{name}", "must be a list of text")
    for each in given.get("sender_type", ()):
        _one_of(each, SENDER_TYPES, "match.sender_type")
    for name, pattern in _object(given, "headers", "match.headers").items():
        check_pattern(pattern, f"match.headers.{name}")
    for path, wanted in _object(given, "content", "match.content").items():
        if isinstance(wanted, dict | list) and not (isinstance(wanted, list) and all(map(_scalar, wanted))):
            raise _invalid(f"match.content.{path}", "must be a value, or a list of values of which one is there")
    target = _object(given, "target", "match.target")
    _known(target, frozenset({"user_ids", "max_targets"}), "match.target.")
    if "user_ids" in target and not _texts(target["user_ids"]):
        raise _invalid("match.target.user_ids", "must be a list of text")
    if "max_targets" in target and (not _whole(target["max_targets"]) or not 0 <= target["max_targets"] <= 1_000_000):
        raise _invalid("match.target.max_targets", "must be a whole number of at least 0")
    return dict(given)


def _transform(given: Mapping[str, Any]) -> dict[str, Any]:
    _known(given, _TRANSFORM, "transform.")
    for name in ("topic", "routing_key"):
        if name in given:
            _expression(given[name], f"transform.{name}")
    for name, value in _object(given, "add_headers", "transform.add_headers").items():
        _expression(value, f"transform.add_headers.{name}")
    if "payload" in given:
        _expression(given["payload"], "transform.payload")
    if "priority" in given:
        _one_of(given["priority"], PRIORITIES, "transform.priority")
    return dict(given)


def _expression(value: Any, where: str) -> None:
    """Check syntax and names of all expressions in a value. What they cost is bounded when they are evaluated."""
    from heddle.domain.engine.expressions import references

    if len(str(value)) > MAX_TEXT:
        raise _invalid(where, f"has more than {MAX_TEXT} characters")
    if where not in ("transform.payload",) and not isinstance(value, str):
        raise _invalid(where, "must be text, such as {{ message.payload.level == 'error' }}")
    found = references(value)
    if found.problems:
        line, reason = found.problems[0]
        raise _invalid(where, f"line {line}: {reason}")
    if unknown := sorted(found.names - NAMES):
        raise _invalid(where, f"{unknown[0]!r} is not known; there are {', '.join(sorted(NAMES))}")


def _rate(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise _invalid("rate_limit", "must be {per_second, burst}")
    _known(value, frozenset({"per_second", "burst"}), "rate_limit.")
    per_second, burst = value.get("per_second"), value.get("burst", 1)
    if isinstance(per_second, bool) or not isinstance(per_second, int | float) or not 0 < per_second <= 10_000:
        raise _invalid("rate_limit.per_second", "must be a number above 0 and at most 10000")
    if not _whole(burst) or not 1 <= burst <= 100_000:
        raise _invalid("rate_limit.burst", "must be a whole number from 1 to 100000")
    return {"per_second": per_second, "burst": burst}


def _name(value: Any) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789_-"
    if not isinstance(value, str) or not 0 < len(value) <= 64 or not set(value) <= set(letters):
        raise _invalid("name", "must be 1 to 64 of a-z, 0-9, _ and -")
    return value


def _object(given: Mapping[str, Any], name: str, where: str | None = None) -> Mapping[str, Any]:
    value = given.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > 20:
        raise _invalid(where or name, "must be an object of at most 20 fields")
    return value


def _known(given: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    if unknown := sorted(set(given) - known):
        raise _invalid(f"{where}{unknown[0]}", f"unknown; there are {', '.join(sorted(known))}")


def _one_of(value: Any, choices: Sequence[Any], where: str) -> Any:
    if value not in choices:
        raise _invalid(where, f"must be one of {', '.join(str(each) for each in choices if each is not None)}")
    return value


def _flag(document: Mapping[str, Any], name: str, default: bool) -> bool:
    value = document.get(name, default)
    if not isinstance(value, bool):
        raise _invalid(name, "must be true or false")
    return value


def _text(value: Any, where: str, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise _invalid(where, f"must be text of at most {most} characters")
    return value


def _texts(value: Any) -> bool:
    return isinstance(value, list) and 0 < len(value) <= 100 and all(isinstance(each, str) for each in value)


def _scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _invalid(field: str, reason: str) -> InvalidInput:
    return InvalidInput(f"{field}: {reason}", code="invalid_rule", errors=[{"field": field, "message": reason}])
