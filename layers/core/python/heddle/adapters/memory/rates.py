"""Token buckets in memory."""

import threading
from dataclasses import dataclass, field

from heddle.application.ports.rates import Rate


@dataclass
class MemoryRateStore:
    """A RateStore; a bucket is the time at which it is full again (GCRA, ITU-T I.371)."""

    _full_at: dict[tuple[str, str], float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, tenant: str, key: str, count: int, rate: Rate, *, at: float) -> float:
        with self._lock:
            full_at = max(at, self._full_at.get((tenant, key), at)) + count / rate.per_second
            wait = full_at - rate.burst / rate.per_second - at
            if wait > 1e-9:
                return wait
            self._full_at[tenant, key] = full_at
            return 0.0
