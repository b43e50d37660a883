"""Which budget speaks when several refuse a call, and what it says."""

from collections.abc import Sequence
from typing import Any

from heddle.domain.budgets.budget import ACTIONS
from heddle.domain.budgets.cover import Share
from heddle.domain.money import usd
from heddle.errors import NodeError
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """A budget that has too little left: `left` and `limit` (extras included) are what it has in this window."""

    share: Share
    left: int
    limit: int


def strictest(refusals: Sequence[Refusal], alias: str) -> Refusal:
    """Return the refusal that decides: the strictest action, then the least left, then the first id.

    A budget that would have the call downgraded to what it asks for already is as strict as one that blocks.
    """
    return min(refusals, key=lambda each: (-_strictness(each, alias), each.left, each.share.budget.id))


def _strictness(refusal: Refusal, alias: str) -> int:
    budget = refusal.share.budget
    action = "block" if budget.action == "downgrade" and budget.downgrade_to == alias else budget.action
    return ACTIONS.index(action)


def refused(refusal: Refusal, *, needed: int, call_id: str) -> NodeError:
    """Return the error: `budget_approval_required` where a person may grant more, else `budget_exceeded`."""
    share, budget = refusal.share, refusal.share.budget
    whose = budget.scope if budget.scope == "tenant" else f"{budget.scope} {share.subject}"
    facts: dict[str, Any] = {
        "budget_id": budget.id,
        "scope": budget.scope,
        "subject": share.subject,
        "period": budget.period,
        "window": share.window,
        "limit_usd": usd(refusal.limit),
        "left_usd": usd(refusal.left),
        "needed_usd": usd(needed),
        "call_id": call_id,
    }
    time = {"total": "in total", "run": "for the run"}.get(budget.period, f"for the {budget.period} {share.window}")
    message = (
        f"the budget {budget.id} of the {whose} ({usd(refusal.limit)} USD {time}) has "
        f"{usd(refusal.left)} USD left, and this call may cost {usd(needed)} USD"
    )
    if budget.action == "approve":
        return NodeError(f"{message}: somebody must approve more", code="budget_approval_required", **facts)
    return NodeError(message, code="budget_exceeded", **facts)
