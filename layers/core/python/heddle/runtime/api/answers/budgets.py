"""The answers about budgets and kill switches."""

from typing import Literal

from pydantic import Field

from heddle.runtime.api.answers.answer import Answer, Answers


class BudgetStatusAnswer(Answer):
    """How a budget stands in one window. Amounts are decimal text in USD; `limit_usd` includes `extra_usd`."""

    subject: str
    window: str
    limit_usd: str
    extra_usd: str = Field(description="What was granted on top, in this window.")
    spent_usd: str
    reserved_usd: str = Field(description="For calls under way, at their worst case.")
    left_usd: str
    percentage_used: int
    health: Literal["healthy", "warning", "critical", "exceeded", "depleted"]
    projected_usd: str | None = Field(description="What will be spent when the window ends, at this pace.")


class BudgetAnswer(Answer):
    """A budget, and how it stands now; `status` is null where that is not one thing: see `subject` and `window`."""

    id: str
    name: str
    scope: str
    subject: str
    period: str
    limit_usd: str
    action: str
    downgrade_to: str | None
    warn_at: list[int]
    shards: int
    version: int
    created_at: str
    created_by: str
    updated_at: str
    updated_by: str
    status: BudgetStatusAnswer | None


class BudgetPage(Answer):
    """Budgets, by id."""

    items: list[BudgetAnswer]
    cursor: str | None


class BudgetAlertAnswer(Answer):
    """A percentage that was passed, once in its window."""

    budget_id: str
    subject: str
    window: str
    percent: int
    kind: str
    at: str
    spent_usd: str
    limit_usd: str


class BudgetAlertPage(Answer):
    """Alerts, newest first."""

    items: list[BudgetAlertAnswer]
    cursor: str | None


class StopAnswer(Answer):
    """A kill switch that is on."""

    by: str
    at: str
    reason: str


class WorkflowStopAnswer(StopAnswer):
    """One of a workflow."""

    workflow_id: str


class AiStatusAnswer(Answer):
    """What is stopped."""

    stopped: bool = Field(description="Whether the whole tenant is.")
    stop: StopAnswer | None
    workflows: list[WorkflowStopAnswer]


ANSWERS: Answers = {
    "list_budgets": {200: BudgetPage},
    "create_budget": {201: BudgetAnswer},
    "get_budget": {200: BudgetAnswer},
    "change_budget": {200: BudgetAnswer},
    "delete_budget": {204: None},
    "list_budget_alerts": {200: BudgetAlertPage},
    "stop_ai": {200: AiStatusAnswer},
    "resume_ai": {200: AiStatusAnswer},
    "ai_status": {200: AiStatusAnswer},
}
