"""Idempotency keys in memory."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from heddle.errors import IdempotencyMismatch

KEEP = timedelta(hours=24)


@dataclass
class MemoryIdempotencyStore:
    """An IdempotencyStore in a dictionary."""

    _keys: dict[tuple[str, str], tuple[str, str, datetime]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def claim(self, tenant: str, key: str, *, body_hash: str, run_id: str, now: datetime) -> str:
        with self._lock:
            kept = self._keys.get((tenant, key))
            if kept is None or kept[2] <= now:
                self._keys[(tenant, key)] = (body_hash, run_id, now + KEEP)
                return run_id
        if kept[0] != body_hash:
            raise IdempotencyMismatch("this Idempotency-Key was used with another body", key=key)
        return kept[1]
