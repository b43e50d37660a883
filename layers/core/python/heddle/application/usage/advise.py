"""Read what recommendations need, within bounds, and make them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from heddle import records
from heddle.application.execution.plans import Plans
from heddle.application.ports.catalog import CatalogStore
from heddle.application.ports.usage import Ledger, LedgerLine
from heddle.application.usage.estimate import MAX_TOKENS
from heddle.application.usage.export import newest_lines
from heddle.application.usage.observed import Observed, Offer, PriceOf, Recommendation
from heddle.application.usage.recommendations import recommend
from heddle.errors import NotFound

WORKFLOWS = 10
"""How many workflows are looked up for the `max_tokens` of their nodes, those with the most calls first."""

Model = tuple[str, str]
"""(provider, model)."""


class ModelPrices(Protocol):
    """What a tenant's models cost now, and what could be asked instead of them."""

    def now(self, tenant: str, models: Iterable[Model]) -> Mapping[Model, PriceOf]:
        """Return the prices of those that have one."""
        ...

    def instead(self, tenant: str, models: Iterable[Model]) -> Mapping[Model, list[Offer]]:
        """Return what the tenant could ask in place of each, and what that costs."""
        ...


@records.dataclass(frozen=True, slots=True)
class Advice:
    """Recommendations, and how many single calls they were made from."""

    recommendations: tuple[Recommendation, ...]
    lines: int


@dataclass(frozen=True)
class Advise:
    """Recommend what to change, from the last `days` days up to today."""

    ledger: Ledger
    catalog: CatalogStore
    plans: Plans
    prices: ModelPrices
    now: Callable[[], datetime]

    def __call__(self, tenant: str, *, days: int) -> Advice:
        """Return the advice, what saves most first."""
        today = self.now().astimezone(UTC).date()
        first = today - timedelta(days=days - 1)
        rows = self.ledger.sums(tenant, first, today)
        lines = newest_lines(self.ledger, tenant, {row.day for row in rows})
        models = {(row.provider, row.model) for row in rows}
        seen = Observed(
            rows,
            lines,
            days,
            self.prices.instead(tenant, models),
            self.prices.now(tenant, models),
            self._max_tokens(tenant, lines),
        )
        return Advice(tuple(recommend(seen)), len(lines))

    def _max_tokens(self, tenant: str, lines: Iterable[LedgerLine]) -> dict[tuple[str, str], int]:
        """Return what nodes of today's versions allow, by (workflow, node)."""
        calls: dict[str, int] = {}
        for line in lines:
            if line.workflow_id:
                calls[line.workflow_id] = calls.get(line.workflow_id, 0) + 1
        found: dict[tuple[str, str], int] = {}
        for workflow_id in sorted(calls, key=lambda each: -calls[each])[:WORKFLOWS]:
            row = self.catalog.workflow(tenant, workflow_id)
            if row is None or row.deleted:
                continue
            try:
                plan = self.plans.plan(tenant, workflow_id, row.version)
            except NotFound:
                continue
            for node in plan.nodes.values():
                if node.type in MAX_TOKENS and isinstance(allowed := node.config.get("max_tokens"), int):
                    found[workflow_id, node.id] = allowed
        return found
