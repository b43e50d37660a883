"""Statistics of usage: per provider, model and user, the course over the days, and what the next 30 days may cost."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from heddle.application.ports.usage import LedgerLine, UsageRow
from heddle.application.usage.report import Totals, values_of
from heddle.domain.money import usd
from heddle.records import dataclass

FORECAST_DAYS = 30
LEAST_DAYS = 7
"""A forecast needs use on so many of the last 30 days."""

STEADY_PERCENT = 10
"""A change of less than this either way counts as none."""

TOP, USERS = 10, 50


@dataclass(frozen=True, slots=True)
class Spend:
    """What 30 days may cost, in picodollars: if they are like the average, and if the trend of the days goes on.

    `days` are the days with use that it rests on; below `LEAST_DAYS` there is no forecast, and both are None.
    """

    days: int
    per_day: int | None = None
    flat: int | None = None
    with_trend: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the forecast with money as decimal text, and the reason if there is none."""
        reason = None
        if self.per_day is None:
            reason = f"needs use on {LEAST_DAYS} of the last {FORECAST_DAYS} days, there is on {self.days}"
        return {
            "days_with_use": self.days,
            "per_day_usd": _usd(self.per_day),
            "next_30_days_usd": _usd(self.flat),
            "next_30_days_with_trend_usd": _usd(self.with_trend),
            "reason": reason,
        }


