"""Batches in memory: rows, files and queue."""

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.batches import Task, Upload
from heddle.application.ports.paging import Page
from heddle.domain.batches.batch import Batch, ItemResult, ItemStatus
from heddle.domain.batches.progress import Progress
from heddle.errors import NotFound

Key = tuple[str, str]


@dataclass
class MemoryBatchStore:
    """A BatchStore in dictionaries."""

    _batches: dict[Key, Batch] = field(default_factory=dict)
    _progress: dict[Key, Progress] = field(default_factory=dict)
    _results: dict[Key, dict[int, ItemResult]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, batch: Batch, progress: Progress) -> bool:
        key = (batch.tenant, batch.id)
        with self._lock:
            if key in self._batches:
                return False
            self._batches[key], self._progress[key], self._results[key] = batch, progress, {}
            return True

    def batch(self, tenant: str, batch_id: str) -> Batch | None:
        return self._batches.get((tenant, batch_id))

    def batches(self, tenant: str, *, limit: int, cursor: str | None = None) -> Page[tuple[Batch, Progress]]:
        scope = f"{tenant}#batches"
        before = decode_cursor(cursor, scope)[0] if cursor is not None else None
        rows = [batch for batch in self._batches.values() if batch.tenant == tenant]
        rows = sorted((row for row in rows if before is None or _place(row) < before), key=_place, reverse=True)
        more = encode_cursor(scope, _place(rows[limit - 1])) if len(rows) > limit else None
        return Page(tuple((row, self._progress[tenant, row.id]) for row in rows[:limit]), more)

    def progress(self, tenant: str, batch_id: str) -> Progress | None:
        return self._progress.get((tenant, batch_id))

    def swap(self, tenant: str, batch_id: str, progress: Progress) -> Progress | None:
        with self._lock:
            there = self._progress.get((tenant, batch_id))
            if there is None:
                raise NotFound(f"there is no batch {batch_id!r}", code="batch_not_found")
            if there.revision != progress.revision - 1:
                return there
            self._progress[tenant, batch_id] = progress
            return None

    def keep(self, tenant: str, batch_id: str, result: ItemResult) -> ItemResult:
        with self._lock:
            return self._results.setdefault((tenant, batch_id), {}).setdefault(result.position, result)

    def results(self, tenant: str, batch_id: str, positions: Sequence[int]) -> Mapping[int, ItemResult]:
        kept = self._results.get((tenant, batch_id), {})
        return {position: kept[position] for position in positions if position in kept}

    def results_of(
        self, tenant: str, batch_id: str, status: ItemStatus, *, limit: int, cursor: str | None = None
    ) -> Page[ItemResult]:
        scope = f"{tenant}#batch#{batch_id}#{status}"
        after = int(decode_cursor(cursor, scope)[0]) if cursor is not None else 0
        kept = self._results.get((tenant, batch_id), {})
        rows = [kept[at] for at in sorted(kept) if at > after and kept[at].status == status]
        more = encode_cursor(scope, f"{rows[limit - 1].position:05d}") if len(rows) > limit else None
        return Page(tuple(rows[:limit]), more)

    def remove(self, tenant: str, batch_id: str) -> None:
        with self._lock:
            self._batches.pop((tenant, batch_id), None)
            self._progress.pop((tenant, batch_id), None)
            self._results.pop((tenant, batch_id), None)


def _place(batch: Batch) -> str:
    return f"{batch.created_at.isoformat()}#{batch.id}"


@dataclass
class MemoryBatchFiles:
    """A BatchFiles beside the uploads of a MemoryBlobStore."""

    blobs: MemoryBlobStore
    _files: dict[str, bytes] = field(default_factory=dict)

    def put(self, tenant: str, batch_id: str, name: str, data: bytes) -> str:
        key = f"{tenant}/batches/{batch_id}/{name}"
        self._files[key] = data
        return key

    def get(self, tenant: str, batch_id: str, name: str) -> bytes:
        key = f"{tenant}/batches/{batch_id}/{name}"
        if key not in self._files:
            raise NotFound(f"the batch has no file {name!r}", code="batch_file_not_found")
        return self._files[key]

    def remove_all(self, tenant: str, batch_id: str) -> None:
        prefix = f"{tenant}/batches/{batch_id}/"
        for key in [key for key in self._files if key.startswith(prefix)]:
            del self._files[key]

    def uploads(self, tenant: str, folder: str, *, most: int) -> Sequence[Upload]:
        prefix = f"{tenant}/uploads/{folder.rstrip('/')}/"
        found = [Upload(key, key.removeprefix(prefix)) for key in self.blobs.keys(prefix)]
        return found[:most]


@dataclass
class MemoryBatchQueue:
    """A BatchQueue that keeps what was sent, for a test to hand to workers; `delays` has how long each had to wait."""

    sent: deque[Task] = field(default_factory=deque)
    delays: list[int] = field(default_factory=list)

    def send(self, task: Task, *, delay_seconds: int = 0) -> None:
        self.sent.append(task)
        self.delays.append(delay_seconds)
