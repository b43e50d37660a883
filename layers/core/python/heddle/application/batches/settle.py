"""Moving a batch on: a decision over its progress is swapped in, or taken again over what somebody else swapped in."""

from collections.abc import Callable
from dataclasses import dataclass

from heddle.application.ports.batches import BatchQueue, BatchStore, Task
from heddle.domain.batches.batch import Batch
from heddle.domain.batches.progress import Progress
from heddle.errors import NotFound, VersionConflict

ATTEMPTS = 200
"""Many times as often as lanes can be in each other's way: a swap that fails means that another one got through."""

Decide = Callable[[Progress], Progress]


@dataclass(frozen=True, slots=True)
class Moved:
    """A swap: what was there before, and what is there now; the same if nothing had to be changed."""

    before: Progress
    after: Progress

    @property
    def changed(self) -> bool:
        """Whether this call changed anything."""
        return self.before is not self.after

    @property
    def begun(self) -> dict[int, int]:
        """The lanes that took another item, with its position."""
        return {lane: held for lane, held in self.after.lanes.items() if self.before.lanes.get(lane) != held}


@dataclass(frozen=True, slots=True)
class Settle:
    """Swaps progress. Nobody waits for a lock: who comes late decides again."""

    store: BatchStore

    def __call__(self, tenant: str, batch_id: str, decide: Decide) -> Moved:
        """Return what was changed. NotFound `batch_not_found`; whatever `decide` raises changes nothing."""
        current = self.store.progress(tenant, batch_id)
        if current is None:
            raise no_batch(batch_id)
        for _ in range(ATTEMPTS):
            wanted = decide(current)
            if wanted == current:
                return Moved(current, current)
            there = self.store.swap(tenant, batch_id, wanted)
            if there is None:
                return Moved(current, wanted)
            current = there
        raise VersionConflict("too many lanes meet at this batch", code="batch_busy")


def send_lanes(queue: BatchQueue, batch: Batch, moved: Moved, *, but: int = 0) -> None:
    """Hand the items that lanes have just taken to workers; not that of the lane `but`, whose worker goes on itself."""
    for lane, position in moved.begun.items():
        if lane != but:
            queue.send(Task(batch.tenant, batch.id, batch.operation, lane, position))


def no_batch(batch_id: str) -> NotFound:
    """Return the error for a batch that does not exist, or is another tenant's."""
    return NotFound(f"there is no batch {batch_id!r}", code="batch_not_found")
