"""Following a run's live output: what is there behind a number, or the first of what comes within some seconds."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from heddle.application.ports.events import EventStore
from heddle.application.ports.topics import Frame, TopicLog
from heddle.application.realtime.publish_run import ENDS
from heddle.application.streams.token_stream import topic_of
from heddle.domain.events.envelope import Event, StreamId
from heddle.domain.events.run_events import TERMINAL_EVENTS
from heddle.errors import NotFound
from heddle.records import dataclass

FIRST_PAUSE = 0.15
LONGEST_PAUSE = 0.6
GRACE = timedelta(seconds=10)
"""How long after a run's end the frame that tells it may still be on its way from the event store to the topic."""
_LATEST = 2**53
"""Behind every version: reading after it gives a history's head and no event."""


@dataclass(frozen=True, slots=True)
class LivePage:
    """Frames in order. `ended`: none will come after them. `live`: the run was started to have any."""

    frames: tuple[Frame, ...]
    ended: bool
    live: bool = True


@dataclass(frozen=True, slots=True)
class FollowRun:
    """Reads the topic of a run, and its history for whether there is more to wait for.

    Events become frames a moment after they are stored. So the output has ended with the frame of the event that ended
    the run, or some seconds after that event if no such frame came: a topic is kept for less long than a history.
    """

    events: EventStore
    topics: TopicLog
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]
    now: Callable[[], datetime]

    def __call__(self, tenant: str, run_id: str, *, after: int, wait: float, limit: int) -> LivePage:
        """Return at most `limit` frames with a greater number, waiting up to `wait` seconds for the first.

        Does not wait for a run whose output has ended or that is not live. NotFound `run_not_found`.
        """
        deadline = self.monotonic() + wait
        stream, topic = StreamId(tenant, "run", run_id), topic_of(run_id)
        version = self.events.read(stream, after=_LATEST).version
        if version == 0:
            raise NotFound(f"there is no run {run_id!r}", code="run_not_found")
        newest = self.events.read(stream, after=version - 1).events
        pause, looked = FIRST_PAUSE, False
        while True:
            frames = self.topics.read(tenant, topic, after=after, limit=limit)
            end = _end(newest)
            if frames:
                return LivePage(frames, len(frames) < limit and end is not None and self._told(end, frames[-1]))
            if not looked:
                looked = True
                if not self.topics.read(tenant, topic, after=0, limit=1) and not self._live(stream):
                    return LivePage((), True, live=False)
            if end is not None and self._told(end, self._last(tenant, topic)):
                return LivePage((), True)
            left = deadline - self.monotonic()
            if left <= 0:
                return LivePage((), False)
            self.sleep(min(pause, left))
            pause = min(pause * 1.3, LONGEST_PAUSE)
            history = self.events.read(stream, after=version)
            if history.events:
                version, newest = history.version, history.events

    def _told(self, end: Event, last: Frame | None) -> bool:
        told = last is not None and last.type in ENDS and last.data.get("version") == end.version
        return told or self.now() - end.occurred_at > GRACE

    def _last(self, tenant: str, topic: str) -> Frame | None:
        frames = self.topics.read(tenant, topic, after=self.topics.newest(tenant, topic) - 1, limit=1)
        return frames[0] if frames else None

    def _live(self, stream: StreamId) -> bool:
        # The whole history, for its first event; asked only until the first frame is there.
        return any(event.data.get("live") for event in self.events.read(stream).events[:1])


def _end(events: Sequence[Event]) -> Event | None:
    """Return the newest event if it is an end: behind one, a run only goes on with `RunResumed`."""
    return events[-1] if events and events[-1].type in TERMINAL_EVENTS else None
