"""Following a run's live output: what is there behind a number, or the first of what comes within some seconds."""

from collections.abc import Callable

from heddle.application.ports.events import EventStore
from heddle.application.ports.topics import Frame, TopicLog
from heddle.application.streams.token_stream import topic_of
from heddle.domain.events.envelope import StreamId
from heddle.domain.events.run_events import TERMINAL_EVENTS
from heddle.errors import NotFound
from heddle.records import dataclass

FIRST_PAUSE = 0.15
LONGEST_PAUSE = 0.6
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
    """Reads the topic of a run, and its history for whether there is more to wait for."""

    events: EventStore
    topics: TopicLog
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]

    def __call__(self, tenant: str, run_id: str, *, after: int, wait: float, limit: int) -> LivePage:
        """Return at most `limit` frames with a greater number, waiting up to `wait` seconds for the first.

        Does not wait for a run that has ended or is not live. NotFound `run_not_found`.
        """
        deadline = self.monotonic() + wait
        stream, topic = StreamId(tenant, "run", run_id), topic_of(run_id)
        version = self.events.read(stream, after=_LATEST).version
        if version == 0:
            raise NotFound(f"there is no run {run_id!r}", code="run_not_found")
        ended = self._ended(stream, version - 1)
        pause, looked = FIRST_PAUSE, False
        while True:
            # The history was looked at before the topic: frames of an ended run are all there.
            frames = self.topics.read(tenant, topic, after=after, limit=limit)
            if frames:
                return LivePage(frames, ended and len(frames) < limit)
            if not looked:
                looked = True
                if not self.topics.read(tenant, topic, after=0, limit=1) and not self._live(stream):
                    return LivePage((), True, live=False)
            left = deadline - self.monotonic()
            if ended or left <= 0:
                return LivePage((), ended)
            self.sleep(min(pause, left))
            pause = min(pause * 1.3, LONGEST_PAUSE)
            history = self.events.read(stream, after=version)
            if history.events:
                version, ended = history.version, history.events[-1].type in TERMINAL_EVENTS

    def _ended(self, stream: StreamId, after: int) -> bool:
        """Say whether the newest event is an end: behind one, a run only goes on with `RunResumed`."""
        history = self.events.read(stream, after=after)
        return bool(history.events) and history.events[-1].type in TERMINAL_EVENTS

    def _live(self, stream: StreamId) -> bool:
        # The whole history, for its first event; asked only until the first frame is there.
        return any(event.data.get("live") for event in self.events.read(stream).events[:1])
