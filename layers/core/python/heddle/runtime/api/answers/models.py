"""The answers about models."""

from typing import Literal

from pydantic import Field

from heddle.runtime.api.answers.answer import Answer, Answers


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
    cursor: None


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


ANSWERS: Answers = {
    "list_models": {200: ModelsAnswer},
    "compare_models": {200: ComparisonAnswer},
    "cheapest_model": {200: CheapestAnswer},
    "count_tokens": {200: CountAnswer},
}
