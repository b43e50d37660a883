"""A ledger over lines made by hand, and lines to fill it with."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.paging import Page
from heddle.application.ports.usage import LedgerLine, UsageRow


def line(at: str = "2026-01-31T09:00:00+00:00", **values: Any) -> LedgerLine:
    """Return a line of a call that cost 1000 picodollars."""
    base = LedgerLine(
        tenant="acme",
        call_id=f"call-{at}",
        at=at,
        principal="user:ada",
        provider="openai",
        model="gpt-5-mini",
        input_tokens=100,
        output_tokens=20,
        cost=1000,
        latency_ms=500.0,
        workflow_id="w",
        run_id="r",
        node_id="n",
    )
    return replace(base, **values)


def row(day: str = "2026-01-31", calls: int = 1, **values: Any) -> UsageRow:
    """Return the sum of `calls` such calls."""
    base = UsageRow(day, "user:ada", "w", "openai", "gpt-5-mini", calls, 100 * calls, 20 * calls, 1000 * calls, 500.0)
    return replace(base, **values)


class ListedLedger:
    """A Ledger over a list of lines."""

    def __init__(self, lines: Iterable[LedgerLine] = ()) -> None:
        self.lines = sorted(lines, key=lambda each: (each.at, each.call_id))

    def line(self, tenant: str, call_id: str) -> LedgerLine | None:
        return next((each for each in self._of(tenant) if each.call_id == call_id), None)

    def of_run(self, tenant: str, run_id: str, *, limit: int, cursor: str | None = None) -> Page[LedgerLine]:
        found = [each for each in self._of(tenant) if each.run_id == run_id]
        return self._page(f"{tenant}#run#{run_id}", found, limit, cursor)

    def of_day(self, tenant: str, day: date, *, limit: int, cursor: str | None = None) -> Page[LedgerLine]:
        found = [each for each in self._of(tenant) if each.at.startswith(day.isoformat())]
        return self._page(f"{tenant}#day#{day}", found, limit, cursor)

    def sums(self, tenant: str, first: date, last: date) -> Sequence[UsageRow]:
        sums: dict[tuple[str, ...], UsageRow] = {}
        for each in self._of(tenant):
            day = each.at[:10]
            if not first.isoformat() <= day <= last.isoformat():
                continue
            key = (day, each.principal, each.workflow_id, each.provider, each.model)
            before = sums.get(key) or UsageRow(*key, 0, 0, 0, 0, 0.0)
            sums[key] = replace(
                before,
                calls=before.calls + 1,
                input_tokens=before.input_tokens + each.input_tokens,
                output_tokens=before.output_tokens + each.output_tokens,
                cost=before.cost + each.cost,
                latency_ms=before.latency_ms + each.latency_ms,
                cached_calls=before.cached_calls + each.cached,
                failed_calls=before.failed_calls + (each.outcome != "ok"),
            )
        return list(sums.values())

    def _of(self, tenant: str) -> list[LedgerLine]:
        return [each for each in self.lines if each.tenant == tenant]

    def _page(self, scope: str, rows: list[LedgerLine], limit: int, cursor: str | None) -> Page[LedgerLine]:
        start = int(decode_cursor(cursor, scope)[0]) if cursor is not None else 0
        following = encode_cursor(scope, str(start + limit)) if start + limit < len(rows) else None
        return Page(tuple(rows[start : start + limit]), following)
