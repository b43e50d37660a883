"""Topics in memory."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from heddle.application.ports.topics import Frame, kept_seconds
from heddle.application.streams.frames import encoded


@dataclass
class MemoryTopicLog:
    """A TopicLog in lists of JSON, so that no reader can change what the next one gets.

    A topic is forgotten as a whole, after its newest frame's time, when anything is added to any topic.
    """

    _topics: dict[tuple[str, str], list[tuple[str, bytes]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def append(self, tenant: str, topic: str, frames: Sequence[tuple[str, dict[str, Any]]], *, at: str) -> int:
        added = [(at, frame) for frame in encoded(frames)]
        with self._lock:
            self._forget(at)
            # Taken out and put back, so that the topics stand in the order of their newest frames.
            log = self._topics.pop((tenant, topic), [])
            log.extend(added)
            self._topics[(tenant, topic)] = log
            return len(log)

    def read(self, tenant: str, topic: str, *, after: int, limit: int) -> tuple[Frame, ...]:
        with self._lock:
            found = self._topics.get((tenant, topic), [])[after : after + limit]
        frames = []
        for seq, (at, body) in enumerate(found, after + 1):
            kind, data = orjson.loads(body)
            frames.append(Frame(seq, kind, data, at))
        return tuple(frames)

    def newest(self, tenant: str, topic: str) -> int:
        with self._lock:
            return len(self._topics.get((tenant, topic), []))

    def _forget(self, at: str) -> None:
        now = datetime.fromisoformat(at).timestamp()
        while self._topics:
            oldest = next(iter(self._topics))
            age = now - datetime.fromisoformat(self._topics[oldest][-1][0]).timestamp()
            if age < kept_seconds(oldest[1]):
                return
            del self._topics[oldest]
