"""Showing batches and what became of their items."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from heddle.application.batches.items import Items
from heddle.application.batches.run_lane import result_file
from heddle.application.batches.settle import no_batch
from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.batches import BatchFiles, BatchStore
from heddle.application.ports.paging import Page
from heddle.domain.batches.batch import Batch, Item, ItemResult, ItemStatus
from heddle.domain.batches.progress import Progress
from heddle.errors import NotFound


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item: pending, running, succeeded, failed, or skipped; and its result if it was done."""

    position: int
    name: str
    status: str
    result: ItemResult | None = None


@dataclass(frozen=True)
class ReadBatch:
    """Reads. Every method raises NotFound `batch_not_found`."""

    store: BatchStore
    items: Items
    files: BatchFiles

    def batch(self, tenant: str, batch_id: str) -> tuple[Batch, Progress]:
        """Return a batch, and how far it is."""
        batch, progress = self.store.batch(tenant, batch_id), self.store.progress(tenant, batch_id)
        if batch is None or progress is None:
            raise no_batch(batch_id)
        return batch, progress

    def listed(
        self, tenant: str, batch_id: str, *, status: ItemStatus | None, limit: int, cursor: str | None
    ) -> Page[ShownItem]:
        """List items by position: all of them, or those that ended so. InvalidInput `invalid_cursor`."""
        _, progress = self.batch(tenant, batch_id)
        if status is not None:
            page = self.store.results_of(tenant, batch_id, status, limit=limit, cursor=cursor)
            return Page(tuple(_done(result) for result in page.items), page.cursor)
        scope = f"{tenant}#batch#{batch_id}#items"
        after = int(decode_cursor(cursor, scope)[0]) if cursor is not None else 0
        total = progress.total or 0
        items = self.items.after(tenant, batch_id, after, limit=limit, total=total)
        shown = self._shown(tenant, batch_id, progress, items)
        last = after + len(items)
        return Page(tuple(shown), encode_cursor(scope, str(last)) if items and last < total else None)

    def item(self, tenant: str, batch_id: str, position: int) -> tuple[ShownItem, Any]:
        """Return an item and all that its operation gave. NotFound `batch_item_not_found`."""
        _, progress = self.batch(tenant, batch_id)
        if not 1 <= position <= (progress.total or 0):
            raise NotFound(f"batch {batch_id!r} has no item {position}", code="batch_item_not_found")
        item = self.items.at(tenant, batch_id, position)
        (shown,) = self._shown(tenant, batch_id, progress, [item])
        if shown.result is None or shown.result.result is None:
            return shown, None
        return shown, orjson.loads(self.files.get(tenant, batch_id, result_file(position)))

    def _shown(self, tenant: str, batch_id: str, progress: Progress, items: Sequence[Item]) -> list[ShownItem]:
        results = self.store.results(tenant, batch_id, [item.position for item in items])
        held = frozenset(progress.lanes.values())
        return [
            _done(result)
            if (result := results.get(item.position)) is not None
            else ShownItem(item.position, item.label, _undone(item.position, held, progress))
            for item in items
        ]


def _done(result: ItemResult) -> ShownItem:
    return ShownItem(result.position, result.name, result.status, result)


def _undone(position: int, held: frozenset[int], progress: Progress) -> str:
    return "skipped" if progress.ended else "running" if position in held else "pending"
