"""Say what a run may cost before it starts: from the workflow's own history, or from its plan while there is little."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from heddle import records
from heddle.application.execution.plans import Plans
from heddle.application.ports.runs import RunStore
from heddle.application.usage.estimate import Estimate, PriceModel, estimate
from heddle.application.usage.history import ENOUGH, PastRuns, ended_runs, past_runs
from heddle.application.workflows.find_workflow import FindWorkflow
from heddle.domain.money import usd


@records.dataclass(frozen=True, slots=True)
class Forecast:
    """What a run may cost: `basis` is history (at least five ended runs) or estimate (the plan alone)."""

    workflow_id: str
    version: int
    mode: str
    reason: str
    history: PastRuns | None
    estimate: Estimate

    @property
    def basis(self) -> str:
        """Which of both to go by."""
        return "history" if self.history is not None and self.history.runs >= ENOUGH else "estimate"

    @property
    def amounts(self) -> tuple[int, int]:
        """What is likely, and what it hardly exceeds, in picodollars: models and infrastructure together."""
        if self.history is not None and self.basis == "history":
            return self.history.total.p50, self.history.total.p95
        rest = self.estimate.infrastructure.get(self.mode, 0)
        low, high = (sum(getattr(node, end) for node in self.estimate.nodes) for end in ("low", "high"))
        return low + rest, high + rest

    def to_json(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        likely, high = self.amounts
        return {
            "workflow_id": self.workflow_id,
            "version": self.version,
            "mode": self.mode,
            "reason": self.reason,
            "basis": self.basis,
            "likely_usd": usd(likely),
            "high_usd": usd(high),
            "history": None if self.history is None else self.history.to_json(),
            "estimate": self.estimate.to_json(),
        }


@dataclass(frozen=True)
class ForecastRun:
    """Forecast a run of a saved workflow; nothing is started and nothing is written.

    `price_model` gives a tenant's prices; `check_input(schema, input)` completes the input or raises InvalidInput.
    """

    find: FindWorkflow
    plans: Plans
    runs: RunStore
    price_model: Callable[[str], PriceModel]
    check_input: Callable[[Mapping[str, Any], Any], Any]
    now: Callable[[], datetime]

    def __call__(
        self, tenant: str, workflow_id: str, input: Mapping[str, Any] | None, version: int | None = None
    ) -> Forecast:
        """Return the forecast for the newest version or the one asked for, whose runs alone then count.

        Raises NotFound `workflow_not_found`, `version_not_found`; InvalidInput.
        """
        row = self.find.row(tenant, workflow_id)
        number = row.version if version is None else self.find.version(tenant, workflow_id, version).version
        plan = self.plans.plan(tenant, workflow_id, number)
        given = None if input is None else self.check_input(plan.input_schema, input)
        past = past_runs(ended_runs(self.runs, tenant, workflow_id, version))
        worked_out = estimate(plan, given, self.price_model(tenant), self.now().date().isoformat())
        return Forecast(workflow_id, number, plan.mode, plan.reason, past, worked_out)
