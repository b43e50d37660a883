"""What the rules of a tenant make of a client's message, before it is published.

message ─► rules, known for five seconds ─► verdict ─► rates of the rules ─► go on, or say why not
                                              └─► counted; a rule that fails ten times in a row is turned off
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from heddle.application.ports.rates import Rate, RateStore
from heddle.application.ports.realtime import Connection
from heddle.application.ports.rules import RuleCounts, RuleStore
from heddle.domain.realtime.frames import RateLimited, after
from heddle.domain.realtime.rules.judge import Failure, Verdict, judge
from heddle.domain.realtime.rules.message import Message
from heddle.domain.realtime.rules.rule import RuleSet
from heddle.errors import Forbidden, InvalidInput, UpstreamUnavailable, VersionConflict

KNOWN_SECONDS = 5.0
COUNT_SECONDS = 10.0
"""How long a process adds up what rules did before it writes that down; what it has then is lost with it."""
FAILURES = 10
REMEMBERED = 1_000
Notice = Callable[[str, str, str, str], object]
"""Told of a rule that was turned off: tenant, who saved it, its name, why."""


@dataclass
class Screen:
    """Judges messages; one for each process, for what it remembers of rules. `clock` is monotonic, in seconds."""

    store: RuleStore
    rates: RateStore
    clock: Callable[[], float]
    now: Callable[[], float]
    notice: Notice
    _known: dict[str, tuple[float, RuleSet]] = field(default_factory=dict)
    _failing: set[tuple[str, str]] = field(default_factory=set)
    _counts: defaultdict[str, dict[str, RuleCounts]] = field(default_factory=lambda: defaultdict(dict))
    _counted_at: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, connection: Connection, message: Message, recipients: Callable[[], int]) -> Verdict:
        """Return the verdict on a message that may go out.

        Forbidden `denied_by_rule` names the rule in `rule`; RateLimited `rate_limited` says so too.
        """
        tenant = connection.tenant
        rules = self._rules(tenant)
        verdict = judge(rules, message, tenant=tenant, recipients=recipients, clock=self.clock)
        self._report(tenant, rules, verdict)
        if verdict.denied_by is not None:
            raise Forbidden(
                "a rule of the tenant does not let this message through", code="denied_by_rule", rule=verdict.denied_by
            )
        for rule in verdict.rates:
            assert rule.rate_limit is not None, "only rules with a rate are among the rates"
            rate = Rate(rule.rate_limit["per_second"], rule.rate_limit["burst"])
            wait = self.rates.take(tenant, f"rule#{rule.name}#{message.sender_id}", 1, rate, at=self.now())
            if wait > 0:
                raise RateLimited(
                    f"a rule allows {rate.per_second:g} such messages a second, {rate.burst} at once",
                    level="rule",
                    rule=rule.name,
                    retry_after=after(wait),
                )
        return verdict

    def _rules(self, tenant: str) -> RuleSet:
        with self._lock:
            at, known = self._known.get(tenant, (0.0, None))
            if known is not None and self.clock() - at < KNOWN_SECONDS:
                return known
        found = self.store.get(tenant)
        with self._lock:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[tenant] = (self.clock(), found)
        return found

    def _report(self, tenant: str, rules: RuleSet, verdict: Verdict) -> None:
        """Count, and turn off what keeps failing; statistics that cannot be written stop no message."""
        try:
            for failure in verdict.failures:
                self._failing.add((tenant, failure.rule))
                if self.store.failed(tenant, failure.rule) >= FAILURES:
                    self._turn_off(tenant, rules, failure)
            for name in verdict.matched:
                if (tenant, name) in self._failing:
                    self._failing.discard((tenant, name))
                    self.store.worked(tenant, name)
            if due := self._count(tenant, verdict):
                self.store.count(tenant, due)
        except UpstreamUnavailable:
            return

    def _count(self, tenant: str, verdict: Verdict) -> dict[str, RuleCounts]:
        if not verdict.matched:
            return {}
        with self._lock:
            counts = self._counts[tenant]
            for name in verdict.matched:
                had = counts.get(name, RuleCounts())
                denied = int(name == verdict.denied_by)
                counts[name] = replace(had, matched=had.matched + 1, denied=had.denied + denied)
            if self.clock() - self._counted_at.get(tenant, float("-inf")) < COUNT_SECONDS:
                return {}
            self._counted_at[tenant] = self.clock()
            return self._counts.pop(tenant)

    def _turn_off(self, tenant: str, rules: RuleSet, failure: Failure) -> None:
        bad = rules.named(failure.rule)
        if bad is None:
            return
        off = replace(
            bad, enabled=False, disabled_because=f"it failed {FAILURES} times in a row: {failure.reason}"[:500]
        )
        changed = tuple(off if rule.name == bad.name else rule for rule in rules.rules)
        try:
            self.store.put(tenant, replace(rules, rules=changed, revision=rules.revision + 1))
        except VersionConflict:
            return  # somebody saves rules at this moment: if it goes on failing, the next message turns it off
        finally:
            with self._lock:
                self._known.pop(tenant, None)
        self.notice(tenant, bad.updated_by, bad.name, failure.reason)


def message_of(connection: Connection, type: str, topic: str, data: dict[str, object], *targets: str) -> Message:
    """Return a frame's message as rules see it; InvalidInput `invalid_frame`."""
    headers = data.get("headers") or {}
    well = isinstance(headers, dict) and len(headers) <= 20 and all(isinstance(each, str) for each in headers.values())
    if not well or not isinstance(headers, dict):
        raise InvalidInput("`headers` must be an object of at most 20 texts", code="invalid_frame")
    routing_key = data.get("routing_key") or ""
    if not isinstance(routing_key, str) or len(routing_key) > 200:
        raise InvalidInput("`routing_key` must be text of at most 200 characters", code="invalid_frame")
    return Message(
        type=type,
        topic=topic,
        payload=data["payload"],
        sender_id=connection.user,
        sender_type=_sender_type(connection),
        headers=dict(headers),
        routing_key=routing_key,
        target_users=targets,
    )


def _sender_type(connection: Connection) -> str:
    """Return what kind of sender this is: an API key is a service, or an agent if its name says so."""
    principal = connection.principal
    if not principal.id.startswith("key:"):
        return "User"
    return "Agent" if principal.name.lower().startswith("agent") else "Service"
