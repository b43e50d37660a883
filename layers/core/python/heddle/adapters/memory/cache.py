"""Cached node outputs in memory."""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson


@dataclass
class MemoryNodeCache:
    """A NodeCache; values are kept as JSON, so no reader can change what the next one gets."""

    _values: dict[tuple[str, str], tuple[bytes, datetime]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, tenant: str, key: str, *, now: datetime) -> Any | None:
        kept = self._values.get((tenant, key))
        return orjson.loads(kept[0]) if kept is not None and now < kept[1] else None

    def put(self, tenant: str, key: str, value: dict[str, Any], *, expires_at: datetime) -> None:
        with self._lock:
            self._values[(tenant, key)] = (orjson.dumps(value), expires_at)
