"""What was used and what it cost: reports, exports, statistics, advice, forecasts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from heddle_sdk.models import Answer
from heddle_sdk.pages import pages
from heddle_sdk.transport import Transport

NEXT_CURSOR = "X-Next-Cursor"
Day = str | date | None
"""A day (UTC) as a date or as YYYY-MM-DD; None leaves it to the service."""


@dataclass(frozen=True, kw_only=True)
class UsageReport(Answer):
    """Sums of calls to models, and the same by group, the dearest first. Money is decimal text in dollars."""

    group_by: tuple[str, ...] = ()
    totals: Mapping[str, Any] = field(default_factory=dict)
    groups: tuple[Mapping[str, Any], ...] = ()
    groups_total: int = 0


@dataclass(frozen=True, kw_only=True)
class Forecast(Answer):
    """What a run may cost. `basis` is history or estimate; `history` is None for a workflow that has not run yet."""

    workflow_id: str
    version: int = 0
    mode: str = ""
    reason: str = ""
    basis: str = ""
    likely_usd: str = "0"
    high_usd: str = "0"
    history: Mapping[str, Any] | None = None
    estimate: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Usage:
    """The usage of this tenant."""

    _transport: Transport

    def report(
        self,
        first: Day = None,
        last: Day = None,
        *,
        by: Sequence[str] = (),
        user: str | None = None,
        workflow: str | None = None,
        model: str | None = None,
        provider: str | None = None,
        limit: int = 100,
    ) -> UsageReport:
        """Add usage up, by some of tenant, user, workflow, model, provider, day, week, month.

        Without days it is the last 30.
        """
        params = {
            "from": _day(first),
            "to": _day(last),
            "group_by": ",".join(by) or None,
            "user": user,
            "workflow": workflow,
            "model": model,
            "provider": provider,
            "limit": limit,
        }
        return UsageReport.from_json(self._transport.json("GET", "/usage", params=params))

    def calls(self, first: Day = None, last: Day = None, *, limit: int = 500) -> Iterator[dict[str, Any]]:
        """Return every call of these days, oldest first, `limit` per request."""
        days = {"from": _day(first), "to": _day(last)}
        return pages(self._transport, "/usage/export", dict, limit=limit, **days)

    def of_run(self, run_id: str, *, limit: int = 100) -> Iterator[dict[str, Any]]:
        """Return every call that a run made, oldest first."""
        return pages(self._transport, f"/runs/{run_id}/calls", dict, limit=limit)

    def csv(self, first: Day = None, last: Day = None, *, limit: int = 1000) -> Iterator[str]:
        """Return the same as CSV, page by page; together they are one file with one line of names."""
        cursor: str | None = None
        while True:
            params = {"format": "csv", "from": _day(first), "to": _day(last), "limit": limit, "cursor": cursor}
            answer = self._transport.send("GET", "/usage/export", params=params)
            yield answer.text
            cursor = answer.headers.get(NEXT_CURSOR)
            if not cursor:
                return

    def save_csv(self, path: str | Path, first: Day = None, last: Day = None) -> int:
        """Write the CSV of these days to a file; returns how many calls it holds."""
        lines = 0
        with Path(path).open("w", encoding="utf-8", newline="") as file:
            for page in self.csv(first, last):
                file.write(page)
                lines += page.count("\r\n")
        return max(0, lines - 1)

    def statistics(self, days: int = 30) -> dict[str, Any]:
        """Return statistics of the last days, and what the next 30 may cost."""
        found: dict[str, Any] = self._transport.json("GET", "/usage/statistics", params={"days": days})
        return found

    def recommendations(self, days: int = 30) -> list[dict[str, Any]]:
        """Return advice, what saves most first, each with the figures that it rests on."""
        found = self._transport.json("GET", "/usage/recommendations", params={"days": days})
        return [dict(item) for item in found["items"]]

    def forecast(
        self, workflow_id: str, input: Mapping[str, Any] | None = None, version: int | None = None
    ) -> Forecast:
        """Say what a run may cost, without starting one; with the input it can say more."""
        body: dict[str, Any] = {} if input is None else {"input": dict(input)}
        body |= {} if version is None else {"version": version}
        return Forecast.from_json(self._transport.json("POST", f"/workflows/{workflow_id}/forecast", body=body))


def _day(day: Day) -> str | None:
    return day.isoformat() if isinstance(day, date) else day
