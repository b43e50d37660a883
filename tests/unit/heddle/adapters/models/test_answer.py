"""An answer comes together from pieces: within its limits, and honest about where it ended."""

from types import SimpleNamespace
from typing import Any

import pytest

from heddle.adapters.models.answer import Answer
from heddle.adapters.models.failures import failure, of_kind
from heddle.adapters.models.openai_answers import read_chunk, read_message
from heddle.application.ports.models import CompletionRequest
from heddle.errors import NodeError


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def answer(clock: Clock | None = None, **request: Any) -> Answer:
    return Answer("p", "m", CompletionRequest("Well?", **{"timeout": 10.0, **request}), monotonic=clock or Clock())


def plain(value: Any) -> Any:
    """Return JSON as the SDK's models have it: attributes instead of keys, but for what they do not know."""
    if isinstance(value, dict):
        return SimpleNamespace(
            **{key: inner if key == "extra_content" else plain(inner) for key, inner in value.items()}
        )
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> Any:
    return plain({"id": "r1", "choices": [{"delta": delta, "finish_reason": finish}], **more})


def call(index: int | None, id: str | None, name: str | None, arguments: str, **more: Any) -> dict[str, Any]:
    return {"tool_calls": [{"index": index, "id": id, "function": {"name": name, "arguments": arguments}, **more}]}


def calls_of(*chunks: Any) -> list[tuple[str, str, Any]]:
    given = answer()
    for one in (*chunks, chunk({}, "tool_calls")):
        list(read_chunk(one, given))
    return [(part["id"], part["name"], part["arguments"]) for part in given.completion().tool_calls]


def test_a_piece_that_comes_after_the_deadline_is_not_taken() -> None:
    clock = Clock()
    late = answer(clock)
    list(late.add("in time"))
    clock.now = 10.0

    with pytest.raises(NodeError) as caught:
        list(late.add("too late"))

    assert caught.value.code == "llm_timeout"


def test_text_and_arguments_together_have_a_bound() -> None:
    long = answer(max_tokens=1)
    list(long.add("x" * 60_000))

    with pytest.raises(NodeError) as caught:
        long.call(0, arguments="x" * 60_000)

    assert caught.value.code == "llm_bad_response"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (failure("llm_unavailable", "p", "cannot be reached"), "llm_stream_broken"),
        (failure("llm_unavailable", "p", "not available", status=503), "llm_unavailable"),
        (failure("llm_rate_limited", "p", "slow down", status=429), "llm_rate_limited"),
    ],
)
def test_a_lost_connection_has_broken_a_stream_only_after_its_first_piece(error: NodeError, code: str) -> None:
    begun = answer()
    list(begun.add("Hello"))

    assert answer().interrupted(error).code == error.code
    assert begun.interrupted(error).code == code
    assert begun.interrupted(error).details["output_chars"] == 5


def test_an_error_that_is_not_the_providers_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError), answer().interruptions(lambda error: None):
        raise ZeroDivisionError


def test_pieces_of_calls_are_put_together_by_their_index() -> None:
    assert calls_of(
        chunk(call(0, "a", "f", "")), chunk(call(1, "b", "g", '{"y"')), chunk(call(0, None, None, '{"x": 1}')),
        chunk(call(1, None, None, ": 2}")),
    ) == [("a", "f", {"x": 1}), ("b", "g", {"y": 2})]  # fmt: skip


def test_parallel_calls_with_one_index_are_told_apart_by_their_ids() -> None:
    assert calls_of(chunk(call(0, "a", "f", '{"x": 1}')), chunk(call(0, "b", "f", '{"x": 2}'))) == [
        ("a", "f", {"x": 1}),
        ("b", "f", {"x": 2}),
    ]


def test_a_call_without_an_id_gets_one_that_is_its_own() -> None:
    assert calls_of(chunk(call(0, "", "f", "{}")), chunk(call(1, None, "f", "{}"))) == [
        ("r1_1", "f", {}),
        ("r1_2", "f", {}),
    ]


def test_a_signature_is_kept_as_it_came() -> None:
    given = answer()
    signed = call(0, "a", "f", "{}", extra_content={"google": {"thought_signature": "sig-1"}})
    list(read_chunk(chunk(signed, "stop"), given))

    completion = given.completion()

    assert completion.tool_calls[0]["signature"] == "sig-1"
    assert completion.stop_reason == "tool_use"


def test_reasoning_that_is_only_in_the_total_is_output() -> None:
    given = answer()
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 40}
    list(read_chunk(chunk({"content": "Yes."}, "stop", usage=usage), given))

    assert given.completion().output_tokens == 30


def test_a_reason_that_nobody_knows_is_an_end() -> None:
    given = answer()
    list(read_chunk(chunk({"content": "Yes."}, "eos"), given))

    assert given.completion().stop_reason == "end"


def test_an_error_inside_of_an_answer_that_says_200_is_one() -> None:
    with pytest.raises(NodeError) as caught:
        read_message(SimpleNamespace(choices=None, error={"code": 429, "message": "Slow down"}), answer())

    assert caught.value.code == "llm_rate_limited"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("rate_limit_exceeded", "llm_rate_limited"),
        ("overloaded_error", "llm_unavailable"),
        ("api_error", "llm_unavailable"),
        ("insufficient_quota", "llm_quota_exceeded"),
        ("authentication_error", "llm_auth"),
        ("invalid_request_error", "llm_bad_request"),
        ("context_length_exceeded", "llm_context_too_long"),
        ("content_filter", "llm_refused"),
        (502, "llm_unavailable"),
        (None, "llm_unavailable"),
    ],
)
def test_an_error_with_a_name_instead_of_a_status_has_the_same_codes(kind: object, code: str) -> None:
    assert of_kind("p", kind, "It broke.").code == code


def test_what_is_known_of_the_usage_goes_with_an_error() -> None:
    begun = answer()
    begun.used(1000, 1)
    list(begun.add("Hello"))

    error = begun.interrupted(failure("llm_unavailable", "p", "cannot be reached"))

    assert error.details["input_tokens"] == 1000
