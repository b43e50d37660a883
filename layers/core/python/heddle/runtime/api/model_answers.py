"""The answers of the routes about models and their providers."""

from typing import Literal

from pydantic import Field

from heddle.runtime.api.answer import Answer


class TierAnswer(Answer):
    """What tokens cost in prompts above a length; decimal text in USD for a million."""

    above_input_tokens: int
    input_per_million: str
    cached_input_per_million: str
    output_per_million: str


class PriceAnswer(Answer):
    """A price in USD for a million tokens, where it is from, and how old the table is that it is in."""

    input_per_million: str
    cached_input_per_million: str
    output_per_million: str
    tiers: list[TierAnswer] = Field(description="Empty: the price does not depend on the prompt's length.")
    source: str = Field(examples=["genai-prices 0.2.3 (2026-11-10)", "tenant 2026-11-01", "ceiling", "free"])
    origin: Literal["tenant", "table", "ceiling", "free"]
    freshness: Literal["very_fresh", "fresh", "moderate", "stale"] | None


class ModelAnswer(Answer):
    """A model; without a price it is refused."""

    ref: str
    provider: str
    kind: str
    model: str
    enabled: bool
    context_window: int | None
    max_output_tokens: int | None
    price: PriceAnswer | None


class AliasAnswer(Answer):
    """An alias with its chain; `answers` is who is asked first."""

    name: str
    built_in: bool
    answers: str | None
    chain: list[ModelAnswer]


class ModelsAnswer(Answer):
    """What the tenant can use. `version` is that of its model settings."""

    aliases: list[AliasAnswer]
    models: list[ModelAnswer]
    version: int


class CostedModelAnswer(ModelAnswer):
    """A model with what a usage costs."""

    cost_usd: str


class ComparedModelAnswer(CostedModelAnswer):
    """A model with what a usage costs, once and in a month of 30 days."""

    monthly_cost_usd: str


class ComparisonAnswer(Answer):
    """Two models for one usage."""

    a: ComparedModelAnswer
    b: ComparedModelAnswer
    cheaper: Literal["a", "b", "same"]
    saving_usd: str
    saving_percent: str
    monthly_saving_usd: str


class CheapestAnswer(Answer):
    """Models for one usage, cheapest first."""

    items: list[CostedModelAnswer]


class ProviderAnswer(Answer):
    """A provider; `own`: your tenant configured it. `secret` names where its key lies."""

    name: str
    kind: str
    own: bool
    enabled: bool
    base_url: str | None
    region: str | None
    api_version: str | None
    default_model: str | None
    secret: str | None
    guardrail: str | None
    guardrail_version: str | None
    profiles: dict[str, str]
    function: str


class StandingProviderAnswer(ProviderAnswer):
    """A provider, how its circuit breaker stands, and which aliases use it."""

    circuit: Literal["closed", "open", "half_open"]
    aliases: list[str]


class ProvidersAnswer(Answer):
    """Every provider of the tenant."""

    items: list[StandingProviderAnswer]
    version: int


class SavedProviderAnswer(ProviderAnswer):
    """A provider as it was saved, with the version of the model settings."""

    version: int


class SavedAliasAnswer(Answer):
    """An alias as it was saved."""

    name: str
    models: list[str]
    version: int


class OwnPriceAnswer(Answer):
    """A price of the tenant's own."""

    provider: str
    model: str
    input_per_million: str
    output_per_million: str
    cached_input_per_million: str | None
    effective_from: str


class CeilingAnswer(Answer):
    """What unknown models cost."""

    input_per_million: str
    output_per_million: str


class ModelSettingsAnswer(Answer):
    """The tenant's prices and cache."""

    prices: list[OwnPriceAnswer]
    price_ceiling: CeilingAnswer | None
    cache_seconds: int
    version: int


class CountItem(Answer):
    """One text's tokens."""

    tokens: int


class ComparedCountAnswer(Answer):
    """What another model counts."""

    model: str
    tokens: int
    difference_percent: str


class CountAnswer(Answer):
    """Tokens of all texts together. `bound` is what no tokenizer exceeds; `context_left` may be below zero."""

    model: str
    tokens: int
    method: str = Field(examples=["o200k", "cl100k", "claude", "chars/3.5", "chars/4"])
    exact: bool
    bound: int
    items: list[CountItem]
    context_window: int | None
    context_left: int | None
    input_cost_usd: str | None
    price: PriceAnswer | None
    compared: ComparedCountAnswer | None


MODEL_ANSWERS: dict[str, dict[int, type[Answer] | None]] = {
    "list_models": {200: ModelsAnswer},
    "compare_models": {200: ComparisonAnswer},
    "cheapest_model": {200: CheapestAnswer},
    "count_tokens": {200: CountAnswer},
    "list_providers": {200: ProvidersAnswer},
    "put_provider": {200: SavedProviderAnswer},
    "delete_provider": {204: None},
    "put_model_alias": {200: SavedAliasAnswer},
    "delete_model_alias": {204: None},
    "get_model_settings": {200: ModelSettingsAnswer},
    "put_model_settings": {200: ModelSettingsAnswer},
}