def statistics(
    tenant: str, rows: Sequence[UsageRow], before: Sequence[UsageRow], lines: Sequence[LedgerLine], today: date
) -> dict[str, Any]:
    """Return everything that is told of `rows`, as JSON.

    `before` are the rows of as many days before them, `lines` the newest calls, which alone tell the hour.
    """
    totals, earlier = _sum(rows), _sum(before)
    return {
        "totals": totals.to_json(),
        "change_percent": change(earlier.cost, totals.cost),
        "cost_per_call_usd": usd(totals.cost // totals.calls) if totals.calls else None,
        "cost_per_million_tokens_usd": usd(totals.cost * 1_000_000 // totals.tokens) if totals.tokens else None,
        "providers": [_provider(name, sums) for name, sums in by(rows, lambda row: row.provider)],
        "models": [_model(name, sums) for name, sums in by(rows, lambda row: f"{row.provider}/{row.model}")],
        "users": _users(rows),
        "days": [
            {"day": day, **sums.to_json()} for day, sums in sorted(by(rows, lambda row: row.day), key=lambda x: x[0])
        ],
        "cost_drivers": {
            name: _drivers(tenant, rows, name, totals.cost) for name in ("model", "provider", "user", "workflow", "day")
        },
        "hours": _hours(lines),
        "hours_of_calls": len(lines),
        "forecast": forecast_spend(rows, today).to_json(),
    }


def by(rows: Sequence[UsageRow], key: Callable[[UsageRow], str]) -> list[tuple[str, Totals]]:
    """Return the sums of rows with the same key, the dearest first."""
    found: dict[str, Totals] = {}
    for row in rows:
        name = key(row)
        found[name] = found.get(name, Totals()).plus(row)
    return sorted(found.items(), key=lambda item: (-item[1].cost, -item[1].calls, item[0]))


def change(before: int | float, after: int | float) -> float | None:
    """Return by how many percent something grew (negative: shrank), None from nothing."""
    return round(float((after - before) * 100 / before), 1) if before else None


def trend(days: Mapping[str, int]) -> str:
    """Return rising, falling or steady, from what each day had: the later half of the days against the earlier."""
    values = [days[day] for day in sorted(days)]
    middle = len(values) // 2
    if not middle:
        return "steady"
    early, late = Fraction(sum(values[:middle]), middle), Fraction(sum(values[-middle:]), middle)
    if early == late or abs(late - early) * 100 < STEADY_PERCENT * max(early, late):
        return "steady"
    return "rising" if late > early else "falling"


def forecast_spend(rows: Sequence[UsageRow], today: date) -> Spend:
    """Return what the next 30 days may cost, from the last 30 before `today`, which is not over and left out.

    Days without use count as nothing, from the first day with use on. The trend is a line of least squares.
    """
    first = today - timedelta(days=FORECAST_DAYS)
    spent: dict[str, int] = {}
    for row in rows:
        if first.isoformat() <= row.day < today.isoformat():
            spent[row.day] = spent.get(row.day, 0) + row.cost
    if len(spent) < LEAST_DAYS:
        return Spend(len(spent))
    begun = date.fromisoformat(min(spent))
    values = [spent.get((begun + timedelta(days=number)).isoformat(), 0) for number in range((today - begun).days)]
    count = len(values)
    mean = Fraction(sum(values), count)
    middle = Fraction(count - 1, 2)
    slope = sum(((number - middle) * value for number, value in enumerate(values)), Fraction(0))
    slope /= sum(((number - middle) ** 2 for number in range(count)), Fraction(0))
    ahead = (max(Fraction(0), mean + slope * (count + number - middle)) for number in range(FORECAST_DAYS))
    return Spend(len(spent), round(mean), round(mean * FORECAST_DAYS), round(sum(ahead, Fraction(0))))


def _sum(rows: Sequence[UsageRow]) -> Totals:
    totals = Totals()
    for row in rows:
        totals = totals.plus(row)
    return totals


def _provider(name: str, sums: Totals) -> dict[str, Any]:
    return {
        "provider": name,
        **sums.to_json(),
        "average_tokens": _ratio(sums.tokens, sums.calls, 1),
        "error_rate": _ratio(sums.failed_calls, sums.calls, 4),
    }


def _model(name: str, sums: Totals) -> dict[str, Any]:
    seconds = sums.latency_ms / 1000
    return {
        "model": name,
        **sums.to_json(),
        "error_rate": _ratio(sums.failed_calls, sums.calls, 4),
        "tokens_per_second": round(sums.output_tokens / seconds, 1) if seconds else None,
    }


def _users(rows: Sequence[UsageRow]) -> list[dict[str, Any]]:
    own: dict[str, list[UsageRow]] = {}
    for row in rows:
        own.setdefault(row.principal, []).append(row)
    return [_user(name, sums, own[name]) for name, sums in by(rows, lambda row: row.principal)[:USERS]]


def _user(name: str, sums: Totals, rows: Sequence[UsageRow]) -> dict[str, Any]:
    favourite = max(by(rows, lambda row: f"{row.provider}/{row.model}"), key=lambda item: item[1].calls)[0]
    spent: dict[str, int] = {}
    for row in rows:
        spent[row.day] = spent.get(row.day, 0) + row.cost
    return {"user": name, **sums.to_json(), "favourite_model": favourite, "trend": trend(spent)}


def _hours(lines: Sequence[LedgerLine]) -> list[dict[str, Any]]:
    """Return calls and cost by the hour of the day (UTC), for the hours that have any."""
    found: dict[int, tuple[int, int]] = {}
    for line in lines:
        hour = int(line.at[11:13])
        calls, cost = found.get(hour, (0, 0))
        found[hour] = (calls + 1, cost + line.cost)
    return [{"hour": hour, "calls": calls, "cost_usd": usd(cost)} for hour, (calls, cost) in sorted(found.items())]


def _drivers(tenant: str, rows: Sequence[UsageRow], dimension: str, total: int) -> list[dict[str, Any]]:
    found = by(rows, lambda row: values_of(tenant, row)[dimension])[:TOP]
    return [
        {
            "name": name,
            "cost_usd": usd(sums.cost),
            "share_percent": round(sums.cost * 100 / total, 1) if total else 0.0,
        }
        for name, sums in found
    ]


def _ratio(part: int, whole: int, digits: int) -> float:
    return round(part / whole, digits) if whole else 0.0


def _usd(amount: int | None) -> str | None:
    return None if amount is None else usd(amount)
