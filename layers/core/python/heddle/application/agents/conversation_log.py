"""A conversation's stream: what has been said so far, and how something is added while others may be adding too.

Whoever appends first wins; the other takes what was recorded instead of its own, knows then that it has a rival, and
from there on waits a while before each call for the rival's record of it.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from heddle.application.agents.spending import Spending
from heddle.application.ports.events import EventStore, NewEvent
from heddle.domain.events.codec import decode, encode, schema_version
from heddle.domain.events.conversation_events import ConversationEnded, ModelCalled, ToolCalled
from heddle.domain.events.envelope import Event, History, Metadata, StreamId
from heddle.errors import NodeError, UpstreamUnavailable, VersionConflict

Recorded = TypeVar("Recorded")

PATIENCE = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0)
"""Seconds between looks for what another delivery of the same task may be about to record."""

APPENDING_AGAIN = (0.2, 0.5, 1.0)
"""Seconds before an answer that is paid for is offered once more to a store that did not take it."""


class ConversationLog:
    """The events since the last ConversationEnded, folded. For several threads at once."""

    def __init__(
        self,
        stream: StreamId,
        metadata: Metadata,
        events: EventStore,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self.models: dict[int, ModelCalled] = {}
        self.tools: dict[tuple[int, str], ToolCalled] = {}
        self.spending = Spending()
        self.rival = False
        self._metadata, self._events, self._now, self._sleep = metadata, events, now, sleep
        self._endings = 0
        self._last: Any = None
        self._lock = threading.RLock()
        self._head = History(stream, ())
        self._read()
        self._begun = self._endings

    @property
    def ended(self) -> bool:
        """Whether the conversation that was opened here is over."""
        return self._endings > self._begun

    def expect(self, look: Callable[[], Recorded | None]) -> Recorded | None:
        """Return what is recorded; where there is a rival, give it time to record it."""
        with self._lock:
            found = look()
            if found is not None or not self.rival:
                return found
            for seconds in PATIENCE:
                self._sleep(seconds)
                self._read()
                self._check_not_ended()
                if (found := look()) is not None:
                    return found
            self.rival = False  # it seems to be gone
        return None

    def append(self, event: Any, recorded: Callable[[], Recorded | None]) -> Recorded | None:
        """Append the event and return None, or return what somebody else had recorded instead of it."""
        name, data = encode(event)
        new = [NewEvent(name, data, self._now(), schema_version(name))]
        again = iter(APPENDING_AGAIN)
        with self._lock:
            while (kept := recorded()) is None:
                self._check_not_ended()
                try:
                    commit = self._events.append(self._head, new, self._metadata)
                except VersionConflict:
                    self._read()
                    if self._last == event:  # it was our own write, whose answer got lost
                        return None
                    self.rival = True
                except UpstreamUnavailable:
                    if (seconds := next(again, None)) is None:
                        raise
                    self._sleep(seconds)
                else:
                    self._fold(commit.events)
                    stream = self._head.stream
                    self._head = History(stream, (), commit.events[-1].version, commit.number, commit.hash)
                    return None
            return kept

    def _check_not_ended(self) -> None:
        if self.ended:
            raise NodeError(
                "another delivery of this task has ended the conversation", code="conversation_ended", retryable=True
            )

    def _read(self) -> None:
        history = self._events.read(self._head.stream, after=self._head.version)
        self._fold(history.events)
        self._head = History(history.stream, (), history.version, history.commit, history.head_hash)

    def _fold(self, events: tuple[Event, ...]) -> None:
        for stored in events:
            event = self._last = decode(stored.type, stored.data, stored.schema_version)
            if isinstance(event, ModelCalled):
                self.models[event.step] = event
                self.spending.add(event)
            elif isinstance(event, ToolCalled):
                self.tools[(event.step, event.call_id)] = event
                self.spending.add_tool(event.usage)
            elif isinstance(event, ConversationEnded):
                self.models, self.tools, self.spending = {}, {}, Spending()
                self._endings += 1
