"""The bodies about providers, aliases and own prices."""

from typing import Annotated

from pydantic import Field, StringConstraints

from heddle.domain.models.settings import KINDS
from heddle.runtime.api.bodies.body import Body
from heddle.runtime.api.bodies.models import ModelName

PerMillion = Annotated[str, StringConstraints(pattern=r"^\d{1,9}(\.\d{1,12})?$")]


Name = Annotated[str, StringConstraints(min_length=1, max_length=63)]


Version = Annotated[int, Field(ge=0)]


class ProviderBody(Body):
    """How a provider is reached. Its key is your tenant's secret `<name>-api-key`; keys are never sent here."""

    kind: str = Field(description=f"One of {', '.join(KINDS)}.", examples=["azure-openai"])
    base_url: str | None = Field(
        default=None, max_length=2048, description="Needed for azure-openai, ollama and openai-compatible."
    )
    secret: str | None = Field(default=None, description="The name of another secret than `<name>-api-key`.")
    region: str | None = Field(default=None, description="bedrock only.", examples=["eu-central-1"])
    api_version: str | None = Field(default=None, max_length=64, description="azure-openai only.")
    default_model: ModelName | None = Field(default=None, description="What the provider's bare name means.")
    guardrail: str | None = Field(default=None, max_length=2048, description="bedrock only: a guardrail's id.")
    guardrail_version: str | None = Field(default=None, max_length=8, description="bedrock only: a number, or DRAFT.")
    profiles: dict[ModelName, ModelName] = Field(
        default_factory=dict,
        max_length=100,
        description="Model to inference profile (bedrock) or to deployment (azure-openai): it is priced as the model.",
    )
    enabled: bool = True
    expected_version: Version | None = Field(default=None, description="Save only behind this version, like If-Match.")


class AliasBody(Body):
    """The models that an alias stands for: the second is asked if the first cannot answer, and so on."""

    models: list[ModelName] = Field(min_length=1, max_length=10, examples=[["openai/gpt-5", "anthropic"]])
    expected_version: Version | None = None


class PriceBody(Body):
    """A price of your own for one model, from a moment on; decimal text in USD for a million tokens."""

    provider: Name
    model: ModelName
    input_per_million: PerMillion = Field(examples=["2.50"])
    output_per_million: PerMillion = Field(examples=["10"])
    cached_input_per_million: PerMillion | None = Field(default=None, description="Left out: the price of input.")
    effective_from: str = Field(max_length=64, description="With its time zone.", examples=["2026-11-01T00:00:00Z"])


class CeilingBody(Body):
    """What a token of a model costs that nobody knows the price of."""

    input_per_million: PerMillion = Field(examples=["20"])
    output_per_million: PerMillion = Field(examples=["80"])


class ModelSettingsBody(Body):
    """Prices and the cache, replaced as a whole."""

    prices: list[PriceBody] = Field(default_factory=list, max_length=1000)
    price_ceiling: CeilingBody | None = Field(
        default=None, description="Left out: a model that nobody knows the price of is refused."
    )
    cache_seconds: int = Field(default=0, ge=0, le=30 * 86400, description="How long answers are reused; 0 is never.")
    expected_version: Version | None = None


BODIES: dict[str, type[Body]] = {
    "put_provider": ProviderBody,
    "put_model_alias": AliasBody,
    "put_model_settings": ModelSettingsBody,
}
