"""Following live output: what comes, how long it is waited for, and when there is nothing to wait for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.memory.topics import MemoryTopicLog
from heddle.application.ports.events import NewEvent
from heddle.application.streams.follow_run import FollowRun, LivePage
from heddle.domain.events.envelope import Metadata, StreamId
from heddle.errors import NotFound

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STREAM = StreamId("acme", "run", "r1")


class Bench:
    """A run whose story goes on while somebody waits: `later` maps moments to what happens then."""

    def __init__(self) -> None:
        self.events, self.topics = MemoryEventStore(), MemoryTopicLog()
        self.seconds, self.pauses, self.later = 0.0, list[float](), dict[float, Callable[[], None]]()

    def happens(self, type: str, **data: Any) -> None:
        self.events.append(self.events.read(STREAM), [NewEvent(type, data, self.now())], Metadata("c"))

    def ends(self, type: str = "RunSucceeded", frame: str = "run.succeeded") -> None:
        """End the run; the topic is told at once."""
        self.happens(type)
        self.tells(frame)

    def tells(self, frame: str) -> None:
        told = (frame, {"version": self.events.read(STREAM).version, "text": frame})
        self.topics.append("acme", "run:r1", [told], at=NOW.isoformat())

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def writes(self, *texts: str) -> None:
        self.topics.append("acme", "run:r1", [("token", {"text": text}) for text in texts], at=NOW.isoformat())

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds
        for moment in [moment for moment in self.later if moment <= self.seconds]:
            self.later.pop(moment)()

    def follow(self, *, tenant: str = "acme", after: int = 0, wait: float = 10.0, limit: int = 100) -> LivePage:
        followed = FollowRun(self.events, self.topics, self.sleep, lambda: self.seconds, self.now)
        return followed(tenant, "r1", after=after, wait=wait, limit=limit)


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.happens("RunRequested", live=True)
    return made


def texts(page: LivePage) -> list[str]:
    return [frame.data["text"] for frame in page.frames]


def test_what_is_there_comes_at_once(bench: Bench) -> None:
    bench.writes("a", "b", "c")

    page = bench.follow(after=1, limit=1)

    assert (texts(page), page.ended, bench.pauses) == (["b"], False, [])


def test_the_first_frame_is_waited_for(bench: Bench) -> None:
    bench.later[2.0] = lambda: bench.writes("late")

    page = bench.follow()

    assert (texts(page), page.ended) == (["late"], False)
    assert 2.0 <= bench.seconds < 2.7
    assert bench.pauses[0] == 0.15
    assert max(bench.pauses) == 0.6


def test_a_wait_ends_in_time_without_a_frame(bench: Bench) -> None:
    assert bench.follow(wait=3.0) == LivePage((), False)
    assert bench.seconds == pytest.approx(3.0)


def test_without_a_wait_nothing_is_waited_for(bench: Bench) -> None:
    assert bench.follow(wait=0.0) == LivePage((), False)
    assert bench.pauses == []


def test_a_number_beyond_the_newest_is_waited_for_like_any_other(bench: Bench) -> None:
    bench.writes("a")

    assert bench.follow(after=1_000_000, wait=1.0) == LivePage((), False)


def test_the_end_of_the_run_ends_the_waiting(bench: Bench) -> None:
    bench.writes("a")
    bench.later[1.0] = bench.ends

    page = bench.follow(after=1)

    assert (texts(page), page.ended) == (["run.succeeded"], True)
    assert bench.seconds < 2.0


def test_a_run_that_ended_is_followed_until_its_topic_tells_so(bench: Bench) -> None:
    bench.writes("a")
    bench.happens("RunSucceeded")
    bench.later[2.0] = lambda: bench.tells("run.succeeded")

    first = bench.follow(after=0)
    second = bench.follow(after=1)

    assert (texts(first), first.ended) == (["a"], False), "a frame is on its way"
    assert ([frame.type for frame in second.frames], second.ended) == (["run.succeeded"], True)
    assert bench.follow(after=2) == LivePage((), True)


def test_an_end_before_the_run_was_resumed_is_not_the_end(bench: Bench) -> None:
    bench.ends("RunFailed", "run.failed")
    bench.happens("RunResumed")
    bench.happens("RunSucceeded")

    page = bench.follow(after=0)

    assert (texts(page), page.ended) == (["run.failed"], False)


@pytest.mark.parametrize("frames", [0, 1])
def test_an_end_that_no_topic_tells_is_waited_for_some_seconds_only(bench: Bench, frames: int) -> None:
    for _ in range(frames):
        bench.writes("a")
    bench.happens("RunSucceeded")

    assert bench.follow(after=frames, wait=20.0) == LivePage((), True)
    assert 10.0 < bench.seconds < 11.0


def test_an_ended_run_is_told_page_by_page(bench: Bench) -> None:
    bench.writes("a", "b", "c")
    bench.ends("RunFailed", "run.failed")

    first = bench.follow(limit=2)
    second = bench.follow(after=2, limit=3)

    assert (texts(first), first.ended) == (["a", "b"], False)
    assert (texts(second), second.ended) == (["c", "run.failed"], True)
    assert bench.follow(after=4) == LivePage((), True)
    assert bench.pauses == []


def test_a_run_that_was_resumed_goes_on(bench: Bench) -> None:
    bench.writes("a")
    for kind in ("RunFailed", "RunResumed"):
        bench.happens(kind)
    bench.later[1.0] = lambda: bench.writes("b")

    page = bench.follow(after=1)

    assert (texts(page), page.ended) == (["b"], False)


def test_a_run_that_is_not_live_is_not_waited_for() -> None:
    bench = Bench()
    bench.happens("RunRequested", live=False)

    assert bench.follow() == LivePage((), True, live=False)
    assert bench.pauses == []


def test_a_run_of_another_tenant_does_not_exist(bench: Bench) -> None:
    bench.writes("secret")

    with pytest.raises(NotFound) as raised:
        bench.follow(tenant="rival")

    assert raised.value.code == "run_not_found"


def test_the_whole_history_is_not_read_once_there_are_frames(bench: Bench) -> None:
    bench.writes("a")
    for number in range(50):
        bench.happens("NodeScheduled", node_id=f"n{number}")
    read: list[int] = []
    events = bench.events.read

    class Watched(MemoryEventStore):
        def read(self, stream: StreamId, *, after: int = 0) -> Any:
            read.append(after)
            return events(stream, after=after)

    FollowRun(Watched(), bench.topics, bench.sleep, lambda: bench.seconds, bench.now)(
        "acme", "r1", after=1, wait=1.0, limit=5
    )

    assert min(read) >= 50
