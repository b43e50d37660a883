"""Triggers, their history and schedules in memory."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.paging import Page
from heddle.application.ports.triggers import Drift, Firing
from heddle.domain.triggers.trigger import Trigger
from heddle.errors import VersionConflict

T = TypeVar("T")
LISTENING = ("event", "run")


@dataclass
class MemoryTriggerStore:
    """A TriggerStore in a dictionary."""

    _triggers: dict[str, Trigger] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, trigger_id: str) -> Trigger | None:
        return self._triggers.get(trigger_id)

    def put(self, trigger: Trigger) -> None:
        with self._lock:
            stored = self._triggers.get(trigger.id)
            if (stored.revision if stored else 0) != trigger.revision - 1:
                raise VersionConflict(f"the trigger is not at revision {trigger.revision - 1}")
            self._triggers[trigger.id] = trigger

    def delete(self, trigger: Trigger) -> None:
        with self._lock:
            stored = self._triggers.get(trigger.id)
            if stored is None or stored.revision != trigger.revision:
                raise VersionConflict(f"the trigger is not at revision {trigger.revision}")
            del self._triggers[trigger.id]

    def triggers(self, tenant: str, *, limit: int, cursor: str | None = None) -> Page[Trigger]:
        rows = [trigger for trigger in self._triggers.values() if trigger.tenant == tenant]
        return _page(rows, lambda each: f"{each.created_at}#{each.id}", f"{tenant}#triggers", limit, cursor)

    def listening(self, tenant: str) -> Sequence[Trigger]:
        return [t for t in self._triggers.values() if t.tenant == tenant and t.enabled and t.kind in LISTENING]


@dataclass
class MemoryFiringLog:
    """A FiringLog in dictionaries."""

    _firings: dict[tuple[str, str], dict[str, Firing]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, tenant: str, firing: Firing) -> bool:
        with self._lock:
            of = self._firings.setdefault((tenant, firing.trigger_id), {})
            key = f"{firing.at}#{firing.id}"
            return of.setdefault(key, firing) is firing

    def firings(self, tenant: str, trigger_id: str, *, limit: int, cursor: str | None = None) -> Page[Firing]:
        rows = list(self._firings.get((tenant, trigger_id), {}).values())
        return _page(rows, lambda each: f"{each.at}#{each.id}", f"{tenant}#firings#{trigger_id}", limit, cursor)


@dataclass
class MemorySchedules:
    """A Schedules in a dictionary."""

    schedules: dict[str, Trigger] = field(default_factory=dict)
    made_at: dict[str, datetime] = field(default_factory=dict)
    """When a schedule was made; one that has no time is as old as can be."""

    def put(self, trigger: Trigger) -> None:
        self.schedules[trigger.id] = trigger

    def delete(self, trigger_id: str) -> None:
        self.schedules.pop(trigger_id, None)

    def compared(self, trigger: Trigger) -> Drift | None:
        made = self.schedules.get(trigger.id)
        if made is None:
            return "missing"
        same = (made.config, made.enabled, made.tenant) == (trigger.config, trigger.enabled, trigger.tenant)
        return None if same else "different"

    def made_before(self, moment: datetime) -> Iterator[str]:
        oldest = datetime.min.replace(tzinfo=UTC)
        yield from [name for name in self.schedules if self.made_at.get(name, oldest) < moment]


def _page(rows: list[T], key: Callable[[T], str], scope: str, limit: int, cursor: str | None) -> Page[T]:
    before = decode_cursor(cursor, scope)[0] if cursor is not None else None
    ordered = sorted((row for row in rows if before is None or key(row) < before), key=key, reverse=True)
    more = encode_cursor(scope, key(ordered[limit - 1])) if len(ordered) > limit else None
    return Page(tuple(ordered[:limit]), more)
