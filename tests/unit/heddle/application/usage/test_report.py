"""Usage added up and exported."""

import csv
import io
import itertools
import random
from datetime import date, timedelta

import pytest

from heddle.application.ports.usage import LedgerLine
from heddle.application.usage.export import COLUMNS, as_csv, line_json, lines_between, newest_lines
from heddle.application.usage.report import DIMENSIONS, report
from heddle.domain.money import picos
from heddle.errors import InvalidInput
from tests.support.ledger import ListedLedger, line, row

DAY = date(2026, 1, 31)


def test_rows_are_added_up_by_any_dimensions_the_dearest_first() -> None:
    rows = [row(calls=1), row(calls=5, model="gpt-5"), row("2026-01-30", calls=2, model="gpt-5", failed_calls=1)]

    found = report("acme", rows, ("model", "tenant"))

    assert [key for key, _ in found.groups] == [
        {"model": "gpt-5", "tenant": "acme"},
        {"model": "gpt-5-mini", "tenant": "acme"},
    ]
    assert [sums.calls for _, sums in found.groups] == [7, 1]
    assert found.totals.calls == 8
    assert found.groups[0][1].to_json() == {
        "calls": 7,
        "input_tokens": 700,
        "output_tokens": 140,
        "cost_usd": "0.000000007",
        "average_latency_ms": round(1000 / 7, 1),
        "cached_calls": 0,
        "failed_calls": 1,
    }


def test_without_groups_there_are_totals_only() -> None:
    assert report("acme", [row()], ()).groups == ()
    assert report("acme", [], ("day",)).totals.to_json()["cost_usd"] == "0"


def test_rows_can_be_narrowed_down() -> None:
    rows = [row(calls=1), row(calls=5, provider="anthropic", model="gpt-5-mini", principal="key:k")]

    assert report("acme", rows, (), {"provider": "anthropic", "user": "key:k"}).totals.calls == 5
    assert report("acme", rows, (), {"provider": "anthropic", "user": "user:ada"}).totals.calls == 0


@pytest.mark.parametrize("group_by", list(itertools.combinations(DIMENSIONS, 2)))
def test_groups_add_up_to_exactly_the_lines(group_by: tuple[str, ...]) -> None:
    chance = random.Random(7)
    lines = [
        line(
            f"2026-01-{day:02}T0{number % 10}:00:00+00:00",
            call_id=f"{day}-{number}",
            cost=chance.randrange(10**13),
            input_tokens=chance.randrange(10_000),
            model=chance.choice(["a", "b"]),
            provider=chance.choice(["p", "q"]),
            principal=chance.choice(["user:1", "user:2"]),
            workflow_id=chance.choice(["", "w"]),
        )
        for day in range(1, 11)
        for number in range(20)
    ]
    ledger = ListedLedger(lines)

    found = report("acme", ledger.sums("acme", date(2026, 1, 1), DAY), group_by)

    exported: list[LedgerLine] = []
    cursor: str | None = None
    while True:
        page = lines_between(ledger, "acme", date(2026, 1, 1), DAY, limit=33, cursor=cursor)
        exported += page.items
        cursor = page.cursor
        if cursor is None:
            break
    assert exported == ledger.lines
    assert found.totals.cost == sum(sums.cost for _, sums in found.groups) == sum(each.cost for each in lines)
    assert sum(picos(line_json(each)["cost_usd"]) for each in exported) == found.totals.cost
    assert found.totals.input_tokens == sum(each.input_tokens for each in lines)


def test_a_long_stretch_without_calls_ends_a_page_and_not_the_list() -> None:
    ledger = ListedLedger([line("2026-01-31T09:00:00+00:00")])
    first = DAY - timedelta(days=100)
    found: list[LedgerLine] = []
    pages = 0
    cursor: str | None = None

    while True:
        page = lines_between(ledger, "acme", first, DAY, limit=10, cursor=cursor)
        found += page.items
        pages, cursor = pages + 1, page.cursor
        if cursor is None:
            break

    assert (len(found), pages) == (1, 4)


def test_a_cursor_is_refused_by_another_tenant_and_for_other_days() -> None:
    ledger = ListedLedger([line(call_id=str(number)) for number in range(3)])
    cursor = lines_between(ledger, "acme", DAY, DAY, limit=1, cursor=None).cursor

    for tenant, first in (("evil", DAY), ("acme", DAY - timedelta(days=1))):
        with pytest.raises(InvalidInput, match="does not belong to this list"):
            lines_between(ledger, tenant, first, DAY, limit=1, cursor=cursor)


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\n=1"])
def test_a_text_that_a_spreadsheet_would_run_is_quoted(start: str) -> None:
    text = as_csv([line(workflow_id=start, correlation_id=f"a,{start}")], header=True)

    names, values = list(csv.reader(io.StringIO(text, newline="")))
    exported = dict(zip(names, values, strict=True))
    assert exported["workflow_id"] == f"'{start}"
    assert exported["correlation_id"] == f"a,{start}"


def test_csv_has_the_columns_of_json_and_numbers_as_they_are() -> None:
    text = as_csv([line(cost=1, item_index=None, cached=True)], header=True)

    names, values = list(csv.reader(io.StringIO(text, newline="")))
    exported = dict(zip(names, values, strict=True))
    assert tuple(names) == COLUMNS
    assert (exported["cost_usd"], exported["item_index"], exported["cached"]) == ("0.000000000001", "", "true")
    assert as_csv([line()], header=False).count("\r\n") == 1


def test_weeks_are_those_of_iso_8601_and_months_those_of_the_calendar() -> None:
    rows = [row("2025-12-29"), row("2026-01-04"), row("2026-01-05")]

    weeks = {key["week"]: sums.calls for key, sums in report("acme", rows, ("week",)).groups}
    months = {key["month"]: sums.calls for key, sums in report("acme", rows, ("month",)).groups}

    assert weeks == {"2026-W01": 2, "2026-W02": 1}
    assert months == {"2025-12": 1, "2026-01": 2}


def test_the_newest_days_are_read_first_and_no_more_than_is_needed() -> None:
    lines = [
        line(f"2026-01-{day:02}T00:00:00.{n:06}+00:00", call_id=f"{day}-{n}") for day in (1, 2, 3) for n in range(1600)
    ]

    found = newest_lines(ListedLedger(lines), "acme", {"2026-01-01", "2026-01-02", "2026-01-03"})

    assert {each.at[:10] for each in found} == {"2026-01-02", "2026-01-03"}
    assert len(found) == 1600 + 1500
