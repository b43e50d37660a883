"""The llm node names its model, hands over everything that goes with a question, and records what came."""

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from heddle.application.ports.prompts import RenderedPrompt
from heddle.errors import NodeError
from heddle.testing.scripted_model import says
from tests.support.agents import Watched
from tests.support.ai_nodes import AiBench

PIXEL = base64.b64encode(b"\x89PNG not really").decode()


@pytest.mark.parametrize(
    ("config", "model"),
    [
        ({}, None),
        ({"model": "fast"}, "fast"),
        ({"model": "openai/gpt-5-mini"}, "openai/gpt-5-mini"),
        ({"provider": "openai"}, "openai"),
        ({"provider": "openai", "model": "gpt-5-mini"}, "openai/gpt-5-mini"),
        ({"provider": "auto", "model": "best"}, "best"),
    ],
)
def test_a_model_is_named_by_alias_by_provider_or_in_the_older_way(config: dict[str, Any], model: str | None) -> None:
    bench = AiBench([says("Yes.")])

    bench.run("llm", prompt="Well?", **config)

    assert bench.model.asked[0].model == model


def test_the_output_says_what_was_answered_and_by_whom() -> None:
    result = AiBench([says("Yes.")]).run("llm", prompt="Well?")

    assert result.output == {
        "text": "Yes.",
        "output": None,
        "citations": [],
        "stop_reason": "end",
        "prompt": None,
        "provider": "scripted",
        "model": "scripted-1",
        "extractive": False,
    }
    assert (result.usage["cost_usd"], result.usage["input_tokens"], result.usage["provider"]) == (
        "0.001",
        100,
        "scripted",
    )


def test_everything_that_goes_with_the_question_is_handed_over() -> None:
    bench = AiBench([says("Yes.")])
    uploaded = bench.blobs.put("acme", b"jpeg", media_type="image/jpeg", prefix="uploads").key

    bench.run(
        "llm",
        prompt="Well?",
        system="Be brief.",
        context=["One.", " ", {"text": "Two.", "source": "b", "index": 4}],
        messages=[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}],
        images=[{"base64": PIXEL}, {"object": uploaded, "media_type": "image/jpeg"}],
        stop=["END"],
        cache="off",
        max_tokens=7,
        temperature=0,
    )

    asked = bench.requests[0]
    assert (asked.prompt, asked.system, asked.stop, asked.cache) == ("Well?", "Be brief.", ("END",), False)
    assert (asked.max_tokens, asked.temperature) == (7, 0)
    assert asked.context == (
        {"text": "One.", "id": None, "source": None},
        {"text": "Two.", "id": None, "source": "b"},
    )
    assert [message["role"] for message in asked.history] == ["user", "assistant"]
    assert [(image["media_type"], image["data"]) for image in asked.images] == [
        ("image/png", PIXEL),
        ("image/jpeg", base64.b64encode(b"jpeg").decode()),
    ]


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x", "provider": "oracle"}, "provider"),
        ({"prompt": "x", "context": [1]}, "context[0]"),
        ({"prompt": "x", "context": ["a"] * 2001}, "context"),
        ({"prompt": "x", "messages": [{"role": "system", "content": "x"}]}, "role"),
        ({"prompt": "x", "images": [{"base64": "?"}]}, "images[0].base64"),
        ({"prompt": "x", "images": [{"object": "other/uploads/1"}]}, "images[0].object"),
        ({"prompt": "x", "output_schema": {"type": "objct"}}, "output_schema"),
        ({"prompt": "x", "max_tokens": 0}, "max_tokens"),
        ({"prompt_ref": "p"}, "prompt_ref"),
    ],
)
def test_what_cannot_be_used_is_named_before_anybody_is_asked(config: dict[str, Any], field: str) -> None:
    bench = AiBench([says("Yes.")])

    with pytest.raises(NodeError) as refused:
        bench.run("llm", **config)

    assert (refused.value.code, refused.value.details["field"]) == ("node_config_invalid", field)
    assert (bench.model.asked, bench.history()) == ([], [])


def test_json_of_a_schema_comes_as_a_value() -> None:
    bench = AiBench([says('{"n": "x"}'), says('{"n": 3}')])
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}

    result = bench.run("llm", prompt="How many?", output_schema=schema)

    assert result.output["output"] == {"n": 3}
    assert bench.requests[0].output_schema == schema
    assert (result.usage["calls"], result.usage["cost_usd"]) == (2, "0.002")


def test_json_needs_a_model() -> None:
    with pytest.raises(NodeError) as refused:
        AiBench().run("llm", prompt="How many?", output_schema={"type": "object"})

    assert (refused.value.code, refused.value.retryable) == ("llm_needs_model", False)


def test_a_registered_prompt_is_rendered_and_recorded() -> None:
    def render(tenant: str, ref: str, variables: Mapping[str, Any]) -> RenderedPrompt:
        return RenderedPrompt("greet", 3, "h", f"Greet {variables['who']} for {tenant} ({ref})", "You greet.")

    bench = AiBench([says("Hello Ada.")], parts={"prompts": render})

    output = bench.run("llm", prompt_ref="greet@production", variables={"who": "Ada"}, system="Briefly.").output

    assert output["prompt"] == {"name": "greet", "version": 3, "hash": "h"}
    assert bench.history()[0].prompt == output["prompt"]
    assert bench.requests[0].prompt == "Greet Ada for acme (greet@production)"
    assert bench.requests[0].system == "You greet.\n\nBriefly."


def test_a_second_delivery_takes_the_recorded_answer() -> None:
    bench = AiBench([says("Yes.")])

    results = [bench.run("llm", prompt="Well?", task={"attempt": attempt}) for attempt in (1, 2)]

    assert results[0] == results[1]
    assert len(bench.model.asked) == 1


def test_a_refusal_is_not_gone_on_from() -> None:
    bench = AiBench([NodeError("no", code="llm_refused"), says("Yes.")])
    with pytest.raises(NodeError):
        bench.run("llm", prompt="Well?")

    assert [type(event).__name__ for event in bench.history()] == ["ConversationEnded"]
    assert bench.run("llm", prompt="Well?").output["text"] == "Yes."


def test_whoever_watches_sees_the_text_and_the_end() -> None:
    stream = Watched()

    AiBench([says("Yes, indeed.")], parts={"streams": lambda task: stream}).run("llm", prompt="Well?")

    assert stream.seen == ["step", "Yes, ", "indeed. ", ("done", "0.001")]


def test_whoever_watches_sees_a_failure() -> None:
    stream = Watched()
    bench = AiBench([NodeError("busy", code="llm_unavailable")], parts={"streams": lambda task: stream})

    with pytest.raises(NodeError):
        bench.run("llm", prompt="Well?")

    assert stream.seen == ["step", ("error", "llm_unavailable")]


def test_an_attempt_that_nobody_watches_has_no_stream() -> None:
    bench = AiBench([says("Yes.")], parts={"streams": lambda task: None})

    assert bench.run("llm", prompt="Well?").output["text"] == "Yes."
