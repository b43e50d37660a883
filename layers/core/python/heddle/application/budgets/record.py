"""Writing down what people do to budgets and kill switches."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from heddle.application.ports.events import EventStore, NewEvent
from heddle.domain.events.codec import encode, schema_version
from heddle.domain.events.envelope import Event, Metadata, StreamId
from heddle.errors import VersionConflict

ATTEMPTS = 20


@dataclass(frozen=True)
class Record:
    """Appends a fact to a stream, behind whatever others append at the same time."""

    events: EventStore
    now: Callable[[], datetime]

    def __call__(
        self, stream: StreamId, event: Any, metadata: Metadata, *, known: Callable[[Event], bool] = lambda past: False
    ) -> Event | None:
        """Append the event, unless one of the stream's is `known` to be it: then return that one."""
        name, data = encode(event)
        for attempt in range(1, ATTEMPTS + 1):
            history = self.events.read(stream)
            for past in history.events:
                if past.type == name and known(past):
                    return past
            try:
                self.events.append(history, [NewEvent(name, data, self.now(), schema_version(name))], metadata)
            except VersionConflict:
                if attempt == ATTEMPTS:
                    raise
                continue
            return None
        raise AssertionError("the last attempt returns or raises")
