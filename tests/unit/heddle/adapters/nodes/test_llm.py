"""The llm node chooses a provider, hands it the context, and records what it used and cost."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from heddle.adapters.models.registry import PROVIDERS
from heddle.adapters.nodes.llm import LlmNode
from heddle.application.ports.models import Completion, CompletionRequest, Delta, ModelProvider
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import NodeError


class Recorder:
    """A provider that says what it was asked."""

    def __init__(self, model: str = "gpt-5-mini") -> None:
        self.model = model
        self.asked: list[CompletionRequest] = []

    def complete(self, request: CompletionRequest) -> Completion:
        self.asked.append(request)
        return Completion("Yes.", self.model, "openai", "end", 1000, 100)

    def stream(self, request: CompletionRequest) -> Iterator[Delta | Completion]:
        yield self.complete(request)

    def input_tokens(self, request: CompletionRequest) -> int | None:
        return None


def run(providers: dict[str, Callable[[], ModelProvider]], default: str = "openai", **config: Any) -> NodeResult:
    return LlmNode(providers, default)(NodeTask("t", "r", "n", 1, "llm", config, 30.0, "key", "corr-1"))


def test_the_stage_says_what_auto_stands_for() -> None:
    recorder = Recorder()

    output = run({"openai": lambda: recorder}, prompt="Well?").output

    assert output == {
        "text": "Yes.",
        "citations": [],
        "provider": "openai",
        "model": "gpt-5-mini",
        "stop_reason": "end",
        "extractive": False,
    }
    assert recorder.asked[0].correlation_id == "corr-1"
    assert recorder.asked[0].timeout == 30.0


def test_usage_has_tokens_time_and_the_exact_cost() -> None:
    usage = run({"openai": Recorder}, prompt="Well?").usage

    assert (usage["input_tokens"], usage["output_tokens"], usage["cost_usd"]) == (1000, 100, "0.00045")
    assert usage["latency_ms"] >= 0
    assert "unpriced" not in usage


def test_a_model_without_a_known_price_is_unpriced_rather_than_free() -> None:
    usage = run({"openai": lambda: Recorder("my-own-model")}, prompt="Well?").usage

    assert usage["cost_usd"] is None
    assert usage["unpriced"] is True


def test_context_comes_as_text_texts_or_passages() -> None:
    recorder = Recorder()
    providers: dict[str, Callable[[], ModelProvider]] = {"openai": lambda: recorder}

    run(providers, prompt="Well?", context="One.")
    run(providers, prompt="Well?", context=["One.", " ", {"text": "Two.", "source": "b", "index": 4}])

    one = {"text": "One.", "id": None, "source": None}
    assert recorder.asked[0].context == (one,)
    assert recorder.asked[1].context == (one, {"text": "Two.", "id": None, "source": "b"})


def test_a_provider_is_made_once_per_container() -> None:
    made: list[Recorder] = []

    def make() -> ModelProvider:
        made.append(Recorder())
        return made[-1]

    node = LlmNode({"openai": make}, "openai")
    for _ in range(2):
        node(NodeTask("t", "r", "n", 1, "llm", {"prompt": "Well?"}, 30.0, "key", "corr"))

    assert len(made) == 1


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"prompt": " "},
        {"prompt": "x", "provider": "oracle"},
        {"prompt": "x", "max_tokens": 0},
        {"prompt": "x", "context": [1]},
        {"prompt": "x", "context": [{"source": "a"}]},
        {"prompt": "x", "temperature": 9},
    ],
)
def test_a_config_that_cannot_be_used_names_its_field(config: dict[str, Any]) -> None:
    with pytest.raises(NodeError) as caught:
        run({"openai": Recorder}, **config)

    assert caught.value.code == "node_config_invalid"
    assert caught.value.details["field"]


def test_a_provider_that_this_function_does_not_serve_is_named() -> None:
    with pytest.raises(NodeError) as caught:
        run({"openai": Recorder}, prompt="x", provider="bedrock")

    assert (caught.value.code, caught.value.details["available"]) == ("llm_provider_unavailable", ["openai"])


def test_the_extractive_answer_is_labelled_free_and_the_same_every_time() -> None:
    context = [
        {
            "text": "Looms weave cloth from threads of many kinds. Bananas are yellow and sweet.",
            "source": "a.md",
        },
        {"text": "A heddle guides the threads of a loom. It was raining in Manchester that day.", "source": "b.md"},
        {"text": "Looms weave cloth from threads of many kinds.", "source": "c.md"},
    ]

    first, second = (
        run(dict(PROVIDERS), "extractive", prompt="What do looms weave, with which threads?", context=context)
        for _ in range(2)
    )

    assert first.output == second.output
    assert first.output["extractive"] is True
    assert first.output["text"] == (
        "Looms weave cloth from threads of many kinds. [1]\n\nA heddle guides the threads of a loom. [2]"
    )
    assert [one["source"] for one in first.output["citations"]] == ["a.md", "b.md"]
    assert first.usage["cost_usd"] == "0"


def test_an_extractive_answer_keeps_to_its_limits() -> None:
    context = [f"Loom number {n} weaves cloth of the colour {n * 7} in house {n}." for n in range(3000)][:2000]

    long = run(dict(PROVIDERS), "extractive", prompt="Which loom weaves cloth?", context=context, max_sentences=3)
    short = run(dict(PROVIDERS), "extractive", prompt="Which loom weaves cloth?", context=context, max_tokens=20)

    assert 1 <= long.output["text"].count(".") <= 3
    assert short.output["stop_reason"] == "max_tokens" or len(short.output["text"]) <= 80
