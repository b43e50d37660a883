"""What becomes of the pieces that a model writes: few frames, nothing lost in silence, and never a failed run."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from heddle.adapters.memory.topics import MemoryTopicLog
from heddle.application.ports.token_streams import TokenStream as Port
from heddle.application.ports.topics import Frame
from heddle.application.streams.token_stream import Pace, TokenStream, token_stream
from heddle.domain.nodes.spec import NodeTask
from heddle.errors import UpstreamUnavailable

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def task(*, live: bool = True, item: int | None = None, attempt: int = 1) -> NodeTask:
    return NodeTask("acme", "r1", "write", attempt, "llm", {}, 60.0, "key", "corr", item_index=item, live=live)


class Clock:
    """Time that moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class Log(MemoryTopicLog):
    """A log in memory that counts what is asked of it, fails when told to, and takes its time."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock, self.appends, self.failing, self.takes = clock, 0, False, 0.0
        self.error: Exception = UpstreamUnavailable("the table does not answer")

    def append(self, tenant: str, topic: str, frames: Sequence[tuple[str, dict[str, Any]]], *, at: str) -> int:
        self.appends += 1
        self.clock.seconds += self.takes
        if self.failing:
            raise self.error
        return super().append(tenant, topic, frames, at=at)

    @property
    def frames(self) -> tuple[Frame, ...]:
        return self.read("acme", "run:r1", after=0, limit=10_000)

    @property
    def shown(self) -> list[str]:
        """What a reader shows: the rule of the module's docstring."""
        parts: list[str] = []
        for frame in self.frames:
            if frame.type in ("token", "tool", "gap", "restart"):
                del parts[frame.data["index"] :]
            if frame.type == "token":
                parts.append(frame.data["text"])
            elif frame.type == "gap":
                parts.append(f"[{frame.data['chars']} missing]")
            elif frame.type == "tool":
                parts.append(f"<{frame.data['name']} {frame.data['state']}>")
        return parts


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(clock: Clock) -> Log:
    return Log(clock)


def stream(log: Log, pace: Pace | None = None, **values: Any) -> TokenStream:
    return TokenStream(log, task(**values), now=lambda: NOW, monotonic=log.clock, pace=pace)


def test_the_first_piece_is_shown_at_once_and_the_next_ones_together(log: Log, clock: Clock) -> None:
    writer = stream(log)

    for piece in ("Hel", "lo ", "wor"):
        writer.text(piece)
    clock.seconds += 0.1
    writer.text("ld")
    writer.done({"output_tokens": 2})

    who = {"node_id": "write", "attempt": 1}
    assert [(frame.type, frame.data) for frame in log.frames] == [
        ("token", {**who, "text": "Hel", "index": 0}),
        ("token", {**who, "text": "lo world", "index": 1}),
        ("done", {**who, "usage": {"output_tokens": 2}}),
    ]
    assert {frame.at for frame in log.frames} == {"2026-11-20T12:00:00+00:00"}


def test_a_thousand_tokens_are_some_tens_of_writes(log: Log, clock: Clock) -> None:
    writer = stream(log)

    for number in range(1000):
        writer.text(f" word{number}")
        clock.seconds += 0.005
    writer.done()

    assert "".join(log.shown) == "".join(f" word{number}" for number in range(1000))
    assert 40 <= log.appends <= 60


def test_text_that_comes_fast_is_written_when_enough_has_gathered(log: Log) -> None:
    writer = stream(log)

    for _ in range(100):
        writer.text("x" * 100)
    writer.done()

    assert log.appends == 1 + 9900 // 2100 + 1
    assert max(len(part) for part in log.shown) <= 2148


def test_an_answer_in_one_piece_is_cut_into_frames_and_written_once(log: Log) -> None:
    writer = stream(log)

    writer.text("é" * 40_000)

    assert [len(part) for part in log.shown] == [16_384, 16_384, 7232]
    assert log.appends == 1


def test_an_item_is_named_in_its_frames(log: Log) -> None:
    stream(log, item=0, attempt=2).text("x")

    assert log.frames[0].data == {"node_id": "write", "attempt": 2, "item": 0, "text": "x", "index": 0}


