"""The event bus in memory: keeps what was published, and can be told to refuse."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from heddle.domain.events.envelope import Event


def _accept(_event: Event) -> str | None:
    return None


@dataclass
class MemoryEventBus:
    """An EventBus; `refuse(event)` gives the reason why an event is refused, None to take it."""

    refuse: Callable[[Event], str | None] = _accept
    published: list[Event] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def publish(self, events: Sequence[Event]) -> list[tuple[Event, str]]:
        refused = []
        with self._lock:
            for event in events:
                reason = self.refuse(event)
                if reason is None:
                    self.published.append(event)
                else:
                    refused.append((event, reason))
        return refused
