"""Saying once that a budget has passed a percentage in a window, however many calls pass it at the same time.

The stream of the window decides who is first: an event is appended behind what was read, or not at all. The alert for
lists follows it. Whoever dies in between leaves it to the next call that settles there.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from heddle.application.budgets.record import Record
from heddle.application.budgets.shelves import Shelves
from heddle.application.ports.budgets import Alert, BudgetStore, Call, SpendStore
from heddle.application.ports.events import EventStore
from heddle.domain.budgets.budget import SPENT, Budget
from heddle.domain.budgets.counter import CounterKey
from heddle.domain.budgets.cover import Shelf
from heddle.domain.budgets.health import health
from heddle.domain.events.budget_events import BudgetThresholdReached
from heddle.domain.events.envelope import Metadata, StreamId
from heddle.domain.money import usd
from heddle.errors import UpstreamUnavailable, VersionConflict

REMEMBERED = 10_000


def stream_of(tenant: str, key: CounterKey) -> StreamId:
    """Return the stream of what happened to a budget in one window, for one subject."""
    return StreamId(tenant, "budget", f"{key.budget_id}.{key.generation}.{key.window}.{key.subject}")


@dataclass(frozen=True)
class Announce:
    """Looks at the counters behind a settled call, and announces what is new."""

    store: SpendStore
    budgets: BudgetStore
    shelves: Shelves
    events: EventStore
    now: Callable[[], datetime]
    _said: set[tuple[str, CounterKey, int]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, tenant: str, call: Call, version: int) -> None:
        """Announce each percentage that the budgets of this call have reached and that was not announced yet.

        The call is settled: whatever cannot be said now is left to the next one.
        """
        try:
            self._look(tenant, call, self.shelves.at(tenant, version))
        except (UpstreamUnavailable, VersionConflict):
            return

    def _look(self, tenant: str, call: Call, shelf: Shelf) -> None:
        watched = []
        for piece in call.pieces:
            budget = shelf.by_id.get(piece.key.budget_id)
            if budget is not None and budget.generation == piece.key.generation:
                first = piece.window()[0]
                due = [percent for percent in _percentages(budget) if (tenant, first, percent) not in self._said]
                if due:
                    watched.append((budget, piece, first, due))
        if not watched:
            return
        counters = self.store.look(tenant, keys=[key for _, piece, _, _ in watched for key in piece.window()]).counters
        for budget, piece, first, due in watched:
            found = [counters[key] for key in piece.window() if key in counters]
            spent, limit = sum(each.spent for each in found), budget.limit + sum(each.extra for each in found)
            for percent in due:
                if spent > 0 and spent * 100 >= percent * limit:
                    self._say(tenant, budget, first, percent, spent, limit, call)

    def _say(
        self, tenant: str, budget: Budget, key: CounterKey, percent: int, spent: int, limit: int, call: Call
    ) -> None:
        kind = health(max(percent, 50))
        event = BudgetThresholdReached(
            budget_id=budget.id,
            scope=budget.scope,
            subject=key.subject,
            period=budget.period,
            window=key.window,
            percent=percent,
            kind=kind,
            spent_usd=usd(spent),
            limit_usd=usd(limit),
            at=self.now().isoformat(),
        )
        past = Record(self.events, self.now)(
            stream_of(tenant, key),
            event,
            Metadata(call.line.correlation_id or call.line.call_id),
            known=lambda past: past.data.get("percent") == percent,
        )
        first = event.at if past is None else str(past.data["at"])
        self.budgets.add_alert(tenant, Alert(budget.id, key.subject, key.window, percent, kind, first, spent, limit))
        with self._lock:
            if len(self._said) >= REMEMBERED:
                self._said.clear()
            self._said.add((tenant, key, percent))


def _percentages(budget: Budget) -> list[int]:
    return sorted({*budget.warn_at, SPENT})