def test_the_end_comes_with_the_text_that_waited_in_one_write_and_only_once(log: Log) -> None:
    writer = stream(log)
    for piece in "abc":
        writer.text(piece)

    writer.done()
    writer.done()
    writer.error("late", "never shown")

    assert log.appends == 2
    assert [frame.type for frame in log.frames] == ["token", "token", "done"]


def test_an_empty_piece_is_nothing(log: Log) -> None:
    stream(log).text("")

    assert log.appends == 0


def test_a_restart_voids_what_came_and_what_waited(log: Log) -> None:
    writer = stream(log)
    for piece in ("The an", "swer is ", "4"):
        writer.text(piece)

    writer.restart()
    writer.text("It is 42.")
    writer.done()

    assert [frame.type for frame in log.frames] == ["token", "restart", "token", "done"]
    assert log.shown == ["It is 42."]


def test_a_restart_keeps_the_calls_and_tools_before(log: Log, clock: Clock) -> None:
    writer = stream(log)
    writer.text("Let me look. ")
    writer.tool("search", call_id="c1", state="started")
    writer.tool("search", call_id="c1", state="succeeded")
    writer.text("Found. ")
    writer.step()
    for piece in ("Half an ", "answ"):
        clock.seconds += 1
        writer.text(piece)

    writer.restart()
    writer.text("A whole answer.")
    writer.done()

    tools = ["<search started>", "<search succeeded>"]
    assert log.shown == ["Let me look. ", *tools, "Found. ", "A whole answer."]


def test_an_attempt_that_is_delivered_again_replaces_what_it_showed(log: Log) -> None:
    stream(log).text("first delivery, then a crash")
    again = stream(log)

    again.text("second delivery")
    again.done()

    assert log.shown == ["second delivery"]


def test_a_slow_log_slows_the_reading_down_and_gets_fewer_frames(log: Log, clock: Clock) -> None:
    log.takes = 2.0
    writer = stream(log)

    began = clock.seconds
    for _ in range(100):
        writer.text("x" * 50)
        clock.seconds += 0.05

    assert clock.seconds - began == pytest.approx(5.0 + 2.0 * log.appends)
    assert log.appends < 100 * 0.05 / 0.1 / 2, "half as often as a quick log is written to"


def test_a_log_that_is_quick_again_is_written_to_as_often_as_before(log: Log, clock: Clock) -> None:
    writer = stream(log)
    log.takes = 2.0
    for _ in range(20):
        clock.seconds += 1
        writer.text("x")
    log.takes = 0.0
    for _ in range(20):
        clock.seconds += 1
        writer.text("x")
    appends = log.appends

    for _ in range(20):
        clock.seconds += 0.1
        writer.text("x")

    assert log.appends - appends >= 19


def test_text_waits_while_the_log_fails_once(log: Log, clock: Clock) -> None:
    writer = stream(log)
    log.failing = True
    writer.text("Hello ")
    log.failing = False
    clock.seconds += 0.2

    writer.text("world")
    writer.done()

    assert log.shown == ["Hello world"]


def test_text_whose_write_failed_but_was_made_shows_once(log: Log, clock: Clock) -> None:
    class Ambiguous(Log):
        def append(self, tenant: str, topic: str, frames: Any, *, at: str) -> int:
            number = super().append(tenant, topic, frames, at=at)
            if self.appends == 1:
                raise UpstreamUnavailable("the answer to the write was lost")
            return number

    log = Ambiguous(clock)
    writer = stream(log)
    writer.text("Hello ")
    clock.seconds += 0.2

    writer.text("world")
    writer.done()

    assert len([frame for frame in log.frames if frame.type == "token"]) == 2
    assert log.shown == ["Hello world"]


