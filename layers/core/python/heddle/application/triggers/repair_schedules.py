"""Compare timers with their schedules, and make right what a crash between the two left wrong.

    schedule without a trigger   a trigger was deleted, or never written   ► deleted, if it is not quite new
    trigger without a schedule   a schedule was lost                       ► made
    another schedule             a change did not get as far as it         ► put

A schedule is made before its trigger is written (save_trigger.py), so a new one without a trigger may be about to get
one. And a trigger may change while it is looked at: whoever puts a schedule looks again afterwards.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from heddle.application.ports.triggers import Drift, Schedules, TriggerStore
from heddle.domain.triggers.trigger import Trigger
from heddle.records import dataclass

SETTLED = timedelta(minutes=15)
_PAGE = 100
_LOOKS = 5


@dataclass(frozen=True, slots=True)
class Drifted:
    """A schedule that is not as its trigger says; `tenant` is empty if there is no trigger that could say it."""

    trigger_id: str
    tenant: str
    drift: Drift


@dataclass(frozen=True, slots=True)
class RepairSchedules:
    """Yields what was wrong, each once it is made right; with `dry_run` it stays as it is."""

    triggers: TriggerStore
    schedules: Schedules
    now: Callable[[], datetime]

    def of_tenant(self, tenant: str, *, dry_run: bool) -> Iterator[Drifted]:
        """Look at the timers of a tenant, page by page."""
        cursor: str | None = None
        while True:
            page = self.triggers.triggers(tenant, limit=_PAGE, cursor=cursor)
            for trigger in page.items:
                yield from self._trigger(trigger, dry_run)
            cursor = page.cursor
            if cursor is None:
                return

    def of_stage(self, *, dry_run: bool) -> Iterator[Drifted]:
        """Look at every schedule, and at all timers of the tenants who have any."""
        tenants: set[str] = set()
        for trigger_id in self.schedules.made_before(self.now() - SETTLED):
            trigger = self.triggers.get(trigger_id)
            if trigger is not None and trigger.kind == "timer":
                tenants.add(trigger.tenant)
                continue
            if not dry_run:
                self.schedules.delete(trigger_id)
            yield Drifted(trigger_id, trigger.tenant if trigger else "", "surplus")
        for tenant in sorted(tenants):
            yield from self.of_tenant(tenant, dry_run=dry_run)

    def _trigger(self, trigger: Trigger, dry_run: bool) -> Iterator[Drifted]:
        if trigger.kind != "timer" or (drift := self.schedules.compared(trigger)) is None:
            return
        if not dry_run:
            self._put(trigger)
        yield Drifted(trigger.id, trigger.tenant, drift)

    def _put(self, seen: Trigger) -> None:
        for _ in range(_LOOKS):
            self.schedules.put(seen)
            now = self.triggers.get(seen.id)
            if now is None:
                self.schedules.delete(seen.id)
                return
            if now.revision == seen.revision:
                return
            seen = now
