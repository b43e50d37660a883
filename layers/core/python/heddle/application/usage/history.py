"""What a workflow's runs cost so far: the middle, the high end and the mean, of the latest that have ended."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from heddle.application.ports.runs import RunStore, RunSummary
from heddle.domain.money import picos, usd
from heddle.records import dataclass

LATEST, ENOUGH = 100, 5
"""How many ended runs are looked at, and how few are too few to say anything."""

_PAGES, _PAGE = 3, 100
_ENDED = frozenset({"succeeded", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Spread:
    """Half of all runs took at most `p50`, 19 of 20 at most `p95` (nearest rank); picodollars or milliseconds."""

    p50: int
    p95: int
    mean: int

    def to_usd(self) -> dict[str, str]:
        """Return amounts as decimal text."""
        return {"p50": usd(self.p50), "p95": usd(self.p95), "mean": usd(self.mean)}


@dataclass(frozen=True, slots=True)
class PastRuns:
    """Ended runs of a workflow: which versions and outcomes, and how their costs and times spread."""

    runs: int
    versions: dict[str, int]
    outcomes: dict[str, int]
    models: Spread
    infrastructure: Spread
    total: Spread
    duration_ms: Spread

    def to_json(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        took = self.duration_ms
        return {
            "runs": self.runs,
            "versions": self.versions,
            "outcomes": self.outcomes,
            "models_usd": self.models.to_usd(),
            "infrastructure_usd": self.infrastructure.to_usd(),
            "total_usd": self.total.to_usd(),
            "duration_ms": {"p50": took.p50, "p95": took.p95, "mean": took.mean},
        }


def spread(values: Sequence[int]) -> Spread:
    """Return the spread of at least one value."""
    ordered, count = sorted(values), len(values)
    return Spread(ordered[-(-count // 2) - 1], ordered[-(-count * 95 // 100) - 1], -(-sum(ordered) // count))


def past_runs(runs: Sequence[RunSummary]) -> PastRuns | None:
    """Return what ended runs tell, None if there are none."""
    if not runs:
        return None
    models = [picos(run.cost_usd) for run in runs]
    infrastructure = [picos(run.infrastructure_usd) for run in runs]
    return PastRuns(
        len(runs),
        dict(Counter(str(run.workflow_version) for run in runs)),
        dict(Counter(run.status for run in runs)),
        spread(models),
        spread(infrastructure),
        spread([sum(both) for both in zip(models, infrastructure, strict=True)]),
        spread([round(run.duration_ms or 0) for run in runs]),
    )


def ended_runs(store: RunStore, tenant: str, workflow_id: str, version: int | None = None) -> list[RunSummary]:
    """Return the latest ended runs of a workflow, at most LATEST, newest first; with `version` only those of it."""
    found: list[RunSummary] = []
    cursor = None
    for _ in range(_PAGES):
        page = store.runs(tenant, limit=_PAGE, cursor=cursor, workflow_id=workflow_id)
        found += [run for run in page.items if run.status in _ENDED and version in (None, run.workflow_version)]
        cursor = page.cursor
        if cursor is None or len(found) >= LATEST:
            break
    return found[:LATEST]
