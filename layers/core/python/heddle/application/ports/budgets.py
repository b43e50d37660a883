"""Where budgets, their counters, calls and kill switches are kept: the stores below the purse."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Protocol

from heddle.application.ports.paging import Page
from heddle.application.ports.usage import LedgerLine
from heddle.domain.budgets.budget import Budget
from heddle.domain.budgets.counter import Change, Counter, CounterKey, Piece
from heddle.records import dataclass

RESERVED, SETTLED, ABANDONED = "reserved", "settled", "abandoned"


LAPSE_SHARDS = 16
"""Among how many parts of the index reservations are spread by which lapsed ones are found."""


class Overtaken(Exception):
    """Somebody else was first, or is at it at this moment. Nothing was written: look again, and decide again."""


class AlreadyGranted(Exception):
    """The grant of this id was written before."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call to a model, from its reservation to its ledger line.

    While it is reserved, `line` is what is booked if nobody ever says more: its worst case. `amount` is what is taken
    from each of `pieces`. `at` of the line is the moment of the reservation, by the clock of whoever reserved; all
    windows and days are taken from it. `lapses_at` is ISO 8601, UTC.
    """

    state: str
    line: LedgerLine
    amount: int = 0
    pieces: tuple[Piece, ...] = ()
    lapses_at: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """A kill switch that is on: who put it on, when (ISO 8601) and why."""

    by: str
    at: str
    reason: str = ""


WHOLE_TENANT = ""
"""The key of the tenant's own kill switch among those of its workflows."""


@dataclass(frozen=True, slots=True)
class Control:
    """What every reservation looks at first. `version` counts changes of budgets, `stops` are by workflow id."""

    version: int = 0
    stops: Mapping[str, Stop] = field(default_factory=dict)
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """What was asked for, as it is now; what does not exist is left out."""

    control: Control
    call: Call | None
    counters: Mapping[CounterKey, Counter]


@dataclass(frozen=True, slots=True)
class Write:
    """What happens together or not at all.

    `before` → `after` is the call: from one state to the next, where None is that there is none. `same` are budgets
    (id, version) that must not have changed; `grant_id` is written down, once. The ledger and its sums follow from the
    two states of the call.
    """

    call_id: str | None = None
    before: Call | None = None
    after: Call | None = None
    changes: tuple[Change, ...] = ()
    same: tuple[tuple[str, int], ...] = ()
    grant_id: str | None = None


@dataclass(frozen=True, slots=True)
class Lapsed:
    """A reservation whose time is over."""

    tenant: str
    call_id: str


class SpendStore(Protocol):
    """Counters, calls and the control of a tenant. Everything is read as it is at that moment, never as it was."""

    def look(self, tenant: str, *, call_id: str | None = None, keys: Sequence[CounterKey] = ()) -> Look:
        """Read the control, a call and any counters."""
        ...

    def snapshot(self, tenant: str, keys: Sequence[CounterKey]) -> Sequence[Counter | None]:
        """Read up to 64 counters as they all are at one moment, in the order of the keys. May raise Overtaken."""
        ...

    def commit(self, tenant: str, write: Write) -> None:
        """Write all of it, or raise Overtaken or AlreadyGranted: then nothing is written.

        UpstreamUnavailable says nothing about what was written; to write it again does no harm.
        """
        ...

    def lapsed(self, shard: int, *, before: str, limit: int) -> Sequence[Lapsed]:
        """Return reservations of all tenants that lapsed before a moment, oldest first, of one of the LAPSE_SHARDS."""
        ...


@dataclass(frozen=True, slots=True)
class Alert:
    """A budget passed a percentage in a window; raised once. `limit` and `spent` are picodollars at that moment."""

    budget_id: str
    subject: str
    window: str
    percent: int
    kind: str
    at: str
    spent: int
    limit: int


class BudgetStore(Protocol):
    """Budgets, alerts and kill switches of a tenant."""

    def control(self, tenant: str) -> Control:
        """Return the control as it is now."""
        ...

    def budgets(self, tenant: str) -> Sequence[Budget]:
        """Return all budgets as they are now, by id."""
        ...

    def budget(self, tenant: str, budget_id: str) -> Budget | None:
        """Return one budget as it is now."""
        ...

    def put(self, tenant: str, budget: Budget, control: Control) -> None:
        """Save a budget at `budget.version`; the control's version goes up with it.

        Raises VersionConflict unless the stored budget is the version before (none, for version 1), or if another
        budget was changed since `control` was read.
        """
        ...

    def delete(self, tenant: str, budget: Budget, control: Control) -> None:
        """Delete a budget; same conditions as `put`. Its counters, alerts and the calls under way stay."""
        ...

    def set_stops(self, tenant: str, stops: Mapping[str, Stop], control: Control) -> None:
        """Replace the kill switches; VersionConflict if the control was changed since it was read."""
        ...

    def add_alert(self, tenant: str, alert: Alert) -> None:
        """Keep an alert; to keep it once more changes nothing."""
        ...

    def alerts(self, tenant: str, budget_id: str, *, limit: int, cursor: str | None = None) -> Page[Alert]:
        """List the alerts of a budget, newest first."""
        ...
