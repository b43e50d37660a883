"""What every embedding provider promises: a vector for each text, in order, with what it cost."""

import math
from typing import Any

import pytest

from heddle.adapters.models.registry import embedding_provider_for
from heddle.application.ports.models import EmbeddingProvider, EmbeddingRequest
from heddle.domain.models.settings import ProviderConfig
from heddle.errors import NodeError
from tests.contract.model_adapters import KEY, MODELS, OPENAI_FAMILY, aws_environment, environ_of
from tests.contract.model_servers.server import ModelServer
from tests.contract.model_servers.side_routes import vector_of

REMOTE = [*OPENAI_FAMILY, "bedrock"]
EMBEDDER = {"openai-compatible": "e-1"}
TEXTS = ("loom", "a longer text", "heddle")


@pytest.fixture
def provider(request: pytest.FixtureRequest, server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> EmbeddingProvider:
    server.reset()
    aws_environment(server, monkeypatch)
    kind = request.param
    own: dict[str, Any] = (
        {"base_url": f"{server.url}/v1", "default_model": MODELS[kind]} if kind == "openai-compatible" else {}
    )
    return embedding_provider_for(ProviderConfig(kind, kind, **own), KEY, environ_of(server))


def ask(*texts: str, **more: Any) -> EmbeddingRequest:
    return EmbeddingRequest(texts or TEXTS, **{"timeout": 20.0, "model": more.pop("model", None), **more})


@pytest.mark.parametrize("provider", [kind for kind in REMOTE if kind not in EMBEDDER], indirect=True)
def test_each_text_has_its_vector_in_order(provider: EmbeddingProvider) -> None:
    embeddings = provider.embed(ask())

    assert embeddings.vectors == tuple(tuple(vector_of(text, 8)) for text in TEXTS)
    assert embeddings.input_tokens == 15
    assert embeddings.model
    assert not embeddings.usage_estimated


@pytest.mark.parametrize("provider", [*REMOTE, "extractive"], indirect=True)
def test_dimensions_can_be_chosen(provider: EmbeddingProvider) -> None:
    model = "cohere.embed-v4:0" if type(provider).__name__ == "BedrockProvider" else "e-1"

    embeddings = provider.embed(ask(dimensions=16, model=model))

    assert {len(vector) for vector in embeddings.vectors} == {16}


@pytest.mark.parametrize("provider", REMOTE, indirect=True)
def test_a_failure_has_the_same_code_as_of_a_model(provider: EmbeddingProvider, server: ModelServer) -> None:
    model = "amazon.titan-embed-text-v2:0" if type(provider).__name__ == "BedrockProvider" else "e-1"

    with pytest.raises(NodeError) as caught:
        provider.embed(ask("please-429", model=model))

    assert (caught.value.code, caught.value.retryable) == ("llm_rate_limited", True)
    assert caught.value.details["retry_after"] == 7.0
    assert len(server.requests) == 1


@pytest.mark.parametrize("provider", ["bedrock"], indirect=True)
@pytest.mark.parametrize(("purpose", "word"), [("document", "search_document"), ("query", "search_query")])
def test_cohere_is_told_the_purpose(provider: EmbeddingProvider, server: ModelServer, purpose: Any, word: str) -> None:
    embeddings = provider.embed(ask(model="cohere.embed-multilingual-v3", purpose=purpose))

    assert len(server.requests) == 1
    assert server.requests[0][2]["input_type"] == word
    assert (len(embeddings.vectors), embeddings.input_tokens) == (3, 15)


@pytest.mark.parametrize("provider", ["bedrock", "openai-compatible"], indirect=True)
def test_a_model_that_does_not_embed_is_refused_before_the_call(
    provider: EmbeddingProvider, server: ModelServer
) -> None:
    model = "amazon.nova-lite-v1:0" if type(provider).__name__ == "BedrockProvider" else None

    with pytest.raises(NodeError) as caught:
        provider.embed(ask(model=model))

    assert caught.value.code == "llm_bad_request"
    assert server.requests == []


def test_anthropic_says_that_it_has_no_embeddings(server: ModelServer) -> None:
    provider = embedding_provider_for(ProviderConfig("anthropic", "anthropic"), KEY, environ_of(server))

    with pytest.raises(NodeError) as caught:
        provider.embed(ask())

    assert caught.value.code == "llm_bad_request"
    assert "no embeddings" in caught.value.message


def similarity(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("provider", ["extractive"], indirect=True)
def test_hashed_vectors_are_near_each_other_where_words_are(provider: EmbeddingProvider) -> None:
    near, nearer, far, nothing = provider.embed(
        ask("The loom weaves cloth.", "A loom weaving cloth", "Bananas ripen in the sun.", " ")
    ).vectors

    assert similarity(near, nearer) > 0.6 > 0.3 > similarity(near, far)
    assert math.isclose(similarity(near, near), 1.0)
    assert len(near) == 256
    assert not any(nothing)


@pytest.mark.parametrize("provider", ["extractive"], indirect=True)
def test_hashed_vectors_are_the_same_every_time_and_free(provider: EmbeddingProvider) -> None:
    first, second = provider.embed(ask()), provider.embed(ask())

    assert first == second
    assert (first.model, first.cost_usd, first.details) == ("hashed-1", "0", {"lexical": True})


@pytest.mark.parametrize("provider", ["extractive"], indirect=True)
def test_hashed_vectors_have_a_reasonable_size(provider: EmbeddingProvider) -> None:
    with pytest.raises(NodeError) as caught:
        provider.embed(ask(dimensions=7))

    assert caught.value.code == "llm_bad_request"
