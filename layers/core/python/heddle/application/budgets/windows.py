"""The counters of a window: opened together, and arranged anew when one has too little or the budget has changed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from heddle.application.ports.budgets import Overtaken, SpendStore, Write
from heddle.domain.budgets.counter import Change, Counter, CounterKey, Piece, arrange, fresh
from heddle.domain.budgets.cover import Share, bounds
from heddle.domain.budgets.refusal import Refusal

KEEP = timedelta(days=400)
"""How long counters stay after their window's end, or after the last reservation of a run."""


@dataclass(frozen=True)
class Windows:
    """What is done to the counters of one budget, subject and window besides taking from one of them.

    A window of several shards is opened as a whole, so that all its counters always follow the same version of the
    budget. Whoever opens or changes one looks again before taking from it: should the budget have changed meanwhile,
    its counters follow once more.
    """

    store: SpendStore

    def open(self, tenant: str, share: Share, piece: Piece) -> None:
        """Make all counters of a window, or raise Overtaken."""
        budget = share.budget
        counters = fresh(budget.limit, budget.version, budget.shards)
        changes = [
            Change(key, rule=budget.version, initial=counter, expires_at=forget_at(share))
            for key, counter in zip(piece.window(), counters, strict=True)
        ]
        self.store.commit(tenant, Write(changes=tuple(changes)))

    def follow(self, tenant: str, share: Share, piece: Piece) -> None:
        """Bring the counters of a window in line with a changed budget, or raise Overtaken."""
        budget = share.budget
        counters = self._all(tenant, piece)
        if counters[0].rule < budget.version:
            limit = budget.limit + sum(counter.extra for counter in counters)
            changes = arrange(piece.window(), counters, limit=limit, rule=budget.version)
            self.store.commit(tenant, Write(changes=tuple(changes)))

    def find(self, tenant: str, share: Share, piece: Piece, need: int) -> Piece | Refusal:
        """Return a counter that has `need` left, or a refusal if all of them together have less.

        Raises Overtaken when it had to bring the rests of several together first.
        """
        counters = self._all(tenant, piece)
        limit, left = sum(counter.limit for counter in counters), sum(counter.left for counter in counters)
        if left < need:
            return Refusal(share, left, limit)
        most = max(range(piece.shards), key=lambda shard: counters[shard].left)
        if counters[most].left >= need and not counters[most].debt:
            return Piece(replace(piece.key, shard=most), piece.shards)
        self._gather(tenant, piece, counters, need)
        raise Overtaken

    def gather(self, tenant: str, piece: Piece, need: int) -> None:
        """Bring `need` together in this counter; if there is not so much, bring all there is and mark the debt."""
        counters = self._all(tenant, piece)
        own = counters[piece.key.shard]
        if own.left < need and not own.debt:
            self._gather(tenant, piece, counters, need)

    def _gather(self, tenant: str, piece: Piece, counters: list[Counter], need: int) -> None:
        changes = arrange(
            piece.window(),
            counters,
            limit=sum(counter.limit for counter in counters),
            rule=counters[0].rule,
            need=need,
            shard=piece.key.shard,
        )
        self.store.commit(tenant, Write(changes=tuple(changes)))

    def _all(self, tenant: str, piece: Piece) -> list[Counter]:
        counters = [counter for counter in self.store.snapshot(tenant, piece.window()) if counter is not None]
        if len(counters) < piece.shards:
            raise Overtaken
        return counters


def piece_of(share: Share, shard: int) -> Piece:
    """Return one counter of a budget for a subject and window."""
    budget = share.budget
    return Piece(CounterKey(budget.id, budget.generation, share.subject, share.window, shard), budget.shards)


def forget_at(share: Share, at: datetime | None = None) -> int | None:
    """Return when a counter may be forgotten, in seconds since 1970: never, for a budget without periods."""
    span = bounds(share.budget.period, share.window)
    if span is not None:
        return int((span[1] + KEEP).timestamp())
    if share.budget.period == "run" and at is not None:
        return int((at + KEEP).timestamp())
    return None
