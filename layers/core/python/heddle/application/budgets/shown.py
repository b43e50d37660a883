"""Budgets and how they stand as JSON: what the API answers, and what events keep."""

from typing import Any

from heddle.domain.budgets.budget import Budget
from heddle.domain.budgets.health import Status
from heddle.domain.money import usd


def shown(budget: Budget) -> dict[str, Any]:
    """Return a budget; amounts are decimal text in USD."""
    data = budget.to_json()
    del data["generation"]
    data["limit_usd"] = usd(data.pop("limit"))
    return data


def shown_status(status: Status) -> dict[str, Any]:
    """Return how a budget stands in one window."""
    return {
        "subject": status.subject,
        "window": status.window,
        "limit_usd": usd(status.limit),
        "extra_usd": usd(status.extra),
        "spent_usd": usd(status.spent),
        "reserved_usd": usd(status.reserved),
        "left_usd": usd(status.left),
        "percentage_used": status.percent,
        "health": status.health,
        "projected_usd": None if status.projected is None else usd(status.projected),
    }
