"""Noticing, in the middle of a long conversation, that its run is not wanted any more."""

from heddle.application.ports.events import EventStore
from heddle.domain.events.envelope import StreamId
from heddle.errors import NodeError

CANCELLED = "run_cancelled"
_STOPPING = frozenset({"RunCancellationRequested", "RunCancelled", "RunTimedOut", "RunFailed"})
_LATER_THAN_ALL = 2**53
"""After this version there is nothing: the store answers with the head alone."""


class RunWatch:
    """Looks at what was added to a run's history since the last look: one small query each time."""

    def __init__(self, events: EventStore, tenant: str, run_id: str) -> None:
        self._events, self._stream = events, StreamId(tenant, "run", run_id)
        self._version = events.read(self._stream, after=_LATER_THAN_ALL).version

    def check(self) -> None:
        """Raise NodeError run_cancelled if the run was stopped since this began: what is asked now is for nobody."""
        history = self._events.read(self._stream, after=self._version)
        self._version = max(self._version, history.version)
        if any(event.type in _STOPPING for event in history.events):
            raise NodeError("the run was stopped, so nothing more is asked", code=CANCELLED)
