"""Alerts, grants, kill switches, changes and reports of budgets, whatever keeps them."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from heddle.application.budgets.grant_extra import GrantExtra
from heddle.application.budgets.read_budgets import ReadBudgets
from heddle.application.budgets.set_budget import SetBudget
from heddle.application.budgets.stop_ai import StopAi
from heddle.domain.budgets.budget import Budget, make_budget
from heddle.domain.events.envelope import StreamId
from heddle.errors import Conflict, InvalidInput, NodeError, NotFound, VersionConflict
from tests.contract.aws import Stores
from tests.support.spending import (
    DOLLAR,
    NOON_DAY,
    Bench,
    Clock,
    Died,
    Mortal,
    Spender,
    agree,
    billed,
    caller,
    has,
    reserve,
)

BY: dict[str, Any] = {"by": "user:boss", "correlation_id": "c-1"}


@pytest.fixture
def bench(stores: Stores, tenant: str) -> Bench:
    return Bench(tenant, stores.spend, stores.budgets, stores.ledger, stores.events)


@pytest.fixture
def setting(bench: Bench) -> SetBudget:
    return SetBudget(bench.spend, bench.budgets, bench.events, bench.clock)


@pytest.fixture
def granting(bench: Bench) -> GrantExtra:
    return GrantExtra(bench.spend, bench.budgets, bench.events, bench.clock, random.random, bench.sleep)


@pytest.fixture
def switches(bench: Bench) -> StopAi:
    return StopAi(bench.budgets, bench.events, bench.clock)


def spend(bench: Bench, call_id: str, amount: int, **values: object) -> None:
    purse, who = bench.purse(seed=len(call_id)), caller(bench.tenant, call_id, **values)
    purse.settle(who, reserve(purse, who, amount), billed(amount))


def history(bench: Bench, ident: str) -> list[str]:
    return [event.type for event in bench.events.read(StreamId(bench.tenant, "budget", ident)).events]


# --- alerts


@pytest.mark.parametrize("shards", [1, 4])
def test_each_percentage_is_announced_once_however_many_pass_it_together(bench: Bench, shards: int) -> None:
    budget = bench.set(warn_at=(30, 50), shards=shards)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: spend(bench, f"c{number}", DOLLAR), range(10)))

    assert sorted(bench.announced(budget)) == [30, 50, 100]
    alerts = bench.budgets.alerts(bench.tenant, "b", limit=10).items
    assert sorted((alert.percent, alert.kind) for alert in alerts) == [
        (30, "warning"),
        (50, "warning"),
        (100, "depleted"),
    ]


def test_each_window_and_subject_is_announced_for_itself(bench: Bench) -> None:
    budget = bench.set(scope="user", subject="*", limit_usd="1", warn_at=())
    spend(bench, "c1", DOLLAR)
    spend(bench, "c2", DOLLAR, principal="user:bob")
    bench.clock.pass_time(days=1)
    spend(bench, "c3", DOLLAR)

    first = bench.budgets.alerts(bench.tenant, "b", limit=2)
    rest = bench.budgets.alerts(bench.tenant, "b", limit=2, cursor=first.cursor)

    assert bench.announced(budget, "ada") == bench.announced(budget, "bob") == [100]
    places = [(alert.window, alert.subject) for alert in (*first.items, *rest.items)]
    assert places == [("2026-11-21", "ada"), ("2026-11-20", "bob"), ("2026-11-20", "ada")]
    assert rest.cursor is None


def test_what_was_not_announced_is_when_the_settlement_is_repeated(bench: Bench) -> None:
    budget, who = bench.set(limit_usd="1"), caller(bench.tenant)
    dying = Mortal(bench.spend, dies=lambda where: where == "after reserved-settled")
    grant = reserve(bench.purse(), who, DOLLAR)
    with pytest.raises(Died):
        bench.purse(store=dying).settle(who, grant, billed(DOLLAR))
    assert bench.announced(budget) == []

    bench.purse().settle(who, grant, billed(DOLLAR))

    assert bench.announced(budget) == [50, 80, 95, 100]


# --- grants


@pytest.mark.parametrize("shards", [1, 3])
def test_a_grant_lets_the_call_through_that_asked_for_it(bench: Bench, granting: GrantExtra, shards: int) -> None:
    budget = bench.set(action="approve", limit_usd="1", shards=shards)
    with pytest.raises(NodeError) as raised:
        reserve(bench.purse(), caller(bench.tenant), 3 * DOLLAR)
    asked = raised.value.details
    place = {"subject": asked["subject"], "window": asked["window"]}

    for _ in range(2):
        granting(bench.tenant, asked["budget_id"], **place, amount=2 * DOLLAR, grant_id="g1", **BY)

    assert reserve(bench.purse(), caller(bench.tenant), 3 * DOLLAR).amount == 3 * DOLLAR
    assert bench.total(budget) == (0, 3 * DOLLAR, 0)
    assert history(bench, f"b.{budget.generation}.2026-11-20.*") == ["BudgetApprovalGranted"]
    (found,) = ReadBudgets(bench.spend, bench.clock)(bench.tenant, [budget])
    assert found is not None and (found.limit, found.extra) == (3 * DOLLAR, 2 * DOLLAR)


def test_a_grant_holds_for_its_window_and_outlives_a_change_of_the_limit(bench: Bench, granting: GrantExtra) -> None:
    bench.set(limit_usd="1", shards=2)
    granting(bench.tenant, "b", subject="*", window="2026-11-20", amount=2 * DOLLAR, grant_id="g1", **BY)

    budget = bench.set(limit_usd="2", shards=2)

    reserve(bench.purse(), caller(bench.tenant, "c1"), 4 * DOLLAR)
    assert sum(counter.limit for counter in bench.counters(budget)) == 4 * DOLLAR
    bench.clock.pass_time(days=1)
    with pytest.raises(NodeError):
        reserve(bench.purse(), caller(bench.tenant, "c2"), 3 * DOLLAR)


def test_what_cannot_be_granted_is_refused(bench: Bench, granting: GrantExtra) -> None:
    bench.set()
    good = {"subject": "*", "window": "2026-11-20", "grant_id": "g", **BY}

    with pytest.raises(NotFound):
        granting(bench.tenant, "other", amount=1, **good)
    with pytest.raises(InvalidInput):
        granting(bench.tenant, "b", amount=0, **good)
    with pytest.raises(InvalidInput, match="such as 2026-11-20"):
        granting(bench.tenant, "b", amount=1, **{**good, "window": "2026-11"})


# --- kill switches


def test_a_stopped_tenant_begins_no_call_until_it_is_resumed(bench: Bench, switches: StopAi, stranger: str) -> None:
    purse = bench.purse()
    under_way = reserve(purse, caller(bench.tenant, "c1"), DOLLAR)

    switches.stop(bench.tenant, workflow_id=None, reason="too dear", **BY)

    with pytest.raises(NodeError, match=r"user:boss stopped AI for the tenant at .*: too dear") as raised:
        reserve(purse, caller(bench.tenant, "c2"), DOLLAR)
    assert (raised.value.code, raised.value.retryable) == ("ai_stopped", False)
    assert reserve(purse, caller(stranger, "c2"), DOLLAR).amount == DOLLAR
    purse.settle(caller(bench.tenant, "c1"), under_way, billed(5))
    switches.resume(bench.tenant, workflow_id=None, reason="", **BY)
    assert reserve(purse, caller(bench.tenant, "c2"), DOLLAR).amount == DOLLAR
    assert history(bench, "ai:switches") == ["AiStopped", "AiResumed"]


def test_a_stopped_workflow_stops_alone(bench: Bench, switches: StopAi) -> None:
    stops = switches.stop(bench.tenant, workflow_id="w", reason="", **BY)

    again = switches.stop(bench.tenant, workflow_id="w", reason="other", by="user:x", correlation_id="c")

    assert stops == again == switches.status(bench.tenant)
    with pytest.raises(NodeError, match="the workflow w"):
        reserve(bench.purse(), caller(bench.tenant), DOLLAR)
    assert reserve(bench.purse(), caller(bench.tenant, workflow_id="x"), DOLLAR).amount == DOLLAR
    assert switches.resume(bench.tenant, workflow_id="x", reason="", **BY) == stops, "what is not on stays off"


def test_switches_used_at_the_same_time_do_not_undo_each_other(bench: Bench, switches: StopAi) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda w: switches.stop(bench.tenant, workflow_id=w, reason="", **BY), "abcd"))

    assert sorted(switches.status(bench.tenant)) == ["a", "b", "c", "d"]


# --- keeping budgets


def test_a_budget_is_made_changed_and_deleted_and_all_of_it_is_on_record(bench: Bench, setting: SetBudget) -> None:
    made = setting.create(bench.tenant, make_budget("b", scope="tenant", period="day", limit_usd="1"), **BY)
    asked = make_budget("b", scope="tenant", period="day", limit_usd="2", action="warn", name="daily")
    changed = setting.change(bench.tenant, asked, by="user:x", correlation_id="c-2", expected_version=1)

    assert (made.version, made.created_by, made.generation) == (1, "user:boss", 1)
    assert (changed.version, changed.created_by, changed.updated_by, changed.limit) == (
        2,
        "user:boss",
        "user:x",
        2 * DOLLAR,
    )
    assert list(bench.budgets.budgets(bench.tenant)) == [changed]
    setting.delete(bench.tenant, "b", **BY)
    assert history(bench, "b") == ["BudgetSet", "BudgetSet", "BudgetDeleted"]
    with pytest.raises(NotFound):
        setting.delete(bench.tenant, "b", **BY)
    with pytest.raises(NotFound):
        setting.change(bench.tenant, asked, **BY)


def test_what_makes_up_a_budget_cannot_be_changed(bench: Bench, setting: SetBudget) -> None:
    setting.create(bench.tenant, make_budget("b", scope="tenant", period="day", limit_usd="1"), **BY)

    with pytest.raises(InvalidInput) as raised:
        setting.change(bench.tenant, make_budget("b", scope="tenant", period="hour", limit_usd="1", shards=2), **BY)

    assert [error["field"] for error in raised.value.details["errors"]] == ["period", "shards"]
    with pytest.raises(VersionConflict):
        same = make_budget("b", scope="tenant", period="day", limit_usd="1")
        setting.change(bench.tenant, same, expected_version=7, **BY)


def test_there_is_room_for_so_many_budgets_of_one_kind(bench: Bench, setting: SetBudget) -> None:
    for number in range(6):
        setting.create(bench.tenant, make_budget(f"b{number}", scope="tenant", period="day", limit_usd="1"), **BY)

    with pytest.raises(Conflict) as raised:
        setting.create(bench.tenant, make_budget("b6", scope="tenant", period="day", limit_usd="1"), **BY)
    assert raised.value.code == "too_many_budgets"
    with pytest.raises(Conflict) as raised:
        setting.create(bench.tenant, make_budget("b5", scope="tenant", period="day", limit_usd="1"), **BY)
    assert raised.value.code == "budget_exists"


@pytest.mark.parametrize("shards", [1, 4])
def test_a_lower_limit_holds_for_who_has_looked_and_not_written_yet(
    bench: Bench, setting: SetBudget, shards: int
) -> None:
    budget = make_budget("b", scope="tenant", period="day", limit_usd="10", shards=shards)
    setting.create(bench.tenant, budget, **BY)
    spend(bench, "c0", DOLLAR)
    looks: list[None] = []

    def meanwhile() -> None:
        looks.append(None)
        if len(looks) == 2:
            setting.change(bench.tenant, replace(budget, limit=2 * DOLLAR), **BY)

    with pytest.raises(NodeError) as raised:
        reserve(bench.purse(store=Mortal(bench.spend, between=meanwhile)), caller(bench.tenant), 2 * DOLLAR)

    assert raised.value.details["left_usd"] == "1"


# --- how they stand


def test_budgets_stand_as_their_counters_say(bench: Bench) -> None:
    spread, users, runs, idle = (
        bench.set("spread", shards=8),
        bench.set("users", scope="user", subject="*"),
        bench.set("runs", scope="run", subject="*", period="run", limit_usd="4"),
        bench.set("idle", scope="workflow", subject="x", period="month"),
    )
    for number in range(6):
        spend(bench, f"c{number}" * (number + 1), DOLLAR // 2)
    reserve(bench.purse(), caller(bench.tenant, "open"), DOLLAR)
    read = ReadBudgets(bench.spend, bench.clock)

    found = read(bench.tenant, [spread, users, runs, idle])

    assert found[0] is not None and found[3] is not None
    assert (found[0].spent, found[0].reserved, found[0].left) == (3 * DOLLAR, DOLLAR, 6 * DOLLAR)
    assert (found[0].percent, found[0].health, found[0].projected) == (30, "healthy", 6 * DOLLAR)
    assert found[1] is None and found[2] is None, "of each user and run it has to be said which"
    assert (found[3].spent, found[3].left, found[3].window) == (0, 10 * DOLLAR, "2026-11")
    (ada,), (run,) = (read(bench.tenant, [users], subject="ada"), read(bench.tenant, [runs], subject="r"))
    assert ada is not None and ada.spent == 3 * DOLLAR
    assert run is not None and (run.percent, run.health, run.projected) == (75, "warning", None)
    (past,) = read(bench.tenant, [spread], window="2026-11-19")
    assert past is not None and past.spent == 0
    with pytest.raises(InvalidInput, match="window"):
        read(bench.tenant, [spread], window="yesterday")


# --- ledger


def test_lines_of_a_run_and_of_a_day_come_oldest_first_in_pages(bench: Bench) -> None:
    for number in range(25):
        bench.clock.pass_time(seconds=1)
        purse, who = bench.purse(), caller(bench.tenant, f"c{number}", run_id="r1" if number % 2 else "r2")
        purse.settle(who, reserve(purse, who, 10), billed(number))

    def all_of(read: object, key: object, limit: int) -> list[int]:
        costs: list[int] = []
        cursor = None
        while True:
            page = read(bench.tenant, key, limit=limit, cursor=cursor)  # type: ignore[operator]
            assert len(page.items) <= limit
            costs += [line.cost for line in page.items]
            cursor = page.cursor
            if cursor is None:
                return costs

    for limit in (1, 7, 25, 100):
        assert all_of(bench.ledger.of_day, NOON_DAY, limit) == list(range(25))
        assert all_of(bench.ledger.of_run, "r1", limit) == list(range(1, 25, 2))
    cursor = bench.ledger.of_run(bench.tenant, "r1", limit=1).cursor
    with pytest.raises(InvalidInput):
        bench.ledger.of_run(bench.tenant, "r2", limit=1, cursor=cursor)


def test_sums_are_by_day_and_by_what_calls_have_in_common(bench: Bench) -> None:
    for day in range(3):
        for number, model in enumerate(("m1", "m1", "m2")):
            purse, who = bench.purse(), caller(bench.tenant, f"d{day}c{number}")
            cost = billed(100, model=model, latency_ms=1.5, outcome="failed" if number == 0 else "ok")
            purse.settle(who, reserve(purse, who, 100, model=model), cost)
        bench.clock.pass_time(days=6)

    def found(first: date, last: date) -> list[tuple[str, str, int, int, float, int]]:
        rows = bench.ledger.sums(bench.tenant, first, last)
        return [(row.day, row.model, row.calls, row.cost, row.latency_ms, row.failed_calls) for row in rows]

    assert found(NOON_DAY, NOON_DAY) == [("2026-11-20", "m1", 2, 200, 3.0, 1), ("2026-11-20", "m2", 1, 100, 1.5, 0)]
    assert [row[0] for row in found(NOON_DAY, date(2026, 12, 2))][::2] == ["2026-11-20", "2026-11-26", "2026-12-02"]
    assert found(date(2026, 11, 27), date(2026, 12, 1)) == []


# --- everything at once


@pytest.mark.parametrize("shards", [1, 4])
def test_many_who_die_anywhere_neither_leak_nor_lose_anything(bench: Bench, shards: int) -> None:
    month = bench.set("month", period="month", limit_usd="9", shards=shards)
    users = bench.set("users", scope="user", subject="*", limit_usd="5", shards=2, action="approve")
    runs = bench.set("runs", scope="run", subject="*", period="run", limit_usd="4")
    luck = random.Random(shards)
    mortal = Mortal(bench.spend, dies=lambda where: luck.random() < 0.03)
    spenders = [Spender(bench, f"s{number}", random.Random(number), mortal, calls=3) for number in range(12)]

    def swept() -> None:
        bench.sweeper(clock=Clock(bench.clock.at + timedelta(days=1)))()

    with ThreadPoolExecutor(6) as pool:
        spending = [pool.submit(spender) for spender in spenders]
        sweeping = pool.submit(swept)
        while not all(each.done() for each in spending):
            left, _, _ = bench.total(month, window="2026-11")
            assert left >= 0
        for each in (*spending, sweeping):
            each.result()
    swept()

    covered: dict[tuple[str, str], tuple[Budget, Callable[[Any], bool]]] = {("month", "*"): (month, lambda line: True)}
    for user in ("u0", "u1", "u2"):
        covered["users", user] = (users, has("principal", f"user:{user}"))
    for run in ("r0", "r1", "r2", "r3"):
        covered["runs", run] = (runs, has("root_run_id", run))
    agree(bench, covered)
    assert bench.total(month, window="2026-11")[2] > 0
    assert sum(spender.refused for spender in spenders) > 0
