"""The answers about usage and cost."""

from typing import Any, Literal

from pydantic import Field

from heddle.runtime.api.answers.answer import Answer, Answers


class UsageTotals(Answer):
    """Sums of calls to models; `cost_usd` is exact decimal text."""

    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: str
    average_latency_ms: float | int
    cached_calls: int
    failed_calls: int


class UsageGroup(UsageTotals):
    """The sums of one group; `group` has a value for each name of `group_by`."""

    group: dict[str, str]


class UsageAnswer(Answer):
    """What was used on these days (UTC, both included): all of it, and by group, the dearest first."""

    from_: str = Field(alias="from")
    to: str
    time_zone: Literal["UTC"]
    group_by: list[str]
    totals: UsageTotals
    groups: list[UsageGroup]
    groups_total: int = Field(description="How many groups there are; `limit` says how many are listed.")


class CallAnswer(Answer):
    """One call to a model, as the ledger has it."""

    at: str
    call_id: str
    principal: str
    workflow_id: str
    run_id: str
    root_run_id: str
    node_id: str
    attempt: int
    item_index: int | None
    step: int
    provider: str
    model: str
    alias: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: str
    latency_ms: float | int
    cached: bool
    outcome: str
    prices: str
    correlation_id: str


class CallPage(Answer):
    """Calls, oldest first."""

    items: list[CallAnswer]
    cursor: str | None


class ProviderUsage(UsageTotals):
    """A provider."""

    provider: str
    average_tokens: float | int
    error_rate: float | int


class ModelUsage(UsageTotals):
    """A model, as `provider/model`."""

    model: str
    error_rate: float | int
    tokens_per_second: float | int | None


class UserUsage(UsageTotals):
    """A principal, the model that it called most, and how its spending goes."""

    user: str
    favourite_model: str
    trend: Literal["rising", "falling", "steady"]


class DayUsage(UsageTotals):
    """A day (UTC)."""

    day: str


class CostDriver(Answer):
    """A part of the cost."""

    name: str
    cost_usd: str
    share_percent: float | int


class HourUsage(Answer):
    """An hour of the day (UTC)."""

    hour: int
    calls: int
    cost_usd: str


class SpendForecast(Answer):
    """What the next 30 days may cost, if they are like the last 30, and if the trend goes on; null with a reason."""

    days_with_use: int
    per_day_usd: str | None
    next_30_days_usd: str | None
    next_30_days_with_trend_usd: str | None
    reason: str | None


class StatisticsAnswer(Answer):
    """Statistics of the days asked for; `change_percent` compares their cost with that of as many days before."""

    from_: str = Field(alias="from")
    to: str
    time_zone: Literal["UTC"]
    totals: UsageTotals
    change_percent: float | int | None
    cost_per_call_usd: str | None
    cost_per_million_tokens_usd: str | None
    providers: list[ProviderUsage]
    models: list[ModelUsage]
    users: list[UserUsage]
    days: list[DayUsage]
    cost_drivers: dict[str, list[CostDriver]]
    hours: list[HourUsage]
    hours_of_calls: int = Field(description="How many calls, the newest, the hours are of.")
    forecast: SpendForecast


class RecommendationAnswer(Answer):
    """A piece of advice, and the figures that it rests on."""

    kind: Literal["ModelSubstitution", "RequestBatching", "ParameterOptimization", "UsagePattern", "ProviderSwitching"]
    about: str
    advice: str
    monthly_saving_usd: str
    confidence: Literal["low", "medium", "high"]
    effort: Literal["low", "medium", "high"]
    risk: Literal["low", "medium", "high"]
    figures: dict[str, Any]


class RecommendationsAnswer(Answer):
    """Advice, what saves most first; `lines` is how many single calls were looked at."""

    days: int
    lines: int
    items: list[RecommendationAnswer]
    cursor: None


class Amounts(Answer):
    """Half of all runs took at most `p50`, 19 of 20 at most `p95`."""

    p50: str
    p95: str
    mean: str


class Milliseconds(Answer):
    """The same of times."""

    p50: int
    p95: int
    mean: int


class PastRunsAnswer(Answer):
    """The latest ended runs of a workflow."""

    runs: int
    versions: dict[str, int]
    outcomes: dict[str, int]
    models_usd: Amounts
    infrastructure_usd: Amounts
    total_usd: Amounts
    duration_ms: Milliseconds


class NodeEstimateAnswer(Answer):
    """A node that asks a model; with `items` null the amounts are for one item."""

    node_id: str
    model: str
    low_usd: str
    high_usd: str
    items: int | None
    calls: int


class EstimateAnswer(Answer):
    """A range worked out from the plan, with all that was assumed."""

    low_usd: str
    high_usd: str
    nodes: list[NodeEstimateAnswer]
    infrastructure_usd: dict[str, str]
    assumptions: list[str]


class ForecastAnswer(Answer):
    """What a run may cost. `basis` says which part to go by: history needs five ended runs."""

    workflow_id: str
    version: int
    mode: str
    reason: str
    basis: Literal["history", "estimate"]
    likely_usd: str
    high_usd: str
    history: PastRunsAnswer | None
    estimate: EstimateAnswer


ANSWERS: Answers = {
    "get_usage": {200: UsageAnswer},
    "export_usage": {200: CallPage},
    "usage_statistics": {200: StatisticsAnswer},
    "usage_recommendations": {200: RecommendationsAnswer},
    "list_run_calls": {200: CallPage},
    "forecast_workflow": {200: ForecastAnswer},
}
