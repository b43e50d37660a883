"""Granting more for one window than a budget has: what follows when somebody approves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from heddle.application.budgets.announce import stream_of
from heddle.application.budgets.read_budgets import checked_window
from heddle.application.budgets.record import Record
from heddle.application.budgets.rounds import rounds
from heddle.application.budgets.windows import Windows, piece_of
from heddle.application.ports.budgets import AlreadyGranted, BudgetStore, Overtaken, SpendStore, Write
from heddle.application.ports.events import EventStore
from heddle.domain.budgets.counter import Change
from heddle.domain.budgets.cover import Share
from heddle.domain.events.budget_events import BudgetApprovalGranted
from heddle.domain.events.envelope import Metadata
from heddle.domain.money import usd
from heddle.errors import InvalidInput, NotFound


@dataclass(frozen=True)
class GrantExtra:
    """Adds to what is left in a window, once for each `grant_id`, and says so in the window's stream."""

    store: SpendStore
    budgets: BudgetStore
    events: EventStore
    now: Callable[[], datetime]
    chance: Callable[[], float]
    sleep: Callable[[float], None]

    def __call__(
        self,
        tenant: str,
        budget_id: str,
        *,
        subject: str,
        window: str,
        amount: int,
        grant_id: str,
        by: str,
        correlation_id: str,
    ) -> None:
        """Grant `amount` picodollars; `budget_id`, `subject` and `window` are those of `budget_approval_required`.

        Raises NotFound, and InvalidInput for an amount that is not positive or a window that is none.
        """
        budget = self.budgets.budget(tenant, budget_id)
        if budget is None:
            raise NotFound(f"there is no budget {budget_id!r}", code="budget_not_found")
        if amount <= 0:
            raise InvalidInput("only more than nothing can be granted", code="invalid_amount")
        checked_window(budget.period, window)
        self._add(tenant, Share(budget, subject, window), amount, grant_id)
        event = BudgetApprovalGranted(budget_id, subject, window, usd(amount), grant_id, self.now().isoformat())
        stream = stream_of(tenant, piece_of(Share(budget, subject, window), 0).key)
        record = Record(self.events, self.now)
        record(
            stream, event, Metadata(correlation_id, None, by), known=lambda past: past.data.get("grant_id") == grant_id
        )

    def _add(self, tenant: str, share: Share, amount: int, grant_id: str) -> None:
        windows, piece = Windows(self.store), piece_of(share, 0)
        for _ in rounds(self.chance, self.sleep):
            try:
                counters = self.store.snapshot(tenant, piece.window())
                if None in counters:
                    windows.open(tenant, share, piece)
                change = Change(piece.key, left=amount, limit=amount, extra=amount)
                self.store.commit(tenant, Write(changes=(change,), grant_id=grant_id))
                return
            except AlreadyGranted:
                return
            except Overtaken:
                continue
