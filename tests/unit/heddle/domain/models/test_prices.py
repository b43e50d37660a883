"""What a call costs, whose price that is, and what it costs at most."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle.domain.models.catalogue import Rates, published, source
from heddle.domain.models.prices import (
    Price,
    PriceBook,
    Usage,
    cheapest,
    compare,
    flat,
    freshness,
    monthly,
    price_json,
    priced_as,
)
from heddle.domain.models.settings import ModelSettings, PriceOverride, ProviderConfig
from heddle.domain.money import PICOS_PER_USD, usd

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OPENAI = ProviderConfig("openai", "openai")


def override(model: str, paid: str, since: str, **values: str) -> PriceOverride:
    return PriceOverride("openai", model, paid, values.pop("output", "1"), since, **values)


def test_the_table_prices_what_the_tenant_does_not_and_says_of_when_it_is() -> None:
    price = PriceBook(ModelSettings()).price(OPENAI, "gpt-5-mini", NOW)

    assert price is not None
    assert usd(price.cost(1_000_000, 1_000_000)) == "2.25"
    assert (price.source, price.origin) == (source(), "table")


def test_a_change_of_price_in_the_middle_of_a_month_is_honoured_call_by_call() -> None:
    prices = (
        override("gpt-5-mini", "3", "2026-11-15T00:00:00+02:00"),
        override("gpt-5-mini", "2", "2026-11-01T00:00:00+00:00"),
    )
    book = PriceBook(ModelSettings(prices=prices))

    def at(moment: str) -> tuple[str, str]:
        price = book.price(OPENAI, "gpt-5-mini", datetime.fromisoformat(moment))
        assert price is not None
        return usd(price.cost(1_000_000, 0)), price.source

    assert at("2026-10-31T23:59:59+00:00") == ("0.25", source())
    assert at("2026-11-01T00:00:00+00:00") == ("2", "tenant 2026-11-01")
    assert at("2026-11-14T21:59:59+00:00") == ("2", "tenant 2026-11-01")
    assert at("2026-11-14T22:00:00+00:00") == ("3", "tenant 2026-11-15")


def test_a_clock_of_another_zone_changes_no_price() -> None:
    book = PriceBook(ModelSettings(prices=(override("gpt-5-mini", "2", "2026-11-20T12:00:00+00:00"),)))

    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))

    assert book.price(OPENAI, "gpt-5-mini", tokyo) == book.price(OPENAI, "gpt-5-mini", NOW)


def test_a_tenants_price_of_a_model_holds_for_its_dated_spellings() -> None:
    book = PriceBook(ModelSettings(prices=(override("gpt-5-mini", "2", "2026-01-01T00:00:00Z"),)))

    price = book.price(OPENAI, "gpt-5-mini-2025-08-07", NOW)

    assert price is not None
    assert price.origin == "tenant"


def test_a_tenants_price_is_of_one_provider() -> None:
    book = PriceBook(ModelSettings(prices=(override("gpt-5-mini", "2", "2026-01-01T00:00:00Z"),)))

    price = book.price(ProviderConfig("other", "openai"), "gpt-5-mini", NOW)

    assert price is not None
    assert price.origin == "table"


def test_an_unknown_model_is_refused_unless_there_is_a_ceiling_and_never_free() -> None:
    without, with_one = PriceBook(ModelSettings()), PriceBook(ModelSettings(price_ceiling=("10", "30")))

    ceiling = with_one.price(OPENAI, "gpt-unheard-of", NOW)

    assert without.price(OPENAI, "gpt-unheard-of", NOW) is None
    assert ceiling is not None
    assert (usd(ceiling.cost(1000, 1000)), ceiling.source) == ("0.04", "ceiling")
    known = with_one.price(OPENAI, "gpt-5-mini", NOW)
    assert known is not None
    assert known.origin == "table", "the ceiling is for what no table knows"


@pytest.mark.parametrize("kind", ["extractive", "ollama"])
def test_what_nobody_sends_a_bill_for_is_free_unless_the_tenant_says_otherwise(kind: str) -> None:
    provider = ProviderConfig("mine", kind)
    own = PriceOverride("mine", "llama3", "1", "1", "2026-01-01T00:00:00Z")

    free = PriceBook(ModelSettings()).price(provider, "llama3", NOW)
    paid = PriceBook(ModelSettings(prices=(own,))).price(provider, "llama3", NOW)

    assert free is not None
    assert (free.cost(10**9, 10**9), free.worst(10**9, 10**9), free.source) == (0, 0, "free")
    assert paid is not None
    assert paid.cost(1, 0) == 10**6


def test_a_deployment_is_priced_by_the_model_that_it_is_named_for() -> None:
    azure = ProviderConfig("azure", "azure-openai", profiles={"gpt-4o": "our-chat"})

    price = PriceBook(ModelSettings()).price(azure, "our-chat", NOW)

    assert priced_as(azure, "our-chat") == "gpt-4o"
    assert price is not None
    assert usd(price.cost(1_000_000, 0)) == "2.5"
    assert PriceBook(ModelSettings()).price(azure, "another-deployment", NOW) is None


def test_an_inference_profile_is_priced_by_its_model() -> None:
    arn = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2"
    bedrock = ProviderConfig("bedrock", "bedrock", profiles={"amazon.nova-pro-v1:0": arn})

    price = PriceBook(ModelSettings()).price(bedrock, arn, NOW)

    assert price is not None
    assert usd(price.cost(1_000_000, 0)) == "0.8"


def test_a_long_prompt_pays_the_dearer_tier_for_all_of_its_tokens() -> None:
    price = PriceBook(ModelSettings()).price(ProviderConfig("a", "anthropic"), "claude-sonnet-4-5", NOW)

    assert price is not None
    assert usd(price.cost(200_000, 0)) == "0.6"
    assert usd(price.cost(200_001, 0)) == "1.200006"


def test_cached_tokens_cost_their_own_price_and_no_more_than_there_are() -> None:
    price = PriceBook(ModelSettings()).price(OPENAI, "gpt-5-mini", NOW)

    assert price is not None
    assert usd(price.cost(1_000_000, 0, cached_tokens=1_000_000)) == "0.025"
    assert price.cost(10, 0, cached_tokens=99) == price.cost(10, 0, cached_tokens=10)


def test_a_cached_token_without_a_price_of_its_own_costs_the_full_one() -> None:
    price = flat("2", "3", cached=None, source="tenant 2026-11-01", origin="tenant")

    assert price.cost(100, 0, cached_tokens=100) == price.cost(100, 0)


def test_a_price_finer_than_a_picodollar_is_rounded_up_once() -> None:
    price = flat("0.0000003", "0", cached=None, source="tenant 2026-11-01", origin="tenant")

    assert [price.cost(tokens, 0) for tokens in (0, 1, 3, 4, 10)] == [0, 1, 1, 2, 3]


rates = st.builds(Rates, st.just(0), *[st.integers(0, 10**15)] * 4)
tiers = st.lists(st.tuples(st.integers(1, 10**6), rates), max_size=3, unique_by=lambda tier: tier[0])
prices = st.builds(
    lambda base, more: Price((base, *(replace(each, above=above) for above, each in sorted(more))), "x", "table"),
    rates,
    st.lists(st.tuples(st.integers(1, 10**6), rates), max_size=3, unique_by=lambda tier: tier[0]).map(
        lambda found: sorted(found, key=lambda tier: tier[0])
    ),
)


@given(price=prices, bound=st.integers(0, 2 * 10**6), most=st.integers(0, 10**6), data=st.data())
def test_nothing_that_can_come_out_costs_more_than_the_worst_case(
    price: Price, bound: int, most: int, data: st.DataObject
) -> None:
    used, made = data.draw(st.integers(0, bound)), data.draw(st.integers(0, most))
    cached = data.draw(st.integers(0, used))
    written = data.draw(st.integers(0, used - cached))

    cost = price.cost(used, made, cached_tokens=cached, cache_write_tokens=written)

    assert cost <= price.worst(bound, most)


def test_two_models_are_compared_for_a_usage() -> None:
    dear = flat("10", "30", cached=None, source="x", origin="table")
    cheap = flat("1", "3", cached=None, source="x", origin="table")

    found = compare(dear, cheap, Usage(1000, 1000))

    assert (usd(found.cost_a), usd(found.cost_b), found.cheaper) == ("0.04", "0.004", "b")
    assert (usd(found.saving), found.saving_percent) == ("0.036", Decimal("90.00"))
    assert compare(dear, dear, Usage(1, 1)).cheaper == "same"
    assert compare(dear, cheap, Usage(0, 0)).saving_percent == 0


def test_the_cheapest_model_depends_on_the_usage() -> None:
    reader = flat("1", "10", cached=None, source="x", origin="table")
    writer = flat("2", "2", cached=None, source="x", origin="table")

    by_reading = cheapest({"writer": writer, "reader": reader}, Usage(1000, 10))
    by_writing = cheapest({"writer": writer, "reader": reader}, Usage(10, 1000))

    assert [name for name, _ in by_reading] == ["reader", "writer"]
    assert [name for name, _ in by_writing] == ["writer", "reader"]


def test_a_month_has_thirty_days() -> None:
    assert monthly(7 * PICOS_PER_USD, 7) == 30 * PICOS_PER_USD
    assert monthly(1, 7) == 5, "rounded up"


@pytest.mark.parametrize(
    ("age", "name"),
    [
        (timedelta(minutes=59), "very_fresh"),
        (timedelta(hours=1), "fresh"),
        (timedelta(hours=24), "moderate"),
        (timedelta(hours=72), "stale"),
    ],
)
def test_the_age_of_the_table_has_a_name(age: timedelta, name: str) -> None:
    assert freshness(datetime.fromisoformat(published()) + age) == name


def test_a_price_is_shown_as_decimal_text_with_its_source() -> None:
    price = PriceBook(ModelSettings()).price(ProviderConfig("a", "anthropic"), "claude-sonnet-4-5", NOW)

    shown = price_json(price, NOW)

    assert shown is not None
    assert (shown["input_per_million"], shown["output_per_million"], shown["freshness"]) == ("3", "15", "stale")
    assert [tier["above_input_tokens"] for tier in shown["tiers"]] == [0, 200_000]
    assert price_json(None, NOW) is None
