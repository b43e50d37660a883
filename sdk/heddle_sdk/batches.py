"""Batches: one operation over many items; handed in, followed, paused, resumed, cancelled, and shown item by item.

batch = heddle.batches.submit("analyze", files=["a.pdf", "b.md"], max_parallel=5)
with heddle.realtime() as live:
    for frame in heddle.batches.follow(batch.id, live):
        print(frame.event, frame.data.get("progress_percent"))
for item in heddle.batches.items(batch.id, status="failed"):
    print(item.name, item.error)
"""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heddle_sdk.errors import HeddleError
from heddle_sdk.models import Answer
from heddle_sdk.pages import pages
from heddle_sdk.resources import Uploads
from heddle_sdk.transport import Transport

if TYPE_CHECKING:
    from heddle_sdk.realtime import Realtime

ENDED = frozenset(["completed", "partially_completed", "failed", "cancelled"])
POLL_SECONDS = 0.5
QUIET_SECONDS = 5.0
"""After so long without a word about a batch that is followed, it is asked for."""


class BatchGoesOn(HeddleError):
    """A batch has not ended in the time that somebody waited for it."""


@dataclass(frozen=True, kw_only=True)
class Batch(Answer):
    """A batch and how far it is; lists leave out how it was asked for."""

    id: str
    operation: str
    status: str
    name: str = ""
    total: int | None = None
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    in_flight: int = 0
    progress_percent: int = 0
    current_step: str = ""
    estimated_completion: str | None = None
    error: Mapping[str, str] | None = None
    created_at: str = ""
    started_at: str | None = None
    ended_at: str | None = None
    source: Mapping[str, Any] = field(default_factory=dict)
    max_parallel: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ENDED


@dataclass(frozen=True, kw_only=True)
class BatchItem(Answer):
    """An item: `summary` of what its operation gave, or `error` {code, message}; asked for alone it has `result`."""

    position: int
    name: str
    status: str
    summary: Mapping[str, Any] | None = None
    error: Mapping[str, str] | None = None
    attempts: int = 0
    took_ms: float | None = None
    ended_at: str | None = None
    result: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class BatchFrame:
    """What those who follow a batch are told: batch.progress, batch.item_failed, batch.paused, batch.completed, …"""

    event: str
    data: Mapping[str, Any]

    @property
    def done(self) -> int:
        """How many items were done by then; 0 of a frame about one item."""
        return int(self.data.get("succeeded", 0)) + int(self.data.get("failed", 0))

    @property
    def ends(self) -> bool:
        """Whether it is the last one."""
        return self.event.removeprefix("batch.") in ENDED


@dataclass(frozen=True)
class Batches:
    """The tenant's batches."""

    _transport: Transport

    def submit(
        self,
        operation: str,
        *,
        items: Sequence[Mapping[str, Any]] | None = None,
        files: Sequence[str | Path] | None = None,
        prefix: str | None = None,
        urls: Sequence[str] | None = None,
        name: str = "",
        analysis: Mapping[str, Any] | None = None,
        document: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        **options: Any,
    ) -> Batch:
        """Hand in items ({content | object | url, name, content_type}), files (uploaded first), a folder or addresses.

        `options`: max_parallel, continue_on_error, timeout_seconds, webhook_url.
        """
        if files is not None:
            uploads = Uploads(self._transport)
            items = [*(items or ()), *({"object": uploads.file(f).object, "name": Path(f).name} for f in files)]
        given = {"items": items, "prefix": prefix, "urls": urls, "analysis": analysis, "document": document}
        body: dict[str, Any] = {"operation": operation, "name": name, "options": options}
        body |= {key: value for key, value in given.items() if value is not None}
        key = idempotency_key or f"sdk-{secrets.token_hex(16)}"
        return Batch.from_json(self._transport.json("POST", "/batches", body=body, headers={"Idempotency-Key": key}))

    def list(self, *, limit: int = 50) -> Iterator[Batch]:
        """Batches of the last thirty days, newest first."""
        return pages(self._transport, "/batches", Batch.from_json, limit=limit)

    def get(self, batch_id: str) -> Batch:
        """One batch."""
        return Batch.from_json(self._transport.json("GET", f"/batches/{batch_id}"))

    def items(self, batch_id: str, *, status: str | None = None, limit: int = 100) -> Iterator[BatchItem]:
        """All items in their order; or those that `succeeded` or `failed`."""
        return pages(self._transport, f"/batches/{batch_id}/items", BatchItem.from_json, limit=limit, status=status)

    def item(self, batch_id: str, position: int) -> BatchItem:
        """One item, with all that its operation gave."""
        return BatchItem.from_json(self._transport.json("GET", f"/batches/{batch_id}/items/{position}"))

    def pause(self, batch_id: str) -> Batch:
        """Let no further item begin."""
        return self._do(batch_id, "pause")

    def resume(self, batch_id: str) -> Batch:
        """Let items begin again."""
        return self._do(batch_id, "resume")

    def cancel(self, batch_id: str) -> Batch:
        """End it as soon as what is under way has ended."""
        return self._do(batch_id, "cancel")

    def delete(self, batch_id: str) -> None:
        """Forget a batch that has ended, with its results."""
        self._transport.send("DELETE", f"/batches/{batch_id}")

    def wait(self, batch_id: str, seconds: float = 300) -> Batch:
        """Return it once it has ended; BatchGoesOn if it has not in that time."""
        until = time.monotonic() + seconds
        while not (batch := self.get(batch_id)).ended:
            if time.monotonic() >= until:
                raise BatchGoesOn(f"{batch_id} is {batch.status} after {seconds:.0f} seconds, and goes on")
            time.sleep(POLL_SECONDS)
        return batch

    def follow(self, batch_id: str, live: "Realtime") -> Iterator[BatchFrame]:
        """Yield what is told of it, from its beginning to its end, over a connection of `client.realtime()`.

        What was told is kept for a day: of an older one that has ended comes the end alone.
        """
        topic, furthest = f"batch:{batch_id}", 0
        live.subscribe(topic, after=0)
        while True:
            for message in live.messages(timeout=QUIET_SECONDS):
                if message.topic != topic:
                    continue
                frame = BatchFrame(message.payload["event"], message.payload)
                if frame.done < furthest and frame.event == "batch.progress":
                    continue  # two workers told at the same time, and the later one was heard first
                furthest = max(furthest, frame.done)
                yield frame
                if frame.ends:
                    return
            batch = self.get(batch_id)
            if batch.ended:
                yield BatchFrame(f"batch.{batch.status}", batch.raw)
                return

    def poll(self, batch_id: str) -> Iterator[BatchFrame]:
        """Yield the state of it whenever it has changed, until it has ended: for where no WebSocket can be had."""
        last: Batch | None = None
        while last is None or not last.ended:
            batch = self.get(batch_id)
            if last is None or batch.raw != last.raw:
                yield BatchFrame(f"batch.{batch.status if batch.ended else 'progress'}", batch.raw)
            last = batch
            if not batch.ended:
                time.sleep(POLL_SECONDS)

    def _do(self, batch_id: str, what: str) -> Batch:
        return Batch.from_json(self._transport.json("POST", f"/batches/{batch_id}/{what}"))