@pytest.mark.parametrize("error", [UpstreamUnavailable("busy"), PermissionError("AccessDenied"), KeyError("a bug")])
def test_a_log_that_fails_never_fails_the_run(
    log: Log, clock: Clock, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    log.failing, log.error = True, error
    writer = stream(log)

    with caplog.at_level(logging.INFO):
        for _ in range(500):
            writer.text("word ")
            clock.seconds += 0.01
        writer.tool("search", call_id="c1", state="started")
        writer.restart()
        writer.error("llm_timeout", "too slow")

    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [record.getMessage() for record in warnings] == ["live output is left out: its log fails"]
    assert log.appends <= 3 + 2, "three tries, then only what is now or never"


def test_a_log_that_hangs_is_left_alone_after_seconds_not_after_tries(log: Log, clock: Clock) -> None:
    log.failing, log.takes = True, 6.0
    writer = stream(log)

    for _ in range(300):
        writer.text("word ")
        clock.seconds += 0.01

    assert log.appends == 1


def test_what_is_missing_is_told_when_the_log_is_back(log: Log, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    writer = stream(log)
    writer.text("seen ")
    log.failing = True
    for _ in range(20):
        clock.seconds += 0.2
        writer.text("lost ")
    log.failing = False
    clock.seconds += 5

    with caplog.at_level(logging.INFO):
        writer.text("seen again ")
        clock.seconds += 1
        writer.text("and on")
    writer.done()

    assert log.shown == ["seen ", "[100 missing]", "seen again ", "and on"]
    assert "live output goes on" in caplog.text


def test_a_restart_while_the_log_fails_does_not_forget_what_is_missing_before(log: Log, clock: Clock) -> None:
    quiet = Pace(failures=1, quiet=1000.0)
    writer = stream(log, quiet)
    writer.text("one ")
    log.failing = True
    clock.seconds += 1
    writer.text("two ")
    writer.step()
    writer.text("void")
    log.failing = False

    writer.restart()
    writer.text("three")
    writer.done()

    assert log.shown == ["one ", "[4 missing]", "three"]


def test_memory_stays_bounded_while_the_log_fails(log: Log, clock: Clock) -> None:
    log.failing = True
    writer = stream(log, Pace(failures=10**9, patience=1e9))

    for _ in range(1000):
        clock.seconds += 1
        writer.text("x" * 1000)
    log.failing = False
    clock.seconds += 1
    writer.text("y")

    assert log.shown[0] == f"[{1_000_000 - 16_384} missing]"
    assert sum(map(len, log.shown[1:])) == 16_385


def test_a_character_that_the_provider_cut_in_two_is_whole_again(log: Log) -> None:
    writer = stream(log)
    writer.text("a")

    for piece in ("\ud83d", "\ude00", "!"):
        writer.text(piece)
    writer.done()

    assert log.shown == ["a", "😀!"]


def test_half_a_character_stops_nothing(log: Log) -> None:
    writer = stream(log)

    writer.text("a\ud83d")
    writer.done()

    assert log.shown == ["a\ufffd"]


def test_tools_that_are_called_side_by_side_each_have_their_place(log: Log) -> None:
    writer = stream(log)

    def call(number: int) -> None:
        for state in ("started", "succeeded"):
            writer.tool(f"t{number}", call_id=f"c{number}", state=state, duration_ms=1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(call, range(40)))

    assert [frame.data["index"] for frame in log.frames] == list(range(80))
    assert len(log.shown) == 80


def test_a_tool_call_is_told_with_what_is_known_of_it(log: Log) -> None:
    writer: Port = stream(log)

    writer.tool("search", call_id="c1", state="failed", duration_ms=12.5)

    who = {"node_id": "write", "attempt": 1, "index": 0}
    assert log.frames[0].data == {**who, "name": "search", "call_id": "c1", "state": "failed", "duration_ms": 12.5}


def test_nothing_is_made_for_a_run_that_did_not_ask_for_it() -> None:
    def no_log() -> MemoryTopicLog:
        raise AssertionError("no log is needed")

    assert token_stream(task(live=False), no_log, now=lambda: NOW, monotonic=lambda: 0.0) is None
    assert isinstance(token_stream(task(), MemoryTopicLog, now=lambda: NOW, monotonic=lambda: 0.0), TokenStream)
