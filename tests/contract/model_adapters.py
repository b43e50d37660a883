"""Every adapter of a model provider, pointed at the local model server: the real SDKs over the real wire protocols."""

from collections.abc import Iterator
from typing import Any

import pytest

from heddle.adapters.models.registry import provider_for
from heddle.application.ports.models import Completion, CompletionRequest, Delta, ModelProvider
from heddle.domain.models.settings import ProviderConfig
from tests.contract.model_servers.server import ModelServer, model_server

KEY = "sk-very-secret"
OPENAI_FAMILY = ["openai", "azure-openai", "gemini", "ollama", "openai-compatible"]
REMOTE = [*OPENAI_FAMILY, "anthropic", "bedrock"]
MODELS = {
    "openai": "gpt-5-mini",
    "azure-openai": "my-deployment",
    "gemini": "gemini-2.5-flash",
    "ollama": "llama3.2",
    "openai-compatible": "m-1",
    "anthropic": "claude-haiku-4-5",
    "bedrock": "amazon.nova-lite-v1:0",
}
"""The model that each is asked for if the request names none."""


def environ_of(server: ModelServer) -> dict[str, str]:
    """Return the environment of a stage whose providers are all at the server."""
    return {
        "OPENAI_BASE_URL": f"{server.url}/v1",
        "AZURE_OPENAI_ENDPOINT": server.url,
        "AZURE_OPENAI_MODEL": MODELS["azure-openai"],
        "GEMINI_BASE_URL": f"{server.url}/v1beta/openai/",
        "OLLAMA_BASE_URL": server.url,
        "ANTHROPIC_BASE_URL": server.url,
        "HTTP_ALLOWED_HOSTS": "127.0.0.1",
    }


def adapter(kind: str, server: ModelServer, key: str | None = KEY, **config: Any) -> ModelProvider:
    """Return the adapter of a kind; for Bedrock the fixture `aws_environment` says where it is."""
    if kind == "openai-compatible":
        config = {"base_url": f"{server.url}/v1", "default_model": MODELS[kind], **config}
    return provider_for(ProviderConfig(**{"name": kind, "kind": kind, **config}), key, environ_of(server))


def aws_environment(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let boto3 find Bedrock at the server."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": KEY,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": server.url,
    }.items():
        monkeypatch.setenv(name, value)


def ask(prompt: str = "What does a loom weave?", **more: Any) -> CompletionRequest:
    """Return a request that has time enough."""
    return CompletionRequest(prompt=prompt, **{"timeout": 20.0, **more})


def completed(items: Iterator[Delta | Completion]) -> tuple[list[str], Completion]:
    """Return the pieces of a stream and its completion, which comes last and only once."""
    *pieces, last = items
    assert isinstance(last, Completion)
    return [piece.text for piece in pieces if isinstance(piece, Delta)], last


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    """Run the server of all wire protocols, for one suite."""
    with model_server() as running:
        yield running


@pytest.fixture(params=REMOTE)
def provider(request: pytest.FixtureRequest, server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> ModelProvider:
    """Return the adapter of each kind that talks to a server, which has forgotten the test before."""
    server.reset()
    aws_environment(server, monkeypatch)
    return adapter(request.param, server)
