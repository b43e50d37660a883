"""What a call costs, or may cost at most, in whole picodollars: from the tenant's own prices, the table, or a ceiling.

    tenant's price, effective by then  →  nothing, where nothing is paid  →  the table  →  the ceiling  →  None: refused

A call is priced at the moment it begins, so a price that changes within a month holds call by call.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from heddle.domain.models.catalogue import Rates, facts, published, source
from heddle.domain.models.settings import ModelRef, ModelSettings, PriceOverride, ProviderConfig
from heddle.domain.money import picos, usd
from heddle.errors import NodeError
from heddle.records import dataclass

MILLION = 1_000_000
FREE_KINDS = frozenset({"extractive", "ollama"})
"""Kinds of provider that nobody sends a bill for, unless the tenant has a price for them."""

MONTH_DAYS = 30


@dataclass(frozen=True, slots=True)
class Price:
    """What tokens cost. `tiers` go by length of the prompt, shortest first, in picodollars for a *million* tokens.

    `source` names where that is from and of when: `tenant 2026-11-01`, `genai-prices 0.2.3 (2026-11-10)`, `ceiling`,
    `free`. `origin` is its first word: tenant, table, ceiling or free.
    """

    tiers: tuple[Rates, ...]
    source: str
    origin: str

    def cost(
        self, input_tokens: int, output_tokens: int, *, cached_tokens: int = 0, cache_write_tokens: int = 0
    ) -> int:
        """Return the cost of what was used, exactly; a fraction of a picodollar is rounded up once, at the end.

        `input_tokens` are all of them, the cached and those written to the provider's cache among them.
        """
        cached = min(cached_tokens, input_tokens)
        written = min(cache_write_tokens, input_tokens - cached)
        rates = self._rates(input_tokens)
        parts = (input_tokens - cached - written) * rates.input + cached * rates.cached + written * rates.cache_write
        return -(-(parts + output_tokens * rates.output) // MILLION)

    def worst(self, input_tokens: int, output_tokens: int) -> int:
        """Return a bound: no use of at most so many tokens costs more, whatever is cached, whichever tier applies."""
        reached = [rates for rates in self.tiers if rates.above < input_tokens] or [self.tiers[0]]
        dearest = max(max(rates.input, rates.cached, rates.cache_write) for rates in reached)
        return -(-(input_tokens * dearest + output_tokens * max(rates.output for rates in reached)) // MILLION)

    def _rates(self, input_tokens: int) -> Rates:
        return next((rates for rates in reversed(self.tiers) if input_tokens > rates.above), self.tiers[0])


def flat(input_per_million: str, output_per_million: str, *, cached: str | None, source: str, origin: str) -> Price:
    """Return a price without tiers, from decimal text in USD for a million tokens."""
    paid = picos(input_per_million)
    rates = Rates(0, paid, paid if cached is None else picos(cached), paid, picos(output_per_million))
    return Price((rates,), source, origin)


_FREE = Price((Rates(0, 0, 0, 0, 0),), "free", "free")


class PriceBook:
    """The prices of one tenant. Made once from its settings, asked for each call."""

    def __init__(self, settings: ModelSettings) -> None:
        self._overrides = _by_model(settings.prices)
        ceiling = settings.price_ceiling
        self._ceiling = None if ceiling is None else flat(*ceiling, cached=None, source="ceiling", origin="ceiling")

    def price(self, provider: ProviderConfig, model: str, at: datetime) -> Price | None:
        """Return what a model of a provider costs at a moment (with its time zone), None if nobody knows.

        None means: refuse the call (`llm_model_unpriced`). Never take it for free.
        """
        named = priced_as(provider, model)
        known = facts(provider.kind, named)
        names = [model, named, *([known.id] if known is not None else [])]
        if (own := self._override(provider.name, names, at)) is not None:
            return own
        if provider.kind in FREE_KINDS:
            return _FREE
        rates = known.rates(at.astimezone(UTC).date().isoformat()) if known is not None else None
        if rates is not None:
            return Price(tuple(_per_million(each) for each in rates), source(), "table")
        return self._ceiling

    def _override(self, provider: str, names: Sequence[str], at: datetime) -> Price | None:
        for name in dict.fromkeys(names):
            begun = [each for since, each in self._overrides.get((provider, name.lower()), ()) if since <= at]
            if begun:
                return begun[-1]
        return None


def _by_model(overrides: Iterable[PriceOverride]) -> Mapping[tuple[str, str], list[tuple[datetime, Price]]]:
    found: dict[tuple[str, str], list[tuple[datetime, Price]]] = {}
    for each in overrides:
        price = flat(
            each.input_per_million,
            each.output_per_million,
            cached=each.cached_input_per_million,
            source=f"tenant {each.effective_from[:10]}",
            origin="tenant",
        )
        since = datetime.fromisoformat(each.effective_from)
        found.setdefault((each.provider, each.model.lower()), []).append((since, price))
    for dated in found.values():
        dated.sort(key=lambda entry: entry[0])
    return found


def _per_million(rates: Rates) -> Rates:
    return Rates(
        rates.above,
        rates.input * MILLION,
        rates.cached * MILLION,
        rates.cache_write * MILLION,
        rates.output * MILLION,
    )


def priced_as(provider: ProviderConfig, model: str) -> str:
    """Return the model that an inference profile or a deployment stands for, by the provider's `profiles`."""
    return next((known for known, profile in provider.profiles.items() if profile == model), model)


