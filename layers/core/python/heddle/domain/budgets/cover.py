"""Which budgets a call spends from, and in which window of time: UTC, by the moment of the reservation."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from heddle.domain.budgets.budget import EVERYBODY, Budget
from heddle.records import dataclass

_WINDOWS = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose money it is. `principal` is `user:<id>`, `key:<id>` or `system`; empty run or workflow: there is none."""

    principal: str
    workflow_id: str = ""
    root_run_id: str = ""

    def subjects(self) -> dict[str, str]:
        """Return scope to subject, for each scope that the payer has."""
        kind, _, ident = self.principal.partition(":")
        found = {
            "tenant": EVERYBODY,
            "user": ident if kind == "user" else "",
            "api_key": ident if kind == "key" else "",
            "workflow": self.workflow_id,
            "run": self.root_run_id,
        }
        return {scope: subject for scope, subject in found.items() if subject}


@dataclass(frozen=True, slots=True)
class Share:
    """A budget as one call meets it: for this subject, in this window."""

    budget: Budget
    subject: str
    window: str


class Shelf:
    """All budgets of a tenant, found by whom they are for."""

    def __init__(self, budgets: Sequence[Budget]) -> None:
        self.by_id: Mapping[str, Budget] = {budget.id: budget for budget in budgets}
        self._by_subject: dict[tuple[str, str], list[Budget]] = {}
        for budget in budgets:
            self._by_subject.setdefault((budget.scope, budget.subject), []).append(budget)

    def covering(self, payer: Payer, at: datetime) -> list[Share]:
        """Return the budgets that a call at this moment spends from."""
        shares = []
        for scope, subject in payer.subjects().items():
            for wanted in {subject, EVERYBODY}:
                for budget in self._by_subject.get((scope, wanted), ()):
                    window = window_of(budget.period, at, payer.root_run_id)
                    if window:
                        shares.append(Share(budget, subject, window))
        return shares


def window_of(period: str, at: datetime, root_run_id: str = "") -> str:
    """Return the name of the window that a moment is in; empty for the period `run` outside of a run."""
    if period == "run":
        return root_run_id
    return at.astimezone(UTC).strftime(_WINDOWS[period]) if period in _WINDOWS else period


def bounds(period: str, window: str) -> tuple[datetime, datetime] | None:
    """Return when a window begins and ends; None for the periods `run` and `total`, which have no end."""
    if period not in _WINDOWS:
        return None
    start = datetime.strptime(window, _WINDOWS[period]).replace(tzinfo=UTC)
    if period == "month":
        return start, (start + timedelta(days=31)).replace(day=1)
    return start, start + timedelta(hours=1 if period == "hour" else 24)
