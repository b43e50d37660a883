"""Every way in which a provider fails has its code, whole or streamed, and no credential is ever told."""

from collections.abc import Callable

import pytest

from heddle.application.ports.models import CompletionRequest, ModelProvider
from heddle.errors import NodeError
from tests.contract.model_adapters import KEY, REMOTE, adapter, ask, aws_environment
from tests.contract.model_servers.server import ModelServer, model_server

Way = Callable[[ModelProvider, CompletionRequest], object]
WAYS: dict[str, Way] = {
    "whole": lambda provider, request: provider.complete(request),
    "streamed": lambda provider, request: list(provider.stream(request)),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


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
        ("filtered", "llm_refused", False),
        ("garbage", "llm_bad_response", True),
        ("hang-up", "llm_unavailable", True),
    ],
)
def test_each_failure_has_its_code_and_is_not_tried_again_here(
    provider: ModelProvider, way: Way, server: ModelServer, word: str, code: str, retryable: bool
) -> None:
    with pytest.raises(NodeError) as caught:
        way(provider, ask(f"please-{word}"))

    assert (caught.value.code, caught.value.retryable) == (code, retryable)
    assert len(server.requests) == 1
    assert KEY not in f"{caught.value} {caught.value.details}"


def test_json_that_is_no_answer_is_a_bad_response(provider: ModelProvider) -> None:
    with pytest.raises(NodeError) as caught:
        provider.complete(ask("please-shapeless"))

    assert (caught.value.code, caught.value.retryable) == ("llm_bad_response", True)


def test_the_wait_that_a_provider_asks_for_is_passed_on(provider: ModelProvider, way: Way) -> None:
    with pytest.raises(NodeError) as caught:
        way(provider, ask("please-429"))

    assert caught.value.details["retry_after"] == 7.0


def test_a_refusal_says_what_it_used(provider: ModelProvider, way: Way) -> None:
    with pytest.raises(NodeError) as caught:
        way(provider, ask("please-filter"))

    assert (caught.value.details["input_tokens"], caught.value.details["output_tokens"]) == (1000, 100)


def test_a_first_byte_that_does_not_come_is_a_timeout(provider: ModelProvider, way: Way) -> None:
    with pytest.raises(NodeError) as caught:
        way(provider, ask("please-slow", timeout=0.3))

    assert (caught.value.code, caught.value.retryable) == ("llm_timeout", True)


@pytest.mark.parametrize("kind", [kind for kind in REMOTE if kind != "bedrock"])
def test_an_answer_that_only_drips_ends_at_the_deadline(kind: str, way: Way, server: ModelServer) -> None:
    with pytest.raises(NodeError) as caught:
        way(adapter(kind, server), ask("please-drip", timeout=0.3))

    assert caught.value.code == "llm_timeout"


@pytest.mark.parametrize("kind", REMOTE)
def test_a_provider_that_cannot_be_reached_is_unavailable(kind: str, way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    with model_server() as gone:
        aws_environment(gone, monkeypatch)
        provider = adapter(kind, gone)

    with pytest.raises(NodeError) as caught:
        way(provider, ask())

    assert (caught.value.code, caught.value.retryable) == ("llm_unavailable", True)
    assert caught.value.details["sent"] is False


@pytest.mark.parametrize("word", ["hang-up", "slow"])
def test_what_was_lost_on_a_connection_that_stood_may_have_been_worked_on(
    provider: ModelProvider, way: Way, word: str
) -> None:
    with pytest.raises(NodeError) as caught:
        way(provider, ask(f"please-{word}", timeout=0.3))

    assert caught.value.details["sent"] is True


@pytest.mark.parametrize("kind", ["openai", "azure-openai", "gemini", "anthropic"])
@pytest.mark.parametrize("key", [None, ""])
def test_a_missing_key_is_an_error_of_its_own_kind(kind: str, key: str | None, way: Way, server: ModelServer) -> None:
    with pytest.raises(NodeError) as caught:
        way(adapter(kind, server, key), ask())

    assert (caught.value.code, caught.value.retryable) == ("llm_auth", False)


@pytest.mark.parametrize("kind", [kind for kind in REMOTE if kind != "bedrock"])
def test_a_wrong_key_is_an_error_of_its_own_kind(kind: str, way: Way, server: ModelServer) -> None:
    with pytest.raises(NodeError) as caught:
        way(adapter(kind, server, "sk-wrong-key"), ask())

    assert caught.value.code == "llm_auth"


@pytest.mark.parametrize("kind", ["ollama", "openai-compatible"])
def test_some_can_do_without_a_key(kind: str, way: Way, server: ModelServer) -> None:
    assert way(adapter(kind, server, None), ask())


@pytest.mark.parametrize("kind", ["azure-openai", "openai-compatible"])
def test_a_provider_without_a_default_model_asks_for_one(kind: str, way: Way, server: ModelServer) -> None:
    provider = adapter(kind, server, base_url=f"{server.url}/v1", default_model=None)

    with pytest.raises(NodeError) as caught:
        way(provider, ask())

    assert caught.value.code == "llm_bad_request"
    assert "default_model" in caught.value.message
