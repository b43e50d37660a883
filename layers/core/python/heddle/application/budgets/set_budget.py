"""Making, changing and deleting budgets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from heddle.application.budgets.record import Record
from heddle.application.budgets.shown import shown
from heddle.application.budgets.windows import Windows, piece_of
from heddle.application.ports.budgets import BudgetStore, Control, Overtaken, SpendStore
from heddle.application.ports.events import EventStore
from heddle.domain.budgets.budget import EVERYBODY, Budget
from heddle.domain.budgets.cover import Share, window_of
from heddle.domain.events.budget_events import BudgetDeleted, BudgetSet
from heddle.domain.events.envelope import Metadata, StreamId
from heddle.errors import Conflict, InvalidInput, NotFound, UpstreamUnavailable, VersionConflict

MAX_BUDGETS = 500
MAX_ALIKE = 6
"""Budgets with the same scope and subject: a call is covered by at most ten times as many, in one transaction."""

FIXED = ("scope", "subject", "period", "shards")
ATTEMPTS = 5


@dataclass(frozen=True)
class SetBudget:
    """Keeps budgets; each change is an event, and holds from the next reservation on."""

    store: SpendStore
    budgets: BudgetStore
    events: EventStore
    now: Callable[[], datetime]

    def create(self, tenant: str, budget: Budget, *, by: str, correlation_id: str) -> Budget:
        """Save a new budget; it counts from now on. Raises Conflict `budget_exists` or `too_many_budgets`."""
        for attempt in range(1, ATTEMPTS + 1):
            control = self.budgets.control(tenant)
            _check_room(self.budgets.budgets(tenant), budget)
            at = self.now().isoformat()
            made = replace(
                budget,
                version=1,
                generation=control.version + 1,
                created_at=at,
                created_by=by,
                updated_at=at,
                updated_by=by,
            )
            if self._saved(tenant, made, control, last=attempt == ATTEMPTS):
                break
        self._record(tenant, made, by, correlation_id)
        return made

    def change(
        self, tenant: str, budget: Budget, *, by: str, correlation_id: str, expected_version: int | None = None
    ) -> Budget:
        """Save another limit, action, warnings or name; what has begun goes on with it.

        Raises NotFound, InvalidInput for what cannot change, VersionConflict if `expected_version` is not the stored.
        """
        for attempt in range(1, ATTEMPTS + 1):
            control = self.budgets.control(tenant)
            stored = self.find(tenant, budget.id)
            if expected_version not in (None, stored.version):
                raise VersionConflict(f"the budget {budget.id} is at version {stored.version}", version=stored.version)
            _check_fixed(stored, budget)
            made = replace(
                budget,
                version=stored.version + 1,
                generation=stored.generation,
                created_at=stored.created_at,
                created_by=stored.created_by,
                updated_at=self.now().isoformat(),
                updated_by=by,
            )
            if self._saved(tenant, made, control, last=attempt == ATTEMPTS):
                break
        self._follow(tenant, made)
        self._record(tenant, made, by, correlation_id)
        return made

    def delete(self, tenant: str, budget_id: str, *, by: str, correlation_id: str) -> None:
        """Delete a budget; calls under way end in it. Raises NotFound."""
        for attempt in range(1, ATTEMPTS + 1):
            control = self.budgets.control(tenant)
            stored = self.find(tenant, budget_id)
            try:
                self.budgets.delete(tenant, stored, control)
                break
            except VersionConflict:
                if attempt == ATTEMPTS:
                    raise
        record = Record(self.events, self.now)
        event = BudgetDeleted(budget_id, stored.version, self.now().isoformat())
        record(StreamId(tenant, "budget", budget_id), event, Metadata(correlation_id, None, by))

    def find(self, tenant: str, budget_id: str) -> Budget:
        """Return a budget; raises NotFound."""
        stored = self.budgets.budget(tenant, budget_id)
        if stored is None:
            raise NotFound(f"there is no budget {budget_id!r}", code="budget_not_found")
        return stored

    def _saved(self, tenant: str, budget: Budget, control: Control, *, last: bool) -> bool:
        try:
            self.budgets.put(tenant, budget, control)
        except VersionConflict:
            if last:
                raise
            return False
        return True

    def _follow(self, tenant: str, budget: Budget) -> None:
        """Bring the present window in line at once, where it is known which one that is.

        Every reservation sees to that as well: without this, one that has looked already and not written yet could
        still go by the budget as it was.
        """
        window = window_of(budget.period, self.now())
        if (budget.subject == EVERYBODY and budget.scope != "tenant") or not window:
            return
        share = Share(budget, budget.subject, window)
        for _ in range(ATTEMPTS):
            try:
                Windows(self.store).follow(tenant, share, piece_of(share, 0))
                return
            except Overtaken:
                continue  # it has not begun, or others write to it
            except UpstreamUnavailable:
                return

    def _record(self, tenant: str, budget: Budget, by: str, correlation_id: str) -> None:
        event = BudgetSet(budget.id, budget.version, shown(budget), budget.updated_at)
        record = Record(self.events, self.now)
        record(StreamId(tenant, "budget", budget.id), event, Metadata(correlation_id, None, by))


def _check_room(budgets: Sequence[Budget], budget: Budget) -> None:
    if any(each.id == budget.id for each in budgets):
        raise Conflict(f"there is a budget {budget.id!r} already", code="budget_exists")
    alike = sum((each.scope, each.subject) == (budget.scope, budget.subject) for each in budgets)
    if len(budgets) >= MAX_BUDGETS or alike >= MAX_ALIKE:
        raise Conflict(
            f"a tenant has at most {MAX_BUDGETS} budgets, and at most {MAX_ALIKE} for the same scope and subject",
            code="too_many_budgets",
        )


def _check_fixed(stored: Budget, budget: Budget) -> None:
    changed = [name for name in FIXED if getattr(stored, name) != getattr(budget, name)]
    if changed:
        message = "cannot be changed; delete the budget and make another"
        raise InvalidInput(
            f"{', '.join(changed)} {message}",
            code="invalid_budget",
            errors=[{"field": name, "message": f"{message} (it is {getattr(stored, name)})"} for name in changed],
        )
