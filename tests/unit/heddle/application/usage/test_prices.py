"""What a tenant's models cost, and what it could ask instead."""

from datetime import UTC, datetime

import pytest

from heddle.application.ports.models import CompletionRequest
from heddle.application.usage.estimate import PricedModel
from heddle.application.usage.prices import TenantPrices, same_model
from heddle.domain.models.resolve import BUILT_IN, EMBED_ALIAS, MODELS, StageProviders
from heddle.domain.models.settings import DEFAULT_ALIAS, ModelRef, ModelSettings, PriceOverride, ProviderConfig
from heddle.domain.money import picos

NOW = datetime(2026, 1, 31, tzinfo=UTC)
STAGE = StageProviders(
    {
        "extractive": BUILT_IN,
        "openai": ProviderConfig("openai", "openai"),
        "anthropic": ProviderConfig("anthropic", "anthropic"),
    },
    "openai",
)


class Settings:
    def __init__(self, settings: ModelSettings) -> None:
        self.settings = settings

    def get(self, tenant: str) -> ModelSettings:
        assert tenant == "acme"
        return self.settings

    def save(self, tenant: str, settings: ModelSettings, *, expected_version: int) -> ModelSettings:
        raise AssertionError("nothing is written")


def prices(**settings: object) -> TenantPrices:
    return TenantPrices(Settings(ModelSettings(**settings)), STAGE, lambda: NOW)  # type: ignore[arg-type]


def test_the_first_model_of_an_alias_is_priced_and_counted_as_its_provider_does() -> None:
    model = MODELS["openai"][DEFAULT_ALIAS]
    own = PriceOverride("openai", model, "1", "2", "2026-01-01T00:00:00+00:00")

    found = prices(prices=(own,)).price_model("acme")(None)

    assert isinstance(found, PricedModel)
    assert (found.name, found.source) == (f"openai/{model}", "tenant 2026-01-01")
    assert found.cost(1_000_000, 1_000_000) == picos("3")
    assert 0 < found.tokens("some words") < found.bound(CompletionRequest("some words"))


@pytest.mark.parametrize("name", ["nonsense", "openai/gpt-unheard-of"])
def test_a_name_without_model_or_price_says_why(name: str) -> None:
    found = prices().price_model("acme")(name)

    assert isinstance(found, str)
    assert name in found


def test_only_models_with_a_price_have_one() -> None:
    found = prices().now("acme", [("openai", "gpt-5"), ("openai", "gpt-unheard-of"), ("gone", "gpt-5")])

    assert list(found) == [("openai", "gpt-5")]
    assert found["openai", "gpt-5"](1_000_000, 0) > 0


def test_instead_of_a_model_others_of_its_provider_are_offered_and_itself_elsewhere() -> None:
    azure = ProviderConfig("azure", "azure-openai", base_url="https://x.openai.azure.com", default_model="gpt-5")
    settings = {"providers": {"azure": azure}, "aliases": {"draft": (ModelRef("openai", "gpt-4o-mini"),)}}

    offers = prices(**settings).instead("acme", [("openai", "gpt-5")])["openai", "gpt-5"]

    built_in = {model for alias, model in MODELS["openai"].items() if alias != EMBED_ALIAS}
    assert {(offer.provider, offer.model, offer.same) for offer in offers} == {
        *(("openai", model, False) for model in {*built_in, "gpt-4o-mini"} - {"gpt-5"}),
        ("azure", "gpt-5", True),
    }
    draft, full = (next(offer for offer in offers if offer.model == name) for name in ("gpt-4o-mini", "gpt-5"))
    assert draft.price(1000, 1000) < full.price(1000, 1000)


def test_providers_that_are_free_or_switched_off_are_not_offered() -> None:
    off = ProviderConfig("openai", "openai", enabled=False)

    assert prices(providers={"openai": off}).instead("acme", [("openai", "gpt-5")]) == {("openai", "gpt-5"): []}


@pytest.mark.parametrize(
    "spelling",
    ["claude-haiku-4-5", "claude-haiku-4-5-20251001", "us.anthropic.claude-haiku-4-5-20251001-v1:0"],
)
def test_a_model_is_the_same_whatever_region_maker_and_edition_its_id_names(spelling: str) -> None:
    assert same_model(spelling) == "claude-haiku-4-5"
    assert same_model("claude-opus-4-5") != same_model(spelling)
