"""Histories, prompts and results of tools become turns that alternate."""

from typing import Any

import pytest

from heddle.adapters.models.conversation import arguments_in, arguments_to_send, size_of, tools_of, turns
from heddle.application.ports.models import CompletionRequest, Message, ToolCallPart, ToolSpec

CALL = ToolCallPart(type="tool_call", id="c1", name="find", arguments={"q": 1}, raw='{"q": 1}')
RESULT: Any = {"type": "tool_result", "id": "c1", "name": "find", "content": "", "is_error": False}


def said(role: Any, *texts: str) -> Message:
    return Message(role=role, content=[{"type": "text", "text": text} for text in texts])


def test_turns_alternate_whatever_came_in() -> None:
    request = CompletionRequest(
        "Prompt",
        history=(said("user", "a"), said("user", "b"), said("assistant", "c"), said("assistant", "d")),
        messages=(said("assistant", "e"), said("user", "f")),
    )

    assert [(turn["role"], len(turn["content"])) for turn in turns(request)] == [
        ("user", 2),
        ("assistant", 2),
        ("user", 1),
        ("assistant", 1),
        ("user", 1),
    ]


def test_the_request_stays_as_it_is() -> None:
    request = CompletionRequest("Prompt", history=(said("user", "a"),), messages=(said("user", "b"),))
    before = repr(request)

    turns(request)

    assert repr(request) == before


def test_empty_text_and_empty_turns_are_left_out() -> None:
    request = CompletionRequest(
        " ", history=(said("user", "a", ""), said("assistant", "")), messages=(said("user", "b"),)
    )

    assert turns(request) == [said("user", "a", "b")]


def test_results_of_tools_come_first_in_their_turn() -> None:
    user = Message(role="user", content=[{"type": "text", "text": "Quick!"}, RESULT])
    request = CompletionRequest("Go", messages=(Message(role="assistant", content=[CALL]), user))

    assert [part["type"] for part in turns(request)[-1]["content"]] == ["tool_result", "text"]


def test_tools_are_those_on_offer_or_those_that_were_called() -> None:
    tool = ToolSpec("other", "", {"type": "object"})
    messages = (Message(role="assistant", content=[CALL]), Message(role="user", content=[RESULT]))

    assert tools_of(CompletionRequest("Go", messages=messages, tools=(tool,))) == (tool,)
    assert [one.name for one in tools_of(CompletionRequest("Go", messages=messages))] == ["find"]
    assert tools_of(CompletionRequest("Go")) == ()


@pytest.mark.parametrize(
    ("raw", "arguments"),
    [('{"a": 1}', {"a": 1}), ("", {}), ("  ", {}), ("[1]", None), ("null", None), ('{"a": ', None), ("[" * 9999, None)],
)
def test_arguments_are_an_object_or_nothing(raw: str, arguments: Any) -> None:
    assert arguments_in(raw) == arguments


def test_malformed_arguments_go_back_inside_of_an_object() -> None:
    broken = ToolCallPart(type="tool_call", id="c1", name="find", arguments=None, raw="{oops")

    assert arguments_to_send(broken) == {"malformed_arguments": "{oops"}
    assert arguments_to_send(CALL) == {"q": 1}


def test_a_guess_at_the_size_grows_with_everything_that_is_sent() -> None:
    image: Any = {"type": "image", "media_type": "image/png", "data": "x" * 90_000}
    tool = ToolSpec("find", "Finds.", {"type": "object"})
    small = size_of(CompletionRequest("word " * 100))

    assert small >= 100
    assert size_of(CompletionRequest("word " * 100, tools=(tool,))) > small
    assert size_of(CompletionRequest("word " * 100, system="Be brief.")) > small
    assert small < size_of(CompletionRequest("word " * 100, images=(image,))) < 5_000
