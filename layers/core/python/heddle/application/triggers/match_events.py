"""Events of the bus to the triggers of their tenant: which match, and whether they go round in circles.

    event ─► the tenant's triggers that listen (kept for some seconds) ─► pattern ─► chain of its run ─► fire

An event is of a tenant by what it says itself: platform events by their envelope, those of `emit` nodes and of
POST /events by their detail, which only the platform writes.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from heddle.application.ports.rates import Rate, RateStore
from heddle.application.ports.triggers import Firing, FiringLog, TriggerStore
from heddle.application.triggers.fire_trigger import FireTrigger
from heddle.domain.triggers.event_pattern import matches
from heddle.domain.triggers.kinds.run import EVENTS
from heddle.domain.triggers.trigger import Trigger
from heddle.errors import HeddleError

KEPT_SECONDS = 10.0
MOST_TENANTS = 10_000
PLATFORM, WORKFLOW, CUSTOM = "heddle", "heddle.workflow", "heddle.custom"
"""The sources on the bus: the platform's events, those of `emit` nodes, and those that tenants put."""


@dataclass
class MatchEvents:
    """Fires every trigger that an event matches; the same event again fires the same runs.

    `chain_of(tenant, run_id)` gives the triggers that led to a run, `finished(tenant, run_id)` what a run gave.
    """

    triggers: TriggerStore
    fire: FireTrigger
    log: FiringLog
    rates: RateStore
    chain_of: Callable[[str, str], tuple[str, ...]]
    finished: Callable[[str, str], Mapping[str, Any]]
    now: Callable[[], datetime]
    _kept: OrderedDict[str, tuple[float, Sequence[Trigger]]] = field(default_factory=OrderedDict)

    def __call__(self, event: Mapping[str, Any]) -> int:
        """Return how many runs were started. An error that is `retryable`: to be delivered again."""
        tenant, run_id = owner_of(event)
        if tenant is None:
            return 0
        # A run's history is read once, however many triggers wait for its end, and not at all if none does.
        finished = cache(lambda: self.finished(tenant, str(run_id)))
        found = [each for each in self._listening(tenant) if _matches(each, event, finished)]
        if not found:
            return 0
        chain = self.chain_of(tenant, run_id) if run_id else ()
        return sum(self._fire(trigger, event, chain, finished) for trigger in found)

    def _fire(
        self,
        trigger: Trigger,
        event: Mapping[str, Any],
        chain: tuple[str, ...],
        finished: Callable[[], Mapping[str, Any]],
    ) -> bool:
        event_id = str(event["id"])
        payload = dict(seen(event))
        if trigger.kind == "run":
            payload["run"] = finished()
        wait = self._wait(trigger)
        if wait > 0:
            reason = f"more than {trigger.config['per_minute']} events a minute matched"
            stopped = Firing(
                trigger.id, event_id, self.now().isoformat(), "stopped", code="rate_limited", reason=reason
            )
            self.log.add(trigger.tenant, stopped)
            return False
        try:
            fired = self.fire(
                trigger,
                payload,
                firing_id=event_id,
                correlation_id=str(_detail(event).get("correlation_id") or event_id),
                source=str(event.get("source")),
                chain=chain,
            )
        except HeddleError as error:
            if error.retryable:
                raise
            return False  # in the history, and trying again would not help
        return fired.firing.outcome == "started"

    def _wait(self, trigger: Trigger) -> float:
        if trigger.kind != "event":
            return 0.0
        a_minute = int(trigger.config["per_minute"])
        rate = Rate(a_minute / 60, a_minute)
        return self.rates.take(trigger.tenant, f"trigger#{trigger.id}", 1, rate, at=self.now().timestamp())

    def _listening(self, tenant: str) -> Sequence[Trigger]:
        at = self.now().timestamp()
        kept = self._kept.get(tenant)
        if kept is None or at - kept[0] > KEPT_SECONDS:
            kept = (at, self.triggers.listening(tenant))
            self._kept.pop(tenant, None)  # to the end: the first is the one that was read longest ago
            self._kept[tenant] = kept
            if len(self._kept) > MOST_TENANTS:
                self._kept.popitem(last=False)
        return kept[1]


def _matches(trigger: Trigger, event: Mapping[str, Any], finished: Callable[[], Mapping[str, Any]]) -> bool:
    if trigger.kind == "event":
        return matches(trigger.config["pattern"], seen(event))
    wanted = {EVENTS[status] for status in trigger.config["statuses"]}
    if event.get("source") != PLATFORM or event.get("detail-type") not in wanted:
        return False
    return bool(finished()["workflow_id"] == trigger.config["workflow_id"])


def owner_of(event: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return whose event it is and which run it came from; (None, None) for what is not a tenant's."""
    detail, source = _detail(event), event.get("source")
    tenant = detail.get("tenant")
    if not isinstance(tenant, str) or source not in (PLATFORM, WORKFLOW, CUSTOM):
        return None, None
    if source == PLATFORM:
        stream = detail.get("stream") or {}
        return tenant, str(stream["id"]) if stream.get("type") == "run" else None
    run_id = detail.get("run_id")
    return tenant, str(run_id) if run_id else None


def seen(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event as patterns and mappings see it: `detail` of events that people put is what they put."""
    detail = _detail(event)
    own = event.get("source") in (WORKFLOW, CUSTOM)
    return {
        "id": event.get("id"),
        "source": detail.get("source", event.get("source")) if own else event.get("source"),
        "detail-type": event.get("detail-type"),
        "time": event.get("time"),
        "detail": detail.get("data", {}) if own else dict(detail),
    }


def _detail(event: Mapping[str, Any]) -> Mapping[str, Any]:
    detail = event.get("detail")
    return detail if isinstance(detail, Mapping) else {}
