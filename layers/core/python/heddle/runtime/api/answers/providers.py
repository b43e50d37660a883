"""The answers about providers, aliases and own prices."""

from typing import Literal

from heddle.runtime.api.answers.answer import Answer, Answers


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
    cursor: None
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


ANSWERS: Answers = {
    "list_providers": {200: ProvidersAnswer},
    "put_provider": {200: SavedProviderAnswer},
    "delete_provider": {204: None},
    "put_model_alias": {200: SavedAliasAnswer},
    "delete_model_alias": {204: None},
    "get_model_settings": {200: ModelSettingsAnswer},
    "put_model_settings": {200: ModelSettingsAnswer},
}
