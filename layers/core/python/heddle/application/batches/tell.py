"""Telling how a batch goes on: frames for those who follow it, and at its end the bus and its webhook too.

The end is told at least once: whoever finds a batch that has ended and was not announced tells it again. The bus knows
a repetition by the stream, the webhook by its id.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from heddle.application.batches.settle import Settle
from heddle.application.budgets.record import Record
from heddle.application.ports.events import EventStore
from heddle.application.ports.topics import TopicLog
from heddle.application.ports.webhooks import WebhookQueue
from heddle.domain.batches.batch import Batch, ItemResult
from heddle.domain.batches.progress import Progress, announced
from heddle.domain.events.batch_events import ENDS, BatchEvent
from heddle.domain.events.envelope import Metadata, StreamId
from heddle.errors import UpstreamUnavailable

Frames = list[tuple[str, dict[str, Any]]]


def topic_of(batch_id: str) -> str:
    """Return the topic that a batch is followed by."""
    return f"batch:{batch_id}"


@dataclass(frozen=True)
class Tell:
    """Tells."""

    settle: Settle
    topics: TopicLog
    events: EventStore
    webhooks: WebhookQueue
    now: Callable[[], datetime]

    def progress(self, batch: Batch, before: Progress, after: Progress, result: ItemResult | None = None) -> None:
        """Say how far it is, if it is time to, and which item failed."""
        frames: Frames = []
        if result is not None and result.status == "failed":
            reason = {"position": result.position, "name": result.name, "code": result.code, "message": result.message}
            frames.append(("batch.item_failed", reason))
        said = (after.told_at, after.told_percent) != (before.told_at, before.told_percent)
        if said and not after.ended:
            frames.append(("batch.progress", facts(batch, after, self.now())))
        self._publish(batch, frames)

    def changed(self, batch: Batch, after: Progress, kind: str) -> None:
        """Say that somebody paused, resumed or cancelled it."""
        self._publish(batch, [(kind, facts(batch, after, self.now()))])

    def record(self, batch: Batch, event: BatchEvent, *, by: str) -> None:
        """Write down what happened, once for each time that it happened at."""
        stream = StreamId(batch.tenant, "batch", batch.id)
        metadata = Metadata(batch.correlation_id, None, by)
        Record(self.events, self.now)(stream, event, metadata, known=lambda past: past.data.get("at") == event.at)

    def end(self, batch: Batch, after: Progress) -> None:
        """Tell everybody that it has ended, and note that."""
        if not after.ended or after.announced:
            return
        known, kind = facts(batch, after, self.now()), f"batch.{after.status}"
        ended = after.ended_at or self.now()
        event = ENDS[after.status](
            batch_id=batch.id,
            name=batch.name,
            operation=batch.operation,
            total=after.total or 0,
            succeeded=after.succeeded,
            failed=after.failed,
            skipped=after.skipped,
            at=ended.isoformat(),
        )
        self.record(batch, event, by=after.stopped_by or batch.created_by)
        self._publish(batch, [(kind, known)])
        if batch.webhook_url is not None:
            self.webhooks.send(
                batch.tenant, webhook_id=f"{batch.id}-ended", url=batch.webhook_url, type=kind, data=known
            )
        self.settle(batch.tenant, batch.id, announced)

    def _publish(self, batch: Batch, frames: Frames) -> None:
        if not frames:
            return
        # Who follows may miss a frame and still see the state: that must not hold up the work.
        with suppress(UpstreamUnavailable):
            self.topics.append(batch.tenant, topic_of(batch.id), frames, at=self.now().isoformat())


def facts(batch: Batch, progress: Progress, now: datetime) -> dict[str, Any]:
    """Return what is said of a batch wherever it is shown."""
    completes = progress.completes_at(now)
    return {
        "id": batch.id,
        "name": batch.name,
        "operation": batch.operation,
        "status": progress.status,
        "total": progress.total,
        "succeeded": progress.succeeded,
        "failed": progress.failed,
        "skipped": progress.skipped,
        "in_flight": len(progress.lanes),
        "progress_percent": progress.percent,
        "current_step": progress.step,
        "estimated_completion": completes.isoformat() if completes else None,
        "error": _plain(progress.error),
        "created_at": batch.created_at.isoformat(),
        "started_at": progress.started_at.isoformat() if progress.started_at else None,
        "ended_at": progress.ended_at.isoformat() if progress.ended_at else None,
    }


def _plain(error: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if error is None else dict(error)
