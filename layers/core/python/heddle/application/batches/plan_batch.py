"""Listing the items of a batch, and letting its lanes begin: the first thing that its worker does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from heddle.application.batches.items import Items
from heddle.application.batches.settle import Moved, Settle, send_lanes
from heddle.application.batches.tell import Tell
from heddle.application.ports.batches import BatchFiles, BatchQueue
from heddle.domain.batches.batch import MAX_ITEMS, Batch, Item
from heddle.domain.batches.progress import Progress, planned, refused


@dataclass(frozen=True)
class PlanBatch:
    """Lists. Doing it again after a crash writes the same files; who comes late changes nothing."""

    items: Items
    files: BatchFiles
    queue: BatchQueue
    settle: Settle
    tell: Tell
    now: Callable[[], datetime]

    def __call__(self, batch: Batch, progress: Progress) -> str:
        """List the items unless that was done; return what came of it."""
        if progress.ended:
            self.tell.end(batch, progress)
            return progress.status
        if progress.total is not None:
            # Lanes that somebody let begin, and perhaps died before they were sent: those that were are known.
            send_lanes(self.queue, batch, Moved(Progress(), progress))
            return "listed before"
        items = self._listed(batch)
        if not items:
            return self.refuse(batch, "batch_empty", f"there is no upload below {batch.source.get('prefix')!r}")
        if len(items) > MAX_ITEMS:
            return self.refuse(batch, "batch_too_large", f"there are more than {MAX_ITEMS} items")
        self.items.write(batch.tenant, batch.id, items)
        decide = partial(planned, total=len(items), max_parallel=batch.max_parallel, at=self.now())
        moved = self.settle(batch.tenant, batch.id, decide)
        send_lanes(self.queue, batch, moved)
        self.tell.progress(batch, moved.before, moved.after)
        return f"{len(items)} items"

    def refuse(self, batch: Batch, code: str, message: str) -> str:
        """End the batch before it began; return the reason."""
        moved = self.settle(batch.tenant, batch.id, lambda now: refused(now, code, message, at=self.now()))
        self.tell.end(batch, moved.after)
        return code

    def _listed(self, batch: Batch) -> list[Item]:
        if "prefix" not in batch.source:
            return self.items.asked(batch.tenant, batch.id)
        found = self.files.uploads(batch.tenant, str(batch.source["prefix"]), most=MAX_ITEMS + 1)
        return [Item(number, name=each.name, object=each.object) for number, each in enumerate(found, 1)]
