"""Providers are made from configurations: the stage's by its environment, a tenant's only where it may be reached."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from heddle.adapters.models.registry import provider_for, stage_providers
from heddle.adapters.models.stage import STAGE_VARIABLES
from heddle.application.ports.models import CompletionRequest
from heddle.domain.models.settings import KINDS, ProviderConfig
from heddle.errors import NodeError
from tests.contract.model_servers.server import ModelServer, model_server


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


def code_of(config: ProviderConfig, key: str | None = "k", **environ: str) -> str:
    with pytest.raises(NodeError) as caught:
        provider_for(config, key, environ)
    return caught.value.code


def test_a_stage_always_offers_the_built_in_provider_and_bedrock() -> None:
    assert list(stage_providers({})) == ["extractive", "bedrock"]


def test_a_stage_offers_what_its_environment_has_keys_and_addresses_for() -> None:
    environ = {
        "OPENAI_API_KEY": "k",
        "OPENAI_MODEL": "gpt-5",
        "AZURE_OPENAI_API_KEY": "k",
        "ANTHROPIC_API_KEY": "",
        "GEMINI_API_KEY": "k",
        "OLLAMA_BASE_URL": "http://127.0.0.1:11434",
        "BEDROCK_MODEL_ID": "amazon.nova-pro-v1:0",
    }

    offered = stage_providers(environ)

    assert list(offered) == ["extractive", "bedrock", "openai", "gemini", "ollama"]
    assert (offered["openai"].default_model, offered["openai"].base_url) == ("gpt-5", None)
    assert offered["ollama"].base_url == "http://127.0.0.1:11434"
    assert offered["bedrock"].default_model == "amazon.nova-pro-v1:0"
    assert set(environ) <= set(STAGE_VARIABLES)


def test_azure_is_offered_where_its_endpoint_is_known_because_a_key_may_be_a_tenants() -> None:
    offered = stage_providers({"AZURE_OPENAI_ENDPOINT": "https://heddle.openai.azure.com"})

    assert list(offered) == ["extractive", "bedrock", "azure-openai"]
    assert offered["azure-openai"].base_url == "https://heddle.openai.azure.com"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_made_without_a_call(kind: str) -> None:
    base_url = "https://93.184.215.14/v1" if kind in ("azure-openai", "ollama", "openai-compatible") else None

    assert provider_for(ProviderConfig("mine", kind, base_url=base_url, region="eu-west-1"), "k", {})


def test_a_kind_that_there_is_not_is_named() -> None:
    assert code_of(ProviderConfig("mine", "oracle")) == "llm_bad_request"


@pytest.mark.parametrize(
    "base_url",
    [
        "http://127.0.0.1:11434",
        "http://169.254.169.254/latest",
        "http://[::1]/v1",
        "http://2130706433/",
        "http://10.0.0.7/v1",
        "http://user:word@example.com/v1",
        "ftp://example.com",
        "nonsense",
    ],
)
@pytest.mark.parametrize("kind", ["azure-openai", "ollama", "openai-compatible"])
def test_the_address_of_a_tenant_must_be_a_public_one(kind: str, base_url: str) -> None:
    assert code_of(ProviderConfig("mine", kind, base_url=base_url)) == "llm_bad_request"


@pytest.mark.parametrize("kind", ["openai", "anthropic", "gemini", "bedrock", "extractive"])
def test_only_some_kinds_have_an_address_of_the_tenants(kind: str) -> None:
    assert code_of(ProviderConfig("mine", kind, base_url="https://93.184.215.14/v1")) == "llm_bad_request"


def test_a_host_that_the_stage_allows_may_be_private(server: ModelServer) -> None:
    config = ProviderConfig("mine", "openai-compatible", base_url=f"{server.url}/v1", default_model="m")

    provider = provider_for(config, "k", {"HTTP_ALLOWED_HOSTS": server.url.removeprefix("http://")})

    assert provider.complete(CompletionRequest("Well?")).provider == "mine"


def test_the_address_is_looked_at_again_when_a_connection_is_made(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    monkeypatch.setattr("heddle.adapters.nodes.addresses._resolve", lambda target, timeout: next(answers))
    port = server.url.rpartition(":")[2]
    config = ProviderConfig("mine", "openai-compatible", base_url=f"http://changing.example:{port}/v1")
    provider = provider_for(config, "k", {})

    with pytest.raises(NodeError) as caught:
        provider.complete(CompletionRequest("Well?", model="m"))

    assert (caught.value.code, caught.value.retryable) == ("llm_bad_request", False)
    assert "inside a network" in caught.value.message
    assert server.requests == []


def test_nothing_of_the_functions_environment_goes_to_an_address_of_a_tenant(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "of-the-stage")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer of-the-stage\nX-Gateway: of-the-stage")
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "of-the-stage")
    environ = {"HTTP_ALLOWED_HOSTS": "127.0.0.1", "OPENAI_API_KEY": "of-the-stage"}

    for kind in ("azure-openai", "ollama", "openai-compatible"):
        config = ProviderConfig("mine", kind, base_url=f"{server.url}/v1", default_model="m")
        for key in ("of-the-tenant", None) if kind != "azure-openai" else ("of-the-tenant",):
            provider_for(config, key, environ).complete(CompletionRequest("Well?"))

    sent = [headers for _, headers, _ in server.requests]
    assert len(sent) == 5
    assert "of-the-stage" not in str(sent)
    assert ["of-the-tenant" in str(headers) for headers in sent] == [True, True, False, True, False]
    assert [name for name in sent[2] if name in ("authorization", "api-key")] == []


def test_a_redirect_is_not_followed(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "tests.contract.model_servers.side_routes.answer",
        lambda path, body: (307, {"location": f"{server.url}/elsewhere"}, {}),
    )
    config = ProviderConfig("mine", "openai-compatible", base_url=f"{server.url}/v1", default_model="m")

    with pytest.raises(NodeError) as caught:
        provider_for(config, "k", {"HTTP_ALLOWED_HOSTS": "127.0.0.1"}).complete(CompletionRequest("Well?"))

    assert caught.value.code == "llm_bad_request"
    assert len(server.requests) == 1


def test_no_sdk_is_imported_before_a_provider_is_asked_for() -> None:
    core = Path(__file__).parents[5] / "layers" / "core" / "python"
    code = (
        "import sys; from heddle.adapters.models.registry import provider_for, stage_providers;"
        "from heddle.domain.models.settings import ProviderConfig;"
        "stage_providers({'OPENAI_API_KEY': 'k'}); provider_for(ProviderConfig('e', 'extractive'), None, {});"
        "print([name for name in ('openai', 'anthropic', 'boto3', 'httpx2') if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(core)}, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
