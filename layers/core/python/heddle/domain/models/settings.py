"""A tenant's models: which providers it has, what its aliases stand for, and what is done when one fails.

    alias `best`  ──►  anthropic/claude-opus-4-5  ──fails──►  bedrock/anthropic.claude-…  ──fails──►  …

A model is named `provider/model`, or by an alias. A chain of several is tried in order, as far as an error is one that
another provider may not have. Plain data: stored as JSON, changed as a whole, with a version against lost updates.
"""

from collections.abc import Mapping
from dataclasses import asdict, field
from typing import Any

from heddle.records import dataclass

KINDS = ("extractive", "bedrock", "openai", "azure-openai", "anthropic", "gemini", "ollama", "openai-compatible")
"""What kinds of provider there are. Several providers of one kind may have different names."""

FUNCTIONS: Mapping[str, str] = {
    "extractive": "llm",
    "bedrock": "llm",
    "openai": "llm_openai",
    "azure-openai": "llm_openai",
    "gemini": "llm_openai",
    "ollama": "llm_openai",
    "openai-compatible": "llm_openai",
    "anthropic": "llm_anthropic",
}
"""Kind of provider to the node function that has its SDK imported when it starts."""

DEFAULT_ALIAS = "default"
"""The alias that a node means which names no model."""


@dataclass(frozen=True, slots=True)
class ModelRef:
    """One model of one provider; written `provider/model`. An empty `model` is the provider's own default."""

    provider: str
    model: str = ""

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}" if self.model else self.provider


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """How a provider is reached. `secret` names the tenant's secret that holds the key; None is the usual name.

    `base_url` is for azure-openai (the resource's endpoint), ollama and openai-compatible. `profiles` maps model ids to
    inference profiles (bedrock); `guardrail` and `guardrail_version` are Bedrock's.
    """

    name: str
    kind: str
    base_url: str | None = None
    secret: str | None = None
    region: str | None = None
    api_version: str | None = None
    default_model: str | None = None
    guardrail: str | None = None
    guardrail_version: str | None = None
    profiles: dict[str, str] = field(default_factory=dict)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class PriceOverride:
    """A tenant's own price of a model from a moment on, decimal text in USD for a million tokens."""

    provider: str
    model: str
    input_per_million: str
    output_per_million: str
    effective_from: str
    cached_input_per_million: str | None = None


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Everything a tenant has configured. `version` 0: nothing was ever saved, the stage's defaults hold.

    `price_ceiling` (USD for a million tokens, in and out) prices models that no table knows; without it they are
    refused. `cache_seconds` 0: answers are not reused.
    """

    providers: dict[str, ProviderConfig] = field(default_factory=dict)
    aliases: dict[str, tuple[ModelRef, ...]] = field(default_factory=dict)
    prices: tuple[PriceOverride, ...] = ()
    price_ceiling: tuple[str, str] | None = None
    cache_seconds: int = 0
    version: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; `settings_from_json` gives equal settings back."""
        return {
            "providers": {name: asdict(config) for name, config in self.providers.items()},
            "aliases": {name: [str(ref) for ref in chain] for name, chain in self.aliases.items()},
            "prices": [asdict(price) for price in self.prices],
            "price_ceiling": None if self.price_ceiling is None else list(self.price_ceiling),
            "cache_seconds": self.cache_seconds,
            "version": self.version,
        }


def model_ref(text: str) -> ModelRef:
    """Return what `provider/model` names; the model's own id may hold further slashes."""
    provider, _, model = text.partition("/")
    return ModelRef(provider, model)


def settings_from_json(data: Mapping[str, Any]) -> ModelSettings:
    """Rebuild settings from `ModelSettings.to_json`."""
    ceiling = data.get("price_ceiling")
    return ModelSettings(
        providers={name: ProviderConfig(**config) for name, config in data.get("providers", {}).items()},
        aliases={name: tuple(model_ref(text) for text in chain) for name, chain in data.get("aliases", {}).items()},
        prices=tuple(PriceOverride(**price) for price in data.get("prices", ())),
        price_ceiling=None if ceiling is None else (ceiling[0], ceiling[1]),
        cache_seconds=data.get("cache_seconds", 0),
        version=data.get("version", 0),
    )
