"""Handling the tasks of batches: those that workers get, and those that were given up."""

from dataclasses import dataclass, replace

from heddle.application.batches.plan_batch import PlanBatch
from heddle.application.batches.run_lane import RunLane
from heddle.application.ports.batches import BatchQueue, BatchStore, Task
from heddle.domain.batches.batch import Batch
from heddle.domain.batches.progress import Progress
from heddle.errors import HeddleError

GONE = "the batch is gone"
RETRIES = 8
"""How often a task is sent again: for eight minutes, twice as long each time."""


@dataclass(frozen=True)
class Work:
    """A task without a lane is about the batch as a whole."""

    store: BatchStore
    queue: BatchQueue
    plan: PlanBatch
    lane: RunLane

    def __call__(self, task: Task, *, again: bool) -> str:
        """Handle a task that comes for the first time, or `again` after a worker failed or died; says what became.

        If our own stores do not answer it is sent again after some seconds: its queue would hide it for many minutes,
        which is right after a death only.
        """
        try:
            return self._handle(task, again=again or task.retry > 0)
        except HeddleError as error:
            if not error.retryable or task.retry == RETRIES:
                raise
            self.queue.send(replace(task, retry=task.retry + 1), delay_seconds=2**task.retry)
            return f"comes again: {error.code}"

    def _handle(self, task: Task, *, again: bool) -> str:
        found = self._found(task)
        if found is None:
            return GONE
        batch, progress = found
        return self.lane(batch, task, again=again) if task.lane else self.plan(batch, progress)

    def give_up(self, task: Task) -> str:
        """See to a task at which every worker failed: its item, or the whole batch, fails for that."""
        found = self._found(task)
        if found is None:
            return GONE
        batch, progress = found
        if task.lane:
            return self.lane.abandon(batch, task)
        if progress.ended or progress.total is not None:
            return self.plan(batch, progress)  # what was left to be done is little, and can be done from here
        return self.plan.refuse(batch, "batch_not_listed", "its items could not be listed, each time it was tried")

    def _found(self, task: Task) -> tuple[Batch, Progress] | None:
        batch = self.store.batch(task.tenant, task.batch_id)
        progress = self.store.progress(task.tenant, task.batch_id)
        return None if batch is None or progress is None else (batch, progress)
