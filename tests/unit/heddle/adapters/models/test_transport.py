"""Under the SDKs: whole calls end at their deadline, answers have a bound, proxies of the environment are used."""

from collections.abc import Iterator

import httpx2
import pytest

from heddle.adapters.models import transport
from heddle.adapters.models.registry import provider_for
from heddle.adapters.models.transport import Transport, http_client
from heddle.adapters.nodes.addresses import AddressGuard
from heddle.application.ports.models import CompletionRequest, ModelProvider
from heddle.domain.models.settings import ProviderConfig
from heddle.errors import NodeError
from tests.contract.model_servers.server import ModelServer, model_server


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


def provider(server: ModelServer) -> ModelProvider:
    config = ProviderConfig("mine", "openai-compatible", base_url=f"{server.url}/v1", default_model="m")
    return provider_for(config, "k", {"HTTP_ALLOWED_HOSTS": "127.0.0.1"})


def code_of(provider: ModelProvider, prompt: str) -> str:
    with pytest.raises(NodeError) as caught:
        provider.complete(CompletionRequest(prompt, timeout=30.0))
    return caught.value.code


def test_a_whole_answer_has_a_bound(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_BYTES", 1_000_000)

    assert code_of(provider(server), "please-flood") == "llm_bad_response"
    assert server.left.wait(10)


def test_only_a_line_of_a_stream_has_a_bound(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_BYTES", 2_000)

    items = list(provider(server).stream(CompletionRequest("Well?", timeout=30.0)))

    assert len(items) > 2


def test_a_packed_answer_from_a_tenants_address_is_not_unpacked(server: ModelServer) -> None:
    assert code_of(provider(server), "please-packed") == "llm_bad_response"
    assert server.requests[0][1]["accept-encoding"] == "identity"


def test_text_that_is_no_unicode_is_the_callers_mistake(server: ModelServer) -> None:
    assert code_of(provider(server), "half of \ud83d") == "llm_bad_request"


def test_proxies_of_the_environment_are_used_for_the_stages_own_providers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")

    owner = provider_for(ProviderConfig("extractive", "extractive"), None, {})
    url = httpx2.URL("https://example.com")

    proxied, guarded = http_client(owner), http_client(owner, AddressGuard(), "k")

    assert not isinstance(proxied._transport_for_url(url), Transport)
    assert isinstance(guarded._transport_for_url(url), Transport)


def test_connections_are_closed_when_nobody_holds_the_provider(server: ModelServer) -> None:
    class Owner:
        pass

    owner = Owner()
    client = http_client(owner)
    client.get(f"{server.url}/requests")
    assert not client.is_closed

    del owner

    assert client.is_closed
