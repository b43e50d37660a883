"""Waiting nodes in memory."""

import threading
from dataclasses import dataclass, field

from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.callbacks import Callback
from heddle.application.ports.paging import Page


@dataclass
class MemoryCallbackStore:
    """A CallbackStore in a dictionary."""

    _callbacks: dict[tuple[str, str, str], Callback] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, callback: Callback) -> None:
        with self._lock:
            self._callbacks[(callback.tenant, callback.run_id, callback.node_id)] = callback

    def get(self, tenant: str, run_id: str, node_id: str) -> Callback | None:
        return self._callbacks.get((tenant, run_id, node_id))

    def delete(self, tenant: str, run_id: str, node_id: str) -> None:
        with self._lock:
            self._callbacks.pop((tenant, run_id, node_id), None)

    def list(self, tenant: str, *, kind: str, limit: int, cursor: str | None = None) -> Page[Callback]:
        scope = f"{tenant}#callbacks#{kind}"
        with self._lock:
            rows = [row for row in self._callbacks.values() if row.tenant == tenant and row.kind == kind]
        rows.sort(key=_created)
        if cursor is not None:
            (position,) = decode_cursor(cursor, scope)
            rows = [row for row in rows if _created(row) > position]
        page = tuple(rows[:limit])
        return Page(page, encode_cursor(scope, _created(page[-1])) if len(rows) > limit else None)


def _created(row: Callback) -> str:
    return f"{row.created_at}#{row.run_id}#{row.node_id}"
