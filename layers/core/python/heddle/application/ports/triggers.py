"""What keeps triggers, what they did, and what stands behind some kinds of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from heddle.application.ports.paging import Page
from heddle.domain.triggers.trigger import Trigger
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Firing:
    """What became of one firing: started, duplicate, refused or stopped. `at` is ISO 8601 in UTC."""

    trigger_id: str
    id: str
    at: str
    outcome: str
    run_id: str | None = None
    code: str | None = None
    reason: str = ""
    source: str = ""


class TriggerStore(Protocol):
    """Triggers by id, by tenant, and those of a tenant that listen to events."""

    def get(self, trigger_id: str) -> Trigger | None:
        """Return the trigger of any tenant: ids are known to nobody who was not told. Strongly consistent."""
        ...

    def put(self, trigger: Trigger) -> None:
        """Keep it behind revision `trigger.revision - 1`, which for a new one is 0; VersionConflict otherwise."""
        ...

    def delete(self, trigger: Trigger) -> None:
        """Forget it; VersionConflict if it is at another revision."""
        ...

    def triggers(self, tenant: str, *, limit: int, cursor: str | None = None) -> Page[Trigger]:
        """Return a tenant's triggers, the newest first."""
        ...

    def listening(self, tenant: str) -> Sequence[Trigger]:
        """Return the tenant's enabled triggers of the kinds event and run."""
        ...


class FiringLog(Protocol):
    """What triggers did, kept for thirty days."""

    def add(self, tenant: str, firing: Firing) -> bool:
        """Keep a firing; False if one of that trigger and id is there already."""
        ...

    def firings(self, tenant: str, trigger_id: str, *, limit: int, cursor: str | None = None) -> Page[Firing]:
        """Return what a trigger did, the newest first."""
        ...


Drift = Literal["missing", "surplus", "different"]
"""What may be wrong with a schedule: there is none, there should be none, or it is another one."""


class Schedules(Protocol):
    """The scheduler behind timers: a schedule per trigger, which puts a message into the task queue when it is due."""

    def put(self, trigger: Trigger) -> None:
        """Make the schedule as the trigger is now, or change it. Putting the same twice changes nothing."""
        ...

    def delete(self, trigger_id: str) -> None:
        """Remove the schedule; one that is gone is fine."""
        ...

    def compared(self, trigger: Trigger) -> Drift | None:
        """Say how the schedule differs from what `put` would make of it; None if it does not."""
        ...

    def made_before(self, moment: datetime) -> Iterator[str]:
        """Yield the triggers of all schedules of the stage that were made before then."""
        ...


class RunsOf(Protocol):
    """The runs that triggers led to, as far as loops are concerned."""

    def chain(self, tenant: str, run_id: str) -> tuple[str, ...]:
        """Return the triggers that led to the run, the first one first; empty if a person asked for it."""
        ...


Payload = dict[str, Any]
