"""Presence and timers in memory."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from heddle.application.ports.presence import Timer
from heddle.domain.realtime.presence import Stated
from heddle.errors import VersionConflict


@dataclass
class MemoryPresenceStore:
    """A PresenceStore in a dictionary."""

    _stated: dict[tuple[str, str], Stated] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, tenant: str, users: Sequence[str]) -> Mapping[str, Stated]:
        with self._lock:
            return {user: self._stated[tenant, user] for user in users if (tenant, user) in self._stated}

    def put(self, tenant: str, user: str, stated: Stated, *, at: int) -> None:
        with self._lock:
            if self._stated.get((tenant, user), Stated()).revision != stated.revision - 1:
                raise VersionConflict("the user's presence has changed since it was read")
            self._stated[tenant, user] = stated


@dataclass
class MemoryTimers:
    """A Timers in a dictionary."""

    _timers: dict[tuple[str, str, str], Timer] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, timer: Timer) -> None:
        with self._lock:
            self._timers[timer.tenant, timer.kind, timer.key] = timer

    def due(self, before: int, *, limit: int) -> Sequence[Timer]:
        with self._lock:
            return sorted((each for each in self._timers.values() if each.at <= before), key=lambda each: each.at)[
                :limit
            ]

    def done(self, timer: Timer) -> bool:
        with self._lock:
            key = (timer.tenant, timer.kind, timer.key)
            if self._timers.get(key) != timer:
                return False
            del self._timers[key]
            return True
