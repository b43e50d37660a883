"""How a budget stands: what is spent, reserved and left, in percent and by name, and where it is heading."""

from datetime import datetime

from heddle.domain.budgets.cover import Share, bounds
from heddle.records import dataclass

HEALTH = ((100, "depleted"), (95, "exceeded"), (80, "critical"), (50, "warning"), (0, "healthy"))
"""From which percentage on a budget is called what."""


@dataclass(frozen=True, slots=True)
class Status:
    """A budget in one window, amounts in picodollars. `projected` is None where the period has no end."""

    subject: str
    window: str
    limit: int
    extra: int
    spent: int
    reserved: int
    left: int
    percent: int
    health: str
    projected: int | None


def status(share: Share, *, spent: int, reserved: int, extra: int, now: datetime) -> Status:
    """Return how the budget stands; the projection goes on at the pace since the window began."""
    limit = share.budget.limit + extra
    percent = percentage(spent, limit)
    return Status(
        share.subject,
        share.window,
        limit,
        extra,
        spent,
        reserved,
        limit - spent - reserved,
        percent,
        health(percent),
        projected(share, spent, now),
    )


def percentage(spent: int, limit: int) -> int:
    """Return how much of the limit is spent, in whole percent rounded down. Of nothing, nothing is left: 100."""
    return 100 if limit <= 0 else spent * 100 // limit


def health(percent: int) -> str:
    """Return the name of the state that a budget is in at this percentage."""
    return next(name for least, name in HEALTH if percent >= least)


def projected(share: Share, spent: int, now: datetime) -> int | None:
    """Return what will have been spent when the window ends, if it goes on like this."""
    span = bounds(share.budget.period, share.window)
    if span is None:
        return None
    start, end = span
    # In the first minute of a window one call says nothing about the rest.
    elapsed = max(60, int((min(now, end) - start).total_seconds()))
    return spent * int((end - start).total_seconds()) // elapsed
