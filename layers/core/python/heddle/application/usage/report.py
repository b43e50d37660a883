"""Usage added up: the sums of a tenant's days, grouped by any of what they are kept by."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from heddle.application.ports.usage import UsageRow
from heddle.domain.money import usd
from heddle.records import dataclass

DIMENSIONS = ("tenant", "user", "workflow", "model", "provider", "day", "week", "month")
"""What usage can be grouped by. `user` is whoever a run was for: `user:…` or `key:…`; weeks are those of ISO 8601."""

FILTERS = ("user", "workflow", "model", "provider")
"""What usage can be narrowed down to."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of calls. `cost` is in picodollars, `latency_ms` the time of all calls together."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: int = 0
    latency_ms: float = 0.0
    cached_calls: int = 0
    failed_calls: int = 0

    def plus(self, row: "UsageRow | Totals") -> "Totals":
        """Return the sum of both."""
        return Totals(
            self.calls + row.calls,
            self.input_tokens + row.input_tokens,
            self.output_tokens + row.output_tokens,
            self.cost + row.cost,
            self.latency_ms + row.latency_ms,
            self.cached_calls + row.cached_calls,
            self.failed_calls + row.failed_calls,
        )

    @property
    def tokens(self) -> int:
        """All tokens, read and written."""
        return self.input_tokens + self.output_tokens

    def to_json(self) -> dict[str, Any]:
        """Return the sums as people read them: money as decimal text, latency as the average of a call."""
        return {
            "calls": self.calls,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost_usd": usd(self.cost),
            "average_latency_ms": round(self.latency_ms / self.calls, 1) if self.calls else 0.0,
            "cached_calls": self.cached_calls,
            "failed_calls": self.failed_calls,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """Totals, and the same by group: (values of the dimensions asked for, sums), the dearest first."""

    totals: Totals
    groups: tuple[tuple[dict[str, str], Totals], ...]


def report(
    tenant: str, rows: Iterable[UsageRow], group_by: Sequence[str], only: Mapping[str, str] | None = None
) -> Report:
    """Add rows up by `group_by` (some of DIMENSIONS); `only` keeps the rows that have these values of FILTERS."""
    wanted = dict(only or {})
    totals = Totals()
    groups: dict[tuple[str, ...], Totals] = {}
    for row in rows:
        values = values_of(tenant, row)
        if any(values[name] != value for name, value in wanted.items()):
            continue
        totals = totals.plus(row)
        key = tuple(values[name] for name in group_by)
        groups[key] = groups.get(key, Totals()).plus(row)
    ordered = sorted(groups.items(), key=lambda item: (-item[1].cost, -item[1].calls, item[0]))
    if not group_by:
        return Report(totals, ())
    return Report(totals, tuple((dict(zip(group_by, key, strict=True)), sums) for key, sums in ordered))


@cache
def _week(day: str) -> str:
    year, week, _ = date.fromisoformat(day).isocalendar()
    return f"{year}-W{week:02}"


def values_of(tenant: str, row: UsageRow) -> dict[str, str]:
    """Return the row's value of every dimension."""
    return {
        "tenant": tenant,
        "user": row.principal,
        "workflow": row.workflow_id,
        "model": row.model,
        "provider": row.provider,
        "day": row.day,
        "week": _week(row.day),
        "month": row.day[:7],
    }