def unpriced(ref: ModelRef) -> NodeError:
    """Return the error for a model that nobody knows the price of."""
    return NodeError(
        f"nobody knows what {ref} costs; set its price, or a price_ceiling for unknown models",
        code="llm_model_unpriced",
        model=str(ref),
    )


def freshness(now: datetime) -> str:
    """Say how old the table is: very_fresh (under an hour), fresh (a day), moderate (three days) or stale."""
    age = now - datetime.fromisoformat(published())
    for name, limit in (
        ("very_fresh", timedelta(hours=1)),
        ("fresh", timedelta(days=1)),
        ("moderate", timedelta(days=3)),
    ):
        if age < limit:
            return name
    return "stale"


@dataclass(frozen=True, slots=True)
class Usage:
    """So many tokens, in and out."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models for one usage. Costs and saving are in picodollars; `cheaper` is a, b or same.

    `saving_percent` is what the cheaper one saves of the dearer one's cost, with two decimals.
    """

    cost_a: int
    cost_b: int
    cheaper: str
    saving: int
    saving_percent: Decimal


def compare(a: Price, b: Price, usage: Usage) -> Comparison:
    """Compare two models for a usage."""
    first, second = (price.cost(usage.input_tokens, usage.output_tokens) for price in (a, b))
    saving = abs(first - second)
    percent = (Decimal(saving) * 100 / max(first, second)).quantize(Decimal("0.01")) if saving else Decimal(0)
    return Comparison(first, second, "same" if not saving else "a" if first < second else "b", saving, percent)


def cheapest(prices: Mapping[str, Price], usage: Usage) -> list[tuple[str, int]]:
    """Return names and costs for a usage, cheapest first; of two that cost the same, the one that was named first."""
    costs = [(name, price.cost(usage.input_tokens, usage.output_tokens)) for name, price in prices.items()]
    return sorted(costs, key=lambda entry: entry[1])


def monthly(cost: int, days: int) -> int:
    """Return what 30 days cost if `days` cost so much, rounded up."""
    return -(-cost * MONTH_DAYS // days)


def price_json(price: Price | None, now: datetime) -> dict[str, Any] | None:
    """Return a price as people read it: decimal text in USD for a million tokens, its source, how fresh."""
    if price is None:
        return None
    tiers = [
        {
            "above_input_tokens": rates.above,
            "input_per_million": usd(rates.input),
            "cached_input_per_million": usd(rates.cached),
            "output_per_million": usd(rates.output),
        }
        for rates in price.tiers
    ]
    first = {name: value for name, value in tiers[0].items() if name != "above_input_tokens"}
    return {
        **first,
        "tiers": tiers if len(tiers) > 1 else [],
        "source": price.source,
        "origin": price.origin,
        "freshness": freshness(now) if price.origin == "table" else None,
    }
