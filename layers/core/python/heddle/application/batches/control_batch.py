"""Pausing, resuming, cancelling and deleting batches. Doing any of it twice is doing it once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from heddle.application.batches.settle import Moved, Settle, no_batch, send_lanes
from heddle.application.batches.tell import Tell
from heddle.application.ports.batches import BatchFiles, BatchQueue, BatchStore, Task
from heddle.domain.batches.batch import Batch
from heddle.domain.batches.progress import Progress, cancelled, paused, resumed
from heddle.domain.events.batch_events import BatchPaused, BatchResumed
from heddle.errors import Conflict

Controlled = tuple[Batch, Progress]


@dataclass(frozen=True)
class ControlBatch:
    """What people do to batches. Every method raises NotFound `batch_not_found` for one that is not the tenant's."""

    store: BatchStore
    files: BatchFiles
    queue: BatchQueue
    settle: Settle
    tell: Tell
    now: Callable[[], datetime]

    def pause(self, tenant: str, batch_id: str, *, by: str) -> Controlled:
        """Let no item begin. Raises Conflict batch_ended, batch_stopping."""
        batch = self._found(tenant, batch_id)
        after = self._moved(batch, partial(paused, at=self.now()), "batch.paused").after
        self.tell.record(batch, BatchPaused(batch.id, _at(after)), by=by)
        return batch, after

    def resume(self, tenant: str, batch_id: str, *, by: str) -> Controlled:
        """Let items begin again. Raises Conflict batch_ended, batch_stopping."""
        batch = self._found(tenant, batch_id)
        moved = self._moved(batch, partial(resumed, max_parallel=batch.max_parallel, at=self.now()), "batch.resumed")
        if moved.after.changed_at is not None:  # somebody had paused it
            self.tell.record(batch, BatchResumed(batch.id, _at(moved.after)), by=by)
        send_lanes(self.queue, batch, moved)
        if not moved.changed or moved.after.total is None:
            # It may be that who resumed it before died on the way: what lanes hold is sent again, or the listing.
            self.queue.send(Task(tenant, batch_id, batch.operation))
        return batch, moved.after

    def cancel(self, tenant: str, batch_id: str, *, by: str) -> Controlled:
        """End it once what is under way has ended. Raises Conflict `batch_ended` if it has ended otherwise."""
        batch = self._found(tenant, batch_id)
        after = self._moved(batch, partial(cancelled, by=by, at=self.now()), "batch.stopping").after
        self.tell.end(batch, after)
        return batch, after

    def delete(self, tenant: str, batch_id: str) -> None:
        """Forget an ended batch, its items and results. Raises Conflict `batch_not_ended`."""
        self._found(tenant, batch_id)
        progress = self.store.progress(tenant, batch_id)
        if progress is not None and not progress.ended:
            message = f"the batch is {progress.status}: cancel it first, and wait until it has ended"
            raise Conflict(message, code="batch_not_ended", status=progress.status)
        self.files.remove_all(tenant, batch_id)
        self.store.remove(tenant, batch_id)

    def _found(self, tenant: str, batch_id: str) -> Batch:
        batch = self.store.batch(tenant, batch_id)
        if batch is None:
            raise no_batch(batch_id)
        return batch

    def _moved(self, batch: Batch, decide: Callable[[Progress], Progress], kind: str) -> Moved:
        moved = self.settle(batch.tenant, batch.id, decide)
        if moved.changed and not moved.after.ended:
            self.tell.changed(batch, moved.after, kind)
        return moved


def _at(progress: Progress) -> str:
    return progress.changed_at.isoformat() if progress.changed_at else ""
