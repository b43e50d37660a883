"""The providers by kind. Nothing is imported until a provider is asked for: some SDKs take most of a second."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from heddle.adapters.models.failures import failure
from heddle.adapters.models.stage import at_the_stages_address, completed, stage_config, stage_providers
from heddle.adapters.nodes.addresses import AddressGuard
from heddle.application.ports.models import EmbeddingProvider, ModelProvider
from heddle.domain.addresses import parse_target
from heddle.domain.models.settings import KINDS, ProviderConfig
from heddle.errors import NodeError

__all__ = ["PROVIDERS", "embedding_provider_for", "provider_for", "stage_providers"]

OWN_ADDRESS = ("azure-openai", "ollama", "openai-compatible")
"""The kinds whose `base_url` a tenant may choose."""
_LOOK_UP_SECONDS = 10.0


def provider_for(config: ProviderConfig, key: str | None, environ: Mapping[str, str] = os.environ) -> ModelProvider:
    """Return the provider of a configuration, of a tenant or the stage, with the key to send.

    What the configuration leaves open, the stage's environment says. The address that a tenant chose must be public, or
    in HTTP_ALLOWED_HOSTS; it is looked at here and once more whenever a connection is made. Raises NodeError
    `llm_bad_request` if it may not be reached, or the configuration cannot be used.
    """
    provider: ModelProvider = _made(config, key, environ)
    return provider


def embedding_provider_for(
    config: ProviderConfig, key: str | None, environ: Mapping[str, str] = os.environ
) -> EmbeddingProvider:
    """Return what embeds texts by a configuration, see `provider_for`."""
    provider: EmbeddingProvider = _made(config, key, environ)
    return provider


def _made(config: ProviderConfig, key: str | None, environ: Mapping[str, str]) -> Any:
    guard = None if at_the_stages_address(config, environ) else _guard(config, environ)
    config = completed(config, environ)
    match config.kind:
        case "extractive":
            from heddle.adapters.models.extractive import ExtractiveProvider

            return ExtractiveProvider(config.name)
        case "bedrock":
            from heddle.adapters.models.bedrock import BedrockProvider

            return BedrockProvider(config)
        case "anthropic":
            from heddle.adapters.models.anthropic import AnthropicProvider

            return AnthropicProvider(config, key)
        case kind if kind in KINDS:
            from heddle.adapters.models.openai import OpenAIProvider

            return OpenAIProvider(config, key, guard=guard)
    raise failure("llm_bad_request", config.name, f"there is no kind of provider {config.kind!r}; there are {KINDS}")


def _guard(config: ProviderConfig, environ: Mapping[str, str]) -> AddressGuard:
    """Return what guards connections to the tenant's address, which has passed a first time."""
    if config.kind not in OWN_ADDRESS:
        reason = f"base_url is for {', '.join(OWN_ADDRESS)}; give this provider another kind, or leave base_url out"
        raise failure("llm_bad_request", config.name, reason)
    guard = AddressGuard(environ.get("HTTP_ALLOWED_HOSTS", ""))
    try:
        guard.addresses(parse_target(config.base_url or ""), timeout=_LOOK_UP_SECONDS)
    except NodeError as error:
        code = "llm_unavailable" if error.retryable else "llm_bad_request"
        raise failure(code, config.name, f"base_url: {error.message}") from None
    return guard


def _of_the_stage(kind: str, variable: str = "") -> Callable[..., ModelProvider]:
    def make(api_key: str | None = None) -> ModelProvider:
        key = os.environ.get(variable) if api_key is None else api_key
        return provider_for(stage_config(kind, os.environ), key)

    return make


PROVIDERS: Mapping[str, Callable[..., ModelProvider]] = {
    "extractive": _of_the_stage("extractive"),
    "bedrock": _of_the_stage("bedrock"),
    "openai": _of_the_stage("openai", "OPENAI_API_KEY"),
    "anthropic": _of_the_stage("anthropic", "ANTHROPIC_API_KEY"),
}
"""Provider name to a function that makes it from the environment; one that needs a key may be handed another one."""
