"""What every model provider promises, through its real SDK and its real wire protocol."""

from collections.abc import Iterator
from typing import Any

import pytest

from heddle.adapters.models.anthropic import AnthropicProvider
from heddle.adapters.models.bedrock import BedrockProvider
from heddle.adapters.models.extractive import ExtractiveProvider
from heddle.adapters.models.openai import OpenAIProvider
from heddle.application.ports.models import CompletionRequest, ModelProvider
from heddle.errors import NodeError
from tests.contract.model_servers.server import ANSWER, ModelServer, model_server

CONTEXT: tuple[dict[str, Any], ...] = (
    {"id": "p1", "text": "Cotton grows on shrubs in warm countries.", "source": "cotton.md"},
    {"id": "p2", "text": "A loom weaves threads into cloth of any width.", "source": "loom.md"},
)
REMOTE = ["openai", "anthropic", "bedrock"]


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


@pytest.fixture
def provider(request: pytest.FixtureRequest, server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> ModelProvider:
    server.requests.clear()
    for name, value in {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "sk-very-secret"}.items():
        monkeypatch.setenv(name, value)
    match request.param:
        case "openai":
            return OpenAIProvider(api_key="sk-very-secret", base_url=f"{server.url}/v1")
        case "anthropic":
            return AnthropicProvider(api_key="sk-very-secret", base_url=server.url)
        case "bedrock":
            return BedrockProvider(region="eu-west-1", endpoint=server.url)
    return ExtractiveProvider()


def ask(prompt: str = "What does a loom weave?", **more: Any) -> CompletionRequest:
    return CompletionRequest(prompt=prompt, **{"timeout": 20.0, **more})


@pytest.mark.parametrize("provider", [*REMOTE, "extractive"], indirect=True)
def test_an_answer_cites_the_passages_that_it_rests_on(provider: ModelProvider) -> None:
    completion = provider.complete(ask(context=CONTEXT))

    assert completion.text
    assert completion.stop_reason == "end"
    assert completion.input_tokens > 0
    assert completion.output_tokens > 0
    assert [(one["source"], one["id"]) for one in completion.citations] == [("loom.md", "p2")]
    assert f"[{completion.citations[0]['n']}]" in completion.text


@pytest.mark.parametrize("provider", [*REMOTE, "extractive"], indirect=True)
def test_without_context_nothing_is_cited(provider: ModelProvider) -> None:
    completion = provider.complete(ask("Weaving is an old craft of many peoples. What is it?"))

    assert completion.text
    assert completion.citations == ()


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_the_model_gets_system_prompt_numbered_passages_and_limits(
    provider: ModelProvider, server: ModelServer
) -> None:
    completion = provider.complete(
        ask(context=CONTEXT, system="Be brief.", max_tokens=77, temperature=0.5, model="m-1")
    )

    path, _, body = server.requests[0]
    text = str(body)
    assert completion.text == ANSWER
    assert completion.model == "m-1"
    assert "Be brief." in text
    assert "[2] (loom.md)" in text
    assert "77" in text
    assert "0.5" in text
    assert "m-1" in text + path
    assert len(server.requests) == 1


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_an_answer_that_was_cut_says_so(provider: ModelProvider) -> None:
    assert provider.complete(ask("please-cut")).stop_reason == "max_tokens"


@pytest.mark.parametrize(
    ("word", "code", "retryable"),
    [
        ("401", "llm_auth", False),
        ("429", "llm_rate_limited", True),
        ("quota", "llm_quota_exceeded", False),
        ("500", "llm_unavailable", True),
        ("too-long", "llm_context_too_long", False),
        ("bad", "llm_bad_request", False),
        ("filter", "llm_refused", False),
        ("garbage", "llm_bad_response", True),
        ("shapeless", "llm_bad_response", True),
        ("hang-up", "llm_unavailable", True),
    ],
)
@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_each_failure_has_its_code_and_is_not_tried_again_here(
    provider: ModelProvider, server: ModelServer, word: str, code: str, retryable: bool
) -> None:
    with pytest.raises(NodeError) as caught:
        provider.complete(ask(f"please-{word}"))

    assert (caught.value.code, caught.value.retryable) == (code, retryable)
    assert len(server.requests) == 1
    assert "sk-very-secret" not in f"{caught.value} {caught.value.details}"


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_the_wait_that_a_provider_asks_for_is_passed_on(provider: ModelProvider) -> None:
    with pytest.raises(NodeError) as caught:
        provider.complete(ask("please-429"))

    assert caught.value.details["retry_after"] == 7.0


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_a_first_byte_that_does_not_come_is_a_timeout(provider: ModelProvider) -> None:
    with pytest.raises(NodeError) as caught:
        provider.complete(ask("please-slow", timeout=0.3))

    assert (caught.value.code, caught.value.retryable) == ("llm_timeout", True)


def test_a_provider_that_cannot_be_reached_is_unavailable() -> None:
    with model_server() as gone:
        url = gone.url

    for provider in (OpenAIProvider(api_key="k", base_url=url), AnthropicProvider(api_key="k", base_url=url)):
        with pytest.raises(NodeError) as caught:
            provider.complete(ask())
        assert caught.value.code == "llm_unavailable"


def test_a_missing_key_is_an_error_of_its_own_kind() -> None:
    for provider in (OpenAIProvider(api_key=""), AnthropicProvider(api_key="")):
        with pytest.raises(NodeError) as caught:
            provider.complete(ask())
        assert caught.value.code == "llm_auth"
