"""Reports and exports over real ledgers: groups, lines and totals are the same money."""

from datetime import date, timedelta

from heddle.application.ports.usage import LedgerLine
from heddle.application.usage.export import lines_between
from heddle.application.usage.report import DIMENSIONS, report
from tests.contract.aws import Stores
from tests.support.spending import NOON_DAY, Bench, billed, caller


def exported(bench: Bench, first: date, limit: int) -> list[LedgerLine]:
    found: list[LedgerLine] = []
    cursor: str | None = None
    while True:
        page = lines_between(bench.ledger, bench.tenant, first, NOON_DAY, limit=limit, cursor=cursor)
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found


def test_what_was_booked_is_exported_once_and_every_grouping_adds_up_to_it(stores: Stores, tenant: str) -> None:
    bench = Bench(tenant, stores.spend, stores.budgets, stores.ledger, stores.events)
    costs = []
    for number in range(60):
        bench.clock.at -= timedelta(hours=3)
        costs.append(10**9 + 7**number % 10**9)
        bench.purse().book(caller(tenant, f"c{number}", workflow_id=f"w{number % 3}"), billed(costs[-1]))
    first = NOON_DAY - timedelta(days=20)

    lines = exported(bench, first, limit=7)

    assert sorted(line.call_id for line in lines) == sorted(f"c{number}" for number in range(60))
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    rows = bench.ledger.sums(tenant, first, NOON_DAY)
    for name in DIMENSIONS:
        found = report(tenant, rows, (name,))
        assert found.totals.cost == sum(sums.cost for _, sums in found.groups) == sum(costs)
        assert found.totals.calls == sum(sums.calls for _, sums in found.groups) == 60
    by_day = {key["day"]: sums.cost for key, sums in report(tenant, rows, ("day",)).groups}
    assert by_day == {day: sum(line.cost for line in lines if line.at[:10] == day) for day in by_day}


def test_another_tenants_calls_are_in_no_report(stores: Stores, tenant: str, stranger: str) -> None:
    bench = Bench(tenant, stores.spend, stores.budgets, stores.ledger, stores.events)
    bench.purse().book(caller(tenant, "mine"), billed(5))

    assert report(stranger, stores.ledger.sums(stranger, NOON_DAY, NOON_DAY), ("user",)).totals.calls == 0
    assert lines_between(stores.ledger, stranger, NOON_DAY, NOON_DAY, limit=10, cursor=None).items == ()
