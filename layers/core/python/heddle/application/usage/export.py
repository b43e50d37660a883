"""Ledger lines to be taken elsewhere: JSON values and CSV, page by page over several days."""

import csv
import io
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.usage import Ledger, LedgerLine
from heddle.domain.money import usd
from heddle.errors import InvalidInput
from heddle.records import dataclass

DAYS_PER_PAGE = 31
"""Days that one page looks through: a long stretch without calls ends a page early, with a cursor to go on."""

NEWEST, PER_PAGE = 3_000, 500
"""How many single calls statistics and advice look at, from the newest day backwards."""

COLUMNS = (
    "at",
    "call_id",
    "principal",
    "workflow_id",
    "run_id",
    "root_run_id",
    "node_id",
    "attempt",
    "item_index",
    "step",
    "provider",
    "model",
    "alias",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cost_usd",
    "latency_ms",
    "cached",
    "outcome",
    "prices",
    "correlation_id",
)
"""What a line has, in the order of the columns."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of lines, oldest first, and where the next one begins."""

    items: tuple[LedgerLine, ...]
    cursor: str | None


def lines_between(ledger: Ledger, tenant: str, first: date, last: date, *, limit: int, cursor: str | None) -> Lines:
    """Return up to `limit` lines of the days from `first` to `last`; fewer do not mean the end, no cursor does.

    Raises InvalidInput `invalid_cursor` for a cursor of other days or of another tenant.
    """
    scope = f"{tenant}#usage-export#{first}#{last}"
    day, inner = first, None
    if cursor is not None:
        began, rest = decode_cursor(cursor, scope, parts=2)
        day, inner = _day_within(began, first, last), rest or None
    found: list[LedgerLine] = []
    for _ in range(DAYS_PER_PAGE):
        page = ledger.of_day(tenant, day, limit=limit - len(found), cursor=inner)
        found += page.items
        inner = page.cursor
        if inner is None:
            if day >= last:
                return Lines(tuple(found), None)
            day += timedelta(days=1)
        if len(found) >= limit:
            break
    return Lines(tuple(found), encode_cursor(scope, day.isoformat(), inner or ""))


def newest_lines(ledger: Ledger, tenant: str, days: Iterable[str]) -> list[LedgerLine]:
    """Return lines of these days, of the newest first, until there are about NEWEST."""
    found: list[LedgerLine] = []
    for day in sorted(days, reverse=True):
        cursor = None
        while len(found) < NEWEST:
            page = ledger.of_day(tenant, date.fromisoformat(day), limit=PER_PAGE, cursor=cursor)
            found += page.items
            cursor = page.cursor
            if cursor is None:
                break
    return found


def _day_within(text: str, first: date, last: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("the cursor does not belong to this list", code="invalid_cursor") from None
    if not first <= day <= last:
        raise InvalidInput("the cursor does not belong to this list", code="invalid_cursor")
    return day


def line_json(line: LedgerLine) -> dict[str, Any]:
    """Return a line as the API shows it: `COLUMNS`, the cost as decimal text."""
    return {name: usd(line.cost) if name == "cost_usd" else getattr(line, name) for name in COLUMNS}


def as_csv(lines: Iterable[LedgerLine], *, header: bool) -> str:
    """Return lines as CSV (RFC 4180); a text that a spreadsheet would take for a formula gets a `'` before it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if header:
        writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow([_cell(value) for value in line_json(line).values()])
    return text.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
