"""What every model provider promises of a stream: in step with its reader, with an end, honest about breaking off."""

import time
from typing import Any

import pytest

from heddle.application.ports.models import Delta, ModelProvider
from heddle.errors import NodeError
from tests.contract.model_adapters import ask
from tests.contract.model_servers.server import ModelServer


def read(provider: ModelProvider, **request: Any) -> tuple[str, NodeError]:
    """Return what came before the error, and the error."""
    pieces: list[str] = []
    with pytest.raises(NodeError) as caught:
        for item in provider.stream(ask(**request)):
            assert isinstance(item, Delta)
            pieces.append(item.text)
    return "".join(pieces), caught.value


@pytest.mark.parametrize("word", ["break", "end-early"])
def test_a_stream_that_breaks_off_says_how_far_it_came(provider: ModelProvider, word: str) -> None:
    text, error = read(provider, prompt=f"please-{word}")

    assert text
    assert (error.code, error.retryable) == ("llm_stream_broken", True)
    assert error.details["output_chars"] == len(text)


def test_an_error_in_the_middle_has_the_code_of_its_kind(provider: ModelProvider) -> None:
    text, error = read(provider, prompt="please-overload")

    assert (error.code, error.retryable) == ("llm_unavailable", True)
    assert error.details["output_chars"] == len(text) > 0


def test_nonsense_in_the_middle_is_a_bad_response(provider: ModelProvider) -> None:
    text, error = read(provider, prompt="please-garbage-later")

    assert (error.code, error.retryable) == ("llm_bad_response", True)
    assert error.details["output_chars"] == len(text) > 0


def test_an_endless_stream_ends_at_the_deadline(provider: ModelProvider) -> None:
    text, error = read(provider, prompt="please-endless", timeout=1.0)

    assert (error.code, error.retryable) == ("llm_timeout", True)
    assert error.details["output_chars"] == len(text) > 0


def test_a_silence_in_the_middle_ends_at_the_deadline_of_the_whole_call(provider: ModelProvider) -> None:
    began = time.monotonic()

    _, error = read(provider, prompt="please-hush", timeout=1.0)

    assert error.code == "llm_timeout"
    assert time.monotonic() - began < 1.7


def test_an_endless_stream_ends_where_no_answer_is_that_long(provider: ModelProvider, server: ModelServer) -> None:
    text, error = read(provider, prompt="please-flood", max_tokens=10)

    assert error.code == "llm_bad_response"
    assert len(text) < 100_000
    assert server.left.wait(10)


def test_nothing_is_asked_before_the_first_item_is(provider: ModelProvider, server: ModelServer) -> None:
    stream = provider.stream(ask())

    assert server.requests == []
    next(stream)
    assert len(server.requests) == 1
    stream.close()  # type: ignore[attr-defined]


def test_a_stream_is_read_no_faster_than_its_reader_reads(provider: ModelProvider, server: ModelServer) -> None:
    stream = provider.stream(ask("please-flood", max_tokens=1_000_000))

    next(stream)

    assert server.held.wait(20)
    stream.close()  # type: ignore[attr-defined]


def test_a_stream_that_is_closed_ends_the_call(provider: ModelProvider, server: ModelServer) -> None:
    stream = provider.stream(ask("please-endless"))
    next(stream)

    stream.close()  # type: ignore[attr-defined]

    assert server.left.wait(10)


def test_a_client_goes_on_working_after_a_stream_was_closed(provider: ModelProvider) -> None:
    stream = provider.stream(ask("please-endless"))
    next(stream)
    stream.close()  # type: ignore[attr-defined]

    assert provider.complete(ask()).stop_reason == "end"
