"""What happens to budgets and kill switches, apart from single calls: those are in the ledger.

Streams of the type `budget`: `{budget}` is what people do to a budget, `{budget}.{generation}.{window}.{subject}` what
happens to it in one window, `ai:switches` is the kill switches. Amounts are decimal text in USD.
"""

from typing import Any

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class BudgetSet:
    """Somebody made or changed a budget; `budget` is all of it, as the API shows it."""

    budget_id: str
    version: int
    budget: dict[str, Any]
    at: str


@dataclass(frozen=True, slots=True)
class BudgetDeleted:
    """Somebody deleted a budget."""

    budget_id: str
    version: int
    at: str


@dataclass(frozen=True, slots=True)
class BudgetThresholdReached:
    """A percentage of a budget is spent in a window. `kind` is warning, critical, exceeded or depleted."""

    budget_id: str
    scope: str
    subject: str
    period: str
    window: str
    percent: int
    kind: str
    spent_usd: str
    limit_usd: str
    at: str


@dataclass(frozen=True, slots=True)
class BudgetApprovalGranted:
    """Somebody granted more for one window than the budget has; `grant_id` keeps it from counting twice."""

    budget_id: str
    subject: str
    window: str
    amount_usd: str
    grant_id: str
    at: str


@dataclass(frozen=True, slots=True)
class AiStopped:
    """Somebody put on the kill switch of the tenant, or of one workflow."""

    workflow_id: str | None
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class AiResumed:
    """Somebody put off a kill switch."""

    workflow_id: str | None
    reason: str
    at: str


BudgetEvent = BudgetSet | BudgetDeleted | BudgetThresholdReached | BudgetApprovalGranted | AiStopped | AiResumed

EVENT_TYPES: dict[str, type[Any]] = {
    "BudgetSet": BudgetSet,
    "BudgetDeleted": BudgetDeleted,
    "BudgetThresholdReached": BudgetThresholdReached,
    "BudgetApprovalGranted": BudgetApprovalGranted,
    "AiStopped": AiStopped,
    "AiResumed": AiResumed,
}
