"""Run slots and waiting lines in memory."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class MemoryRunSlots:
    """A RunSlots in dictionaries; a line is ordered by `at`, then run id."""

    _held: dict[str, set[str]] = field(default_factory=dict)
    _lines: dict[str, dict[str, tuple[str, Mapping[str, Any]]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def acquire(self, tenant: str, run_id: str, *, limit: int) -> bool:
        with self._lock:
            held = self._held.setdefault(tenant, set())
            if run_id in held:
                return True
            if len(held) >= limit:
                return False
            held.add(run_id)
            return True

    def release(self, tenant: str, run_id: str) -> bool:
        with self._lock:
            held = self._held.get(tenant, set())
            was_held = run_id in held
            held.discard(run_id)
            return was_held

    def held(self, tenant: str) -> int:
        return len(self._held.get(tenant, ()))

    def park(self, tenant: str, run_id: str, *, at: str, message: Mapping[str, Any]) -> None:
        with self._lock:
            self._lines.setdefault(tenant, {}).setdefault(run_id, (at, dict(message)))

    def next_parked(self, tenant: str) -> Mapping[str, Any] | None:
        with self._lock:
            line = self._lines.get(tenant)
            if not line:
                return None
            first = min(line, key=lambda run_id: (line[run_id][0], run_id))
            return dict(line[first][1])

    def unpark(self, tenant: str, run_id: str) -> bool:
        with self._lock:
            return self._lines.get(tenant, {}).pop(run_id, None) is not None
