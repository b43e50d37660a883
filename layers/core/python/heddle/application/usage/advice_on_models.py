"""Advice on models and providers, from the sums: a cheaper model for short answers, a cheaper or better provider."""

from collections.abc import Sequence

from heddle.application.ports.usage import UsageRow
from heddle.application.usage.observed import (
    ENOUGH_CALLS,
    Observed,
    Offer,
    Recommendation,
    confidence,
    monthly,
)
from heddle.application.usage.report import Totals
from heddle.domain.money import usd

SMALL_OUTPUT_TOKENS = 200
SUBSTITUTE_SAVES_PERCENT = 40
SWITCH_SAVES_PERCENT = 10
FAILING_PERCENT = 10


def _by_model(rows: Sequence[UsageRow]) -> dict[tuple[str, str], Totals]:
    found: dict[tuple[str, str], Totals] = {}
    for row in rows:
        key = (row.provider, row.model)
        found[key] = found.get(key, Totals()).plus(row)
    return found


def substitutions(seen: Observed) -> list[Recommendation]:
    """Find dear models that write little, where another one of the provider would cost much less."""
    found = []
    for (provider, model), sums in _by_model(seen.rows).items():
        asked = sums.calls - sums.cached_calls
        if asked < ENOUGH_CALLS or not sums.cost or sums.output_tokens > SMALL_OUTPUT_TOKENS * asked:
            continue
        cheapest = _cheapest([each for each in seen.offers.get((provider, model), ()) if not each.same], sums)
        if cheapest is None or cheapest[1] * 100 > sums.cost * (100 - SUBSTITUTE_SAVES_PERCENT):
            continue
        offer, cost = cheapest
        found.append(
            Recommendation(
                "ModelSubstitution",
                f"{provider}/{model}",
                f"ask {offer.provider}/{offer.model} where answers are this short",
                monthly(sums.cost - cost, seen.days),
                confidence(asked),
                "low",
                "medium",
                {
                    "calls": asked,
                    "average_output_tokens": round(sums.output_tokens / asked, 1),
                    "cost_usd": usd(sums.cost),
                    "cost_instead_usd": usd(cost),
                    "days": seen.days,
                },
            )
        )
    return found


def _cheapest(offers: Sequence[Offer], sums: Totals) -> tuple[Offer, int] | None:
    costs = [(each, each.price(sums.input_tokens, sums.output_tokens)) for each in offers]
    return min(costs, key=lambda item: item[1], default=None)


def switches(seen: Observed) -> list[Recommendation]:
    """Find models that another provider has for less, and providers that often fail."""
    found = []
    for (provider, model), sums in _by_model(seen.rows).items():
        if sums.calls < ENOUGH_CALLS:
            continue
        same = _cheapest([each for each in seen.offers.get((provider, model), ()) if each.same], sums)
        figures = {"calls": sums.calls, "cost_usd": usd(sums.cost), "days": seen.days}
        if same is not None and sums.cost and same[1] * 100 <= sums.cost * (100 - SWITCH_SAVES_PERCENT):
            offer, cost = same
            found.append(
                Recommendation(
                    "ProviderSwitching",
                    f"{provider}/{model}",
                    f"ask {offer.provider}/{offer.model}: the same model for less",
                    monthly(sums.cost - cost, seen.days),
                    confidence(sums.calls),
                    "low",
                    "low",
                    {**figures, "cost_instead_usd": usd(cost)},
                )
            )
        elif sums.failed_calls * 100 >= FAILING_PERCENT * sums.calls:
            found.append(
                Recommendation(
                    "ProviderSwitching",
                    f"{provider}/{model}",
                    "put another provider behind it in the alias: it fails often",
                    0,
                    confidence(sums.calls),
                    "low",
                    "medium",
                    {**figures, "failed_calls": sums.failed_calls},
                )
            )
    return found
