"""How budgets stand at this moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from heddle.application.budgets.windows import piece_of
from heddle.application.ports.budgets import SpendStore
from heddle.domain.budgets.budget import EVERYBODY, Budget
from heddle.domain.budgets.cover import Share, bounds, window_of
from heddle.domain.budgets.health import Status, status
from heddle.errors import InvalidInput


@dataclass(frozen=True)
class ReadBudgets:
    """Reads counters of many budgets together."""

    store: SpendStore
    now: Callable[[], datetime]

    def __call__(
        self, tenant: str, budgets: Sequence[Budget], *, subject: str | None = None, window: str | None = None
    ) -> list[Status | None]:
        """Return how each budget stands, for a subject and window or those that it has by itself.

        None where that is not one thing: a budget of each user without a subject, one of each run without a window.
        """
        now = self.now()
        shares = [_share(budget, now, subject, window) for budget in budgets]
        keys = [key for share in shares if share for key in piece_of(share, 0).window()]
        counters = self.store.look(tenant, keys=keys).counters if keys else {}
        found: list[Status | None] = []
        for share in shares:
            if share is None:
                found.append(None)
                continue
            mine = [counters[key] for key in piece_of(share, 0).window() if key in counters]
            found.append(
                status(
                    share,
                    spent=sum(each.spent for each in mine),
                    reserved=sum(each.reserved for each in mine),
                    extra=sum(each.extra for each in mine),
                    now=now,
                )
            )
        return found


def _share(budget: Budget, now: datetime, subject: str | None, window: str | None) -> Share | None:
    alone = budget.scope == "tenant" or budget.subject != EVERYBODY
    if subject is not None and alone and subject != budget.subject:
        raise _wrong("subject", f"this budget is for {budget.subject} only")
    whom = budget.subject if alone else subject
    when = window or window_of(budget.period, now)
    # A budget of each run is of the run that it is asked for.
    when = when or (whom or "" if budget.scope == "run" else "")
    if not whom or not when:
        return None
    checked_window(budget.period, when)
    return Share(budget, whom, when)


def checked_window(period: str, window: str) -> None:
    """Raise InvalidInput unless this names a window of the period."""
    try:
        span = bounds(period, window)
    except ValueError:
        span = None
        good = False
    else:
        good = span is None or window_of(period, span[0]) == window
    if not good or (period == "total" and window != "total"):
        example = {"hour": "2026-11-20T09", "day": "2026-11-20", "month": "2026-11"}.get(period, "total")
        raise _wrong("window", f"must name one of the period {period}, such as {example}")


def _wrong(field: str, message: str) -> InvalidInput:
    return InvalidInput(f"{field} {message}", code="invalid_parameter", errors=[{"field": field, "message": message}])
