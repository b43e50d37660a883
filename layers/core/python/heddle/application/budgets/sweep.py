"""Settling reservations that nobody came back for, of all tenants."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from heddle.application.budgets.settle import Settle
from heddle.application.ports.budgets import LAPSE_SHARDS, SpendStore

BATCH = 100


@dataclass(frozen=True)
class SweepReservations:
    """Books the worst case of each lapsed call. May be run at any time, by several at once, and be cut off."""

    store: SpendStore
    end: Settle
    now: Callable[[], datetime]

    def __call__(self, enough: Callable[[], bool] = lambda: False) -> int:
        """Return how many were settled; stops early when `enough` says so, and goes on there the next time."""
        before = self.now().isoformat(timespec="microseconds")
        settled = 0
        for shard in range(LAPSE_SHARDS):
            while not enough():
                found = self.store.lapsed(shard, before=before, limit=BATCH)
                done = [self.end.lapse(each.tenant, each.call_id, now=before) for each in found if not enough()]
                settled += sum(done)
                # An index may still show what was just settled: then there is nothing more to do here.
                if len(found) < BATCH or not any(done):
                    break
        return settled
