"""Doing the item that a lane holds, then the one that it takes next, and so on for a while.

    do it ─► keep its result ─► swap: count it, take the next ─┬─► go on here, as long as there is time
     ▲      (the first one      (only if the lane still holds  ├─► or hand the next one to another worker
     │       that is kept)       this one: counted once)       └─► or there is none: the lane is done
     └── crash: the message comes again, and finds what the lane holds now

A message names the item that its lane held when it was sent. One that comes for the first time and names another is a
copy of a message that was handled, and is let go: so copies die out. One that comes *again* takes over whatever the
lane holds, since whoever had the lane died; and it does that one item only. So an item which kills its workers gets a
message that names it, and is known as the one that did it when that message is given up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import orjson

from heddle.application.batches.items import Items
from heddle.application.batches.settle import Settle
from heddle.application.batches.tell import Tell
from heddle.application.ports.batches import BatchFiles, BatchQueue, BatchStore, Done, Operate, Task, Waiting
from heddle.domain.batches.batch import Batch, Item, ItemResult
from heddle.domain.batches.progress import finished
from heddle.errors import HeddleError

ATTEMPTS = 3
"""How often an item is tried whose failure may pass."""
TURN_SECONDS = 10.0
"""How long a worker goes on with one lane: then others of the queue, of other tenants too, have their turn."""
ABANDONED = "batch_item_abandoned"


@dataclass(frozen=True)
class RunLane:
    """Works for one lane. `most_seconds` is what an operation may take here, whatever the batch allows."""

    store: BatchStore
    items: Items
    files: BatchFiles
    queue: BatchQueue
    settle: Settle
    tell: Tell
    operate: Operate
    most_seconds: float
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def __call__(self, batch: Batch, task: Task, *, again: bool) -> str:
        """Do what a task asks for; returns what came of it."""
        until = self.monotonic() + TURN_SECONDS
        while True:
            progress = self.store.progress(batch.tenant, batch.id)
            held = progress.lanes.get(task.lane) if progress is not None else None
            if progress is None or held is None:
                if progress is not None and again:
                    self.tell.end(batch, progress)
                return "nothing held"
            if held != task.position:
                if not again:
                    return "handled before"
                task = Task(batch.tenant, batch.id, batch.operation, task.lane, held)
            result = self._do(batch, task, again=again)
            if result is None:
                return f"item {task.position} goes on later"
            following = self.conclude(batch, task.lane, result)
            if following is None:
                return f"done with item {task.position}"
            task = Task(batch.tenant, batch.id, batch.operation, task.lane, following)
            if again or self.monotonic() >= until:
                self.queue.send(task)
                return f"item {following} is next"

    def conclude(self, batch: Batch, lane: int, result: ItemResult) -> int | None:
        """Count a result and tell of it; return the item that the lane took, which the caller has to see to."""
        decide = partial(
            finished,
            lane=lane,
            position=result.position,
            ok=result.status == "succeeded",
            continue_on_error=batch.continue_on_error,
            at=self.now(),
        )
        moved = self.settle(batch.tenant, batch.id, decide)
        if not moved.changed:
            return None
        self.tell.progress(batch, moved.before, moved.after, result)
        self.tell.end(batch, moved.after)
        return moved.begun.get(lane)

    def abandon(self, batch: Batch, task: Task) -> str:
        """Count the item as failed at which every worker died, and let the lane go on.

        If the lane has moved on from the item that the task names, nobody knows how often the one that it holds now was
        tried: that one gets a task of its own.
        """
        progress = self.store.progress(batch.tenant, batch.id)
        held = progress.lanes.get(task.lane) if progress is not None else None
        if progress is None or held is None:
            if progress is not None:
                self.tell.end(batch, progress)
            return "nothing held"
        if held != task.position:
            self.queue.send(Task(batch.tenant, batch.id, batch.operation, task.lane, held))
            return f"item {held} is next"
        item = self.items.at(batch.tenant, batch.id, held)
        message = "its worker died, or met a defect of the platform, each time that it was tried"
        failure = ItemResult(held, "failed", item.label, self.now(), 0.0, ATTEMPTS, ABANDONED, message)
        following = self.conclude(batch, task.lane, self.store.keep(batch.tenant, batch.id, failure))
        if following is not None:
            self.queue.send(Task(batch.tenant, batch.id, batch.operation, task.lane, following))
        return f"abandoned item {held}"

    def _do(self, batch: Batch, task: Task, *, again: bool) -> ItemResult | None:
        """Return what became of the item; None if it goes on later, which is seen to."""
        if again and (kept := self.store.results(batch.tenant, batch.id, [task.position]).get(task.position)):
            return kept
        item, begun = self.items.at(batch.tenant, batch.id, task.position), self.now()
        since = datetime.fromisoformat(task.memo["since"]) if "since" in task.memo else begun
        seconds = min(batch.timeout_seconds - (begun - since).total_seconds(), self.most_seconds)
        if seconds <= 0:
            message = f"it took longer than {batch.timeout_seconds} seconds"
            return self._failed(batch, task, item, since, "batch_item_timeout", message)
        try:
            outcome = self.operate(batch, item, task.memo, seconds=seconds)
        except HeddleError as error:
            if error.retryable and task.attempt < ATTEMPTS:
                later = replace(task, attempt=task.attempt + 1, memo={**task.memo, "since": since.isoformat()})
                self.queue.send(later, delay_seconds=5**task.attempt)
                return None
            return self._failed(batch, task, item, since, error.code, error.message)
        if isinstance(outcome, Waiting):
            memo = {**outcome.memo, "since": since.isoformat()}
            self.queue.send(replace(task, memo=memo), delay_seconds=outcome.seconds)
            return None
        return self._succeeded(batch, task, item, since, outcome)

    def _succeeded(self, batch: Batch, task: Task, item: Item, since: datetime, outcome: Done) -> ItemResult:
        full = None
        if outcome.full is not None:
            name = result_file(task.position)
            full = self.files.put(batch.tenant, batch.id, name, orjson.dumps(outcome.full))
        result = ItemResult(
            position=task.position,
            status="succeeded",
            name=item.label,
            ended_at=self.now(),
            took_ms=self._took(since),
            attempts=task.attempt,
            summary=_plain(outcome.summary),
            result=full,
        )
        return self.store.keep(batch.tenant, batch.id, result)

    def _failed(self, batch: Batch, task: Task, item: Item, since: datetime, code: str, message: str) -> ItemResult:
        result = ItemResult(
            position=task.position,
            status="failed",
            name=item.label,
            ended_at=self.now(),
            took_ms=self._took(since),
            attempts=task.attempt,
            code=code,
            message=message[:2_000],
        )
        return self.store.keep(batch.tenant, batch.id, result)

    def _took(self, since: datetime) -> float:
        return round((self.now() - since).total_seconds() * 1000, 3)


def result_file(position: int) -> str:
    """Return the name of the file with all that an operation gave."""
    return f"results/{position:05d}"


def _plain(summary: Mapping[str, object]) -> dict[str, object]:
    return dict(summary)
