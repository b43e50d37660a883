"""The kill switches: no call to a model is begun any more, of a tenant or of one workflow, until somebody resumes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from heddle.application.budgets.record import Record
from heddle.application.ports.budgets import WHOLE_TENANT, BudgetStore, Stop
from heddle.application.ports.events import EventStore
from heddle.domain.events.budget_events import AiResumed, AiStopped
from heddle.domain.events.envelope import Metadata, StreamId
from heddle.errors import Conflict, VersionConflict

MAX_STOPS = 500
"""Workflows stopped one by one; all switches are read with every reservation, so they must stay a small item."""
ATTEMPTS = 10
SWITCHES = "ai:switches"
"""The stream of them all; no budget can have such an id."""


@dataclass(frozen=True)
class StopAi:
    """Puts switches on and off. What was reserved before is still made and paid; what follows it is refused."""

    budgets: BudgetStore
    events: EventStore
    now: Callable[[], datetime]

    def status(self, tenant: str) -> Mapping[str, Stop]:
        """Return the switches that are on, by workflow id; WHOLE_TENANT for all."""
        return self.budgets.control(tenant).stops

    def stop(
        self, tenant: str, *, workflow_id: str | None, reason: str, by: str, correlation_id: str
    ) -> Mapping[str, Stop]:
        """Put a switch on; one that is on stays as it was. Raises Conflict `too_many_stops`."""
        at, key = self.now().isoformat(), workflow_id or WHOLE_TENANT

        def on(stops: dict[str, Stop]) -> bool:
            if key in stops:
                return False
            if len(stops) >= MAX_STOPS:
                raise Conflict(f"{MAX_STOPS} workflows are stopped: stop the tenant instead", code="too_many_stops")
            stops[key] = Stop(by, at, reason)
            return True

        return self._switch(tenant, on, AiStopped(workflow_id, reason, at), by, correlation_id)

    def resume(
        self, tenant: str, *, workflow_id: str | None, reason: str, by: str, correlation_id: str
    ) -> Mapping[str, Stop]:
        """Put a switch off; the others stay on."""
        key = workflow_id or WHOLE_TENANT
        event = AiResumed(workflow_id, reason, self.now().isoformat())
        return self._switch(tenant, lambda stops: stops.pop(key, None) is not None, event, by, correlation_id)

    def _switch(
        self,
        tenant: str,
        change: Callable[[dict[str, Stop]], bool],
        event: AiStopped | AiResumed,
        by: str,
        correlation_id: str,
    ) -> Mapping[str, Stop]:
        for attempt in range(1, ATTEMPTS + 1):
            control = self.budgets.control(tenant)
            stops = dict(control.stops)
            if not change(stops):
                return stops
            try:
                self.budgets.set_stops(tenant, stops, control)
            except VersionConflict:
                if attempt == ATTEMPTS:
                    raise
                continue
            record = Record(self.events, self.now)
            record(StreamId(tenant, "budget", SWITCHES), event, Metadata(correlation_id, None, by))
            return stops
        raise AssertionError("the last attempt returns or raises")
