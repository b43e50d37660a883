"""What happens to an answer whose stream breaks off."""

from collections.abc import Iterator
from typing import Any

import pytest

from heddle.application.ports.models import Completion, CompletionRequest, Delta
from heddle.application.streams.upstream import Restarts, Streamed, StreamWithRestarts
from heddle.errors import HeddleError, NodeError

END = Completion("Hello world", "m", "p", "end", 10, 2)
REQUEST = CompletionRequest("Say hello", timeout=60.0)


def broken(chars: int | None = None) -> NodeError:
    known = {} if chars is None else {"output_chars": chars}
    return NodeError("the provider broke off", code="llm_stream_broken", retryable=True, **known)


class Provider:
    """Plays one list of items per stream; an exception among them is raised."""

    def __init__(self, *streams: list[Any]) -> None:
        self.streams, self.requests, self.closed = list(streams), list[CompletionRequest](), 0

    def stream(self, request: CompletionRequest) -> Iterator[Delta | Completion]:
        self.requests.append(request)
        try:
            for item in self.streams.pop(0):
                if isinstance(item, Exception):
                    raise item
                yield Delta(item) if isinstance(item, str) else item
        finally:
            self.closed += 1


class Bench:
    """Runs a stream and keeps what was heard of it, in order."""

    def __init__(self, *, step: float = 0.0, **restarts: Any) -> None:
        self.seconds, self.step, self.heard = 0.0, step, list[Any]()
        self.run = StreamWithRestarts(self.clock, self.sleep, lambda: 1.0, Restarts(**restarts))

    def clock(self) -> float:
        self.seconds += self.step
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.heard.append(("pause", seconds))
        self.seconds += seconds

    def __call__(self, provider: Provider, request: CompletionRequest = REQUEST, **more: Any) -> Streamed:
        return self.run(provider, request, self.heard.append, lambda: self.heard.append("again"), **more)


def test_an_answer_comes_piece_by_piece_and_then_whole() -> None:
    bench, provider = Bench(), Provider(["Hello ", "world", END])

    assert bench(provider) == Streamed(END)
    assert bench.heard == ["Hello ", "world"]
    assert provider.closed == 1


def test_a_stream_that_broke_off_begins_anew_and_what_was_lost_is_reported() -> None:
    bench = Bench()
    provider = Provider(["Hel", broken()], ["Hello wor", broken()], ["Hello ", "world", END])

    assert bench(provider) == Streamed(END, lost=(3, 9))
    assert bench.heard == [
        "Hel",
        ("pause", 1.0),
        "again",
        "Hello wor",
        ("pause", 2.0),
        "again",
        "Hello ",
        "world",
    ]
    assert provider.closed == 3


def test_an_adapter_that_knows_of_more_characters_is_believed() -> None:
    assert Bench()(Provider(["Hel", broken(7)], [END])).lost == (7,)


def test_a_stream_that_ends_without_its_answer_is_a_broken_one() -> None:
    assert Bench()(Provider(["Hello"], [END])).lost == (5,)


def test_the_pause_is_bounded() -> None:
    bench = Bench(attempts=7, first_pause=1.0, longest_pause=5.0)

    with pytest.raises(NodeError):
        bench(Provider(*[["x", broken()] for _ in range(7)]))

    assert [item[1] for item in bench.heard if isinstance(item, tuple)] == [1.0, 2.0, 4.0, 5.0, 5.0, 5.0]


def test_the_last_break_is_told_with_all_that_was_lost() -> None:
    with pytest.raises(NodeError, match="broke off") as raised:
        Bench(attempts=2)(Provider(["abc", broken()], ["de", broken()]))

    assert (raised.value.code, raised.value.retryable) == ("llm_stream_broken", True)
    assert raised.value.details["lost"] == [3, 2]


def test_any_other_error_is_not_repeated_and_carries_what_broke_before() -> None:
    busy = NodeError("busy", code="llm_rate_limited", retryable=True)
    provider = Provider(["abc", broken()], [busy], ["never"])

    with pytest.raises(NodeError) as raised:
        Bench()(provider)

    assert raised.value is busy
    assert busy.details["lost"] == [3]
    assert len(provider.requests) == 2


def test_who_pays_hears_of_each_break_before_the_next_stream_and_may_refuse() -> None:
    paid: list[int] = []

    def pay(error: NodeError) -> None:
        paid.append(error.details["output_chars"])
        if len(paid) == 2:
            raise HeddleError("the budget is used up", code="budget_exceeded")

    bench, provider = Bench(attempts=9), Provider(["abc", broken()], ["defg", broken()], [END])
    with pytest.raises(HeddleError, match="used up"):
        bench(provider, on_broken=pay)

    assert paid == [3, 4]
    assert len(provider.requests) == 2
    assert bench.heard.count("again") == 1


def test_all_attempts_share_the_time_of_one() -> None:
    bench = Bench(first_pause=10.0)
    provider = Provider(["a", broken()], ["b", broken()], [END])

    with pytest.raises(NodeError, match="broke off"):
        bench(provider, CompletionRequest("x", timeout=25.0))

    assert [request.timeout for request in provider.requests] == [25.0, 15.0]


def test_a_stream_that_takes_too_long_is_left() -> None:
    bench, provider = Bench(step=1.0), Provider(["word "] * 1000)

    with pytest.raises(NodeError, match="within 10 seconds") as raised:
        bench(provider, CompletionRequest("x", timeout=10.0))

    assert raised.value.code == "llm_timeout"
    assert raised.value.details["lost"] == [raised.value.details["output_chars"]]
    assert provider.closed == 1


def test_a_stream_without_an_end_is_left() -> None:
    provider = Provider(["x" * 1000] * 1000)

    with pytest.raises(NodeError, match="at most 10 tokens") as raised:
        Bench()(provider, CompletionRequest("x", max_tokens=10))

    assert (raised.value.code, raised.value.retryable) == ("llm_bad_response", True)
    assert raised.value.details["lost"] == [66_000]
    assert provider.closed == 1


def test_a_reader_that_fails_lets_go_of_the_connection() -> None:
    provider = Provider(["a", "b", END])

    def fail(_text: str) -> None:
        raise RuntimeError("a bug of the reader")

    with pytest.raises(RuntimeError):
        Bench().run(provider, REQUEST, fail, lambda: None)

    assert provider.closed == 1
