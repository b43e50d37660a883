"""What advice is made from, and what it looks like."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from heddle.application.ports.usage import LedgerLine, UsageRow
from heddle.domain.money import usd
from heddle.records import dataclass

MONTH_DAYS = 30
ENOUGH_CALLS, MANY_CALLS = 20, 200
"""Fewer calls than enough say nothing; many make a saving sure."""

PriceOf = Callable[[int, int], int]
"""(input tokens, output tokens) → picodollars."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that could be asked instead. `same` says that it is the same model, of another provider."""

    provider: str
    model: str
    price: PriceOf
    same: bool = False


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One piece of advice. `saving` is in picodollars a month; `figures` are what it rests on.

    `confidence` and `risk` are low, medium or high, `effort` too: a setting is low, a change of a workflow medium.
    """

    kind: str
    about: str
    advice: str
    saving: int
    confidence: str
    effort: str
    risk: str
    figures: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the advice as the API shows it."""
        return {
            "kind": self.kind,
            "about": self.about,
            "advice": self.advice,
            "monthly_saving_usd": usd(self.saving),
            "confidence": self.confidence,
            "effort": self.effort,
            "risk": self.risk,
            "figures": self.figures,
        }


@dataclass(frozen=True, slots=True)
class Observed:
    """What recommendations are made of.

    `rows` are the sums of `days` days, `lines` single calls among them (the newest that were read), `offers` what could
    be asked instead by (provider, model), `prices` what a model costs now, `max_tokens` by (workflow, node).
    """

    rows: Sequence[UsageRow]
    lines: Sequence[LedgerLine]
    days: int
    offers: Mapping[tuple[str, str], Sequence[Offer]]
    prices: Mapping[tuple[str, str], PriceOf]
    max_tokens: Mapping[tuple[str, str], int]


def monthly(amount: int, days: int) -> int:
    """Return what `days` days make in a month."""
    return amount * MONTH_DAYS // max(1, days)


def confidence(calls: int) -> str:
    """Return how sure a saving is that so many calls show."""
    return "high" if calls >= MANY_CALLS else "medium"
