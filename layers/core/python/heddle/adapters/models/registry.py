"""The providers by name. Nothing is imported until a provider is asked for: some SDKs take most of a second."""

from collections.abc import Callable, Mapping

from heddle.application.ports.models import ModelProvider


def _extractive() -> ModelProvider:
    from heddle.adapters.models.extractive import ExtractiveProvider

    return ExtractiveProvider()


def _bedrock() -> ModelProvider:
    from heddle.adapters.models.bedrock import BedrockProvider

    return BedrockProvider.from_environment()


def _openai(api_key: str | None = None) -> ModelProvider:
    from heddle.adapters.models.openai import OpenAIProvider

    return OpenAIProvider.from_environment(api_key)


def _anthropic(api_key: str | None = None) -> ModelProvider:
    from heddle.adapters.models.anthropic import AnthropicProvider

    return AnthropicProvider.from_environment(api_key)


PROVIDERS: Mapping[str, Callable[..., ModelProvider]] = {
    "extractive": _extractive,
    "bedrock": _bedrock,
    "openai": _openai,
    "anthropic": _anthropic,
}
"""Provider name to a function that makes it from the environment; one that needs a key may be handed another one."""
