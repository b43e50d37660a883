"""Judging a message by the rules of its tenant. A rule that fails is left out and reported: it stops no message."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from heddle.domain.realtime.rules.message import Message, without_secrets, without_tags
from heddle.domain.realtime.rules.patterns import matches
from heddle.domain.realtime.rules.rule import Rule, RuleSet
from heddle.domain.realtime.topics import check_topic, kind_of
from heddle.errors import HeddleError, InvalidInput
from heddle.records import dataclass

FUEL = 50_000
"""Instructions that an expression of a rule may cost: some milliseconds, a hundredth of what a node has."""
SECONDS = 1.0
"""How long all rules together may take for one message; those that no time is left for count as failed."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A rule that could not be evaluated, and why."""

    rule: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules make of a message. `denied_by` is a rule, or `default`; None is: it goes out as `message`.

    `matched` are the rules that it met, in order; `rates` those of them that bound how many messages they let through.
    """

    message: Message
    matched: tuple[str, ...] = ()
    denied_by: str | None = None
    keep: bool = True
    rates: tuple[Rule, ...] = ()
    failures: tuple[Failure, ...] = ()


def judge(
    rules: RuleSet, message: Message, *, tenant: str, recipients: Callable[[], int], clock: Callable[[], float]
) -> Verdict:
    """Return the verdict. `recipients` counts who would get the message, and is asked only if a rule bounds that."""
    message = replace(message, headers=without_secrets(message.headers))
    if rules.strip_html:
        message = replace(message, payload=without_tags(message.payload))
    matched: list[str] = []
    rates: list[Rule] = []
    failures: list[Failure] = []
    denied, keep, ended = None, True, False
    ends_at = clock() + SECONDS
    for rule in rules.in_order():
        try:
            if clock() > ends_at:
                raise InvalidInput("the rules before it took too long", code="rule_out_of_time")
            if not _meets(rule, message, tenant):
                continue
            bound = rule.match.get("target", {}).get("max_targets")
            over = bound is not None and (bound == 0 or recipients() > bound)
            changed = message if over or rule.action == "deny" else _transformed(rule, message, tenant)
        except HeddleError as error:
            failures.append(Failure(rule.name, error.code, error.message))
            continue
        matched.append(rule.name)
        if over or rule.action == "deny":
            denied = rule.name
            break
        message = changed
        keep = keep if rule.persist_offline is None else rule.persist_offline
        if rule.rate_limit is not None:
            rates.append(rule)
        if rule.is_terminal:
            ended = True
            break
    needs = {"Allow": True, "RequireMatch": bool(matched), "Deny": ended}
    if denied is None and not needs[rules.default_action]:
        denied = "default"
    return Verdict(message, tuple(matched), denied, keep, tuple(rates), tuple(failures))


def _meets(rule: Rule, message: Message, tenant: str) -> bool:
    match = rule.match
    patterns = (("topic", message.topic), ("routing_key", message.routing_key), ("sender_id", message.sender_id))
    if any(name in match and not matches(match[name], text) for name, text in patterns):
        return False
    for name, value in (("type", message.type), ("sender_type", message.sender_type)):
        if name in match and value not in match[name]:
            return False
    headers = {name.lower(): value for name, value in message.headers.items()}
    for name, pattern in match.get("headers", {}).items():
        if name.lower() not in headers or not matches(pattern, headers[name.lower()]):
            return False
    if not all(_has(message.payload, path, wanted) for path, wanted in match.get("content", {}).items()):
        return False
    wanted_users = match.get("target", {}).get("user_ids")
    if wanted_users is not None and set(wanted_users).isdisjoint(message.target_users):
        return False
    return rule.condition is None or _is_true(_rendered(rule.condition, message, tenant))


def _has(payload: Any, path: str, wanted: Any) -> bool:
    value = payload
    for step in path.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return False
        value = value[step]
    # True == 1 in Python, and not in JSON.
    return any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in _listed(wanted))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_true(value: Any) -> bool:
    """Tell whether a condition holds; one that comes out as text does unless it says false, none, 0 or nothing."""
    return value.strip().lower() not in ("", "false", "0", "none") if isinstance(value, str) else bool(value)


def _transformed(rule: Rule, message: Message, tenant: str) -> Message:
    change = rule.transform
    fields: dict[str, Any] = {}
    if "topic" in change and message.type != "DirectMessage":
        topic = check_topic(_rendered(change["topic"], message, tenant))
        if kind_of(topic) != "own":
            raise InvalidInput(f"a rule cannot send to {topic}: only the platform does", code="topic_forbidden")
        fields["topic"] = topic
    if "routing_key" in change:
        fields["routing_key"] = str(_rendered(change["routing_key"], message, tenant))[:200]
    if "add_headers" in change:
        added = {name: str(_rendered(text, message, tenant))[:1_000] for name, text in change["add_headers"].items()}
        fields["headers"] = without_secrets({**message.headers, **added})
    if "payload" in change:
        fields["payload"] = _rendered(change["payload"], message, tenant)
    priority = rule.override_priority or change.get("priority")
    if priority:
        fields["priority"] = priority
    return replace(message, **fields)


def _rendered(value: Any, message: Message, tenant: str) -> Any:
    from heddle.domain.engine.expressions import render

    return render(value, {"message": message.to_json(), "tenant": tenant}, fuel=FUEL)
