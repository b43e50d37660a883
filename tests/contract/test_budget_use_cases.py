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


def spend(spending: Bench, call_id: str, amount: int, **values: object) -> None:
    purse, who = spending.purse(seed=len(call_id)), caller(spending.tenant, call_id, **values)
    purse.settle(who, reserve(purse, who, amount), billed(amount))


def history(spending: Bench, ident: str) -> list[str]:
    return [event.type for event in spending.events.read(StreamId(spending.tenant, "budget", ident)).events]


# --- alerts


@pytest.mark.parametrize("shards", [1, 4])
def test_each_percentage_is_announced_once_however_many_pass_it_together(spending: Bench, shards: int) -> None:
    budget = spending.set(warn_at=(30, 50), shards=shards)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: spend(spending, f"c{number}", DOLLAR), range(10)))

    assert sorted(spending.announced(budget)) == [30, 50, 100]
    alerts = spending.budgets.alerts(spending.tenant, "b", limit=10).items
    assert sorted((alert.percent, alert.kind) for alert in alerts) == [
        (30, "warning"),
        (50, "warning"),
        (100, "depleted"),
    ]


def test_each_window_and_subject_is_announced_for_itself(spending: Bench) -> None:
    budget = spending.set(scope="user", subject="*", limit_usd="1", warn_at=())
    spend(spending, "c1", DOLLAR)
    spend(spending, "c2", DOLLAR, principal="user:bob")
    spending.clock.pass_time(days=1)
    spend(spending, "c3", DOLLAR)

    first = spending.budgets.alerts(spending.tenant, "b", limit=2)
    rest = spending.budgets.alerts(spending.tenant, "b", limit=2, cursor=first.cursor)

    assert spending.announced(budget, "ada") == spending.announced(budget, "bob") == [100]
    places = [(alert.window, alert.subject) for alert in (*first.items, *rest.items)]
    assert places == [("2026-11-21", "ada"), ("2026-11-20", "bob"), ("2026-11-20", "ada")]
    assert rest.cursor is None


def test_what_was_not_announced_is_when_the_settlement_is_repeated(spending: Bench) -> None:
    budget, who = spending.set(limit_usd="1"), caller(spending.tenant)
    dying = Mortal(spending.spend, dies=lambda where: where == "after reserved-settled")
    grant = reserve(spending.purse(), who, DOLLAR)
    with pytest.raises(Died):
        spending.purse(store=dying).settle(who, grant, billed(DOLLAR))
    assert spending.announced(budget) == []

    spending.purse().settle(who, grant, billed(DOLLAR))

    assert spending.announced(budget) == [50, 80, 95, 100]


# --- grants


@pytest.mark.parametrize("shards", [1, 3])
def test_a_grant_lets_the_call_through_that_asked_for_it(spending: Bench, granting: GrantExtra, shards: int) -> None:
    budget = spending.set(action="approve", limit_usd="1", shards=shards)
    with pytest.raises(NodeError) as raised:
        reserve(spending.purse(), caller(spending.tenant), 3 * DOLLAR)
    asked = raised.value.details
    place = {"subject": asked["subject"], "window": asked["window"]}

    for _ in range(2):
        granting(spending.tenant, asked["budget_id"], **place, amount=2 * DOLLAR, grant_id="g1", **BY)

    assert reserve(spending.purse(), caller(spending.tenant), 3 * DOLLAR).amount == 3 * DOLLAR
    assert spending.total(budget) == (0, 3 * DOLLAR, 0)
    assert history(spending, f"b.{budget.generation}.2026-11-20.*") == ["BudgetApprovalGranted"]
    (found,) = ReadBudgets(spending.spend, spending.clock)(spending.tenant, [budget])
    assert found is not None and (found.limit, found.extra) == (3 * DOLLAR, 2 * DOLLAR)


def test_a_grant_holds_for_its_window_and_outlives_a_change_of_the_limit(spending: Bench, granting: GrantExtra) -> None:
    spending.set(limit_usd="1", shards=2)
    granting(spending.tenant, "b", subject="*", window="2026-11-20", amount=2 * DOLLAR, grant_id="g1", **BY)

    budget = spending.set(limit_usd="2", shards=2)

    reserve(spending.purse(), caller(spending.tenant, "c1"), 4 * DOLLAR)
    assert sum(counter.limit for counter in spending.counters(budget)) == 4 * DOLLAR
    spending.clock.pass_time(days=1)
    with pytest.raises(NodeError):
        reserve(spending.purse(), caller(spending.tenant, "c2"), 3 * DOLLAR)


def test_what_cannot_be_granted_is_refused(spending: Bench, granting: GrantExtra) -> None:
    spending.set()
    good = {"subject": "*", "window": "2026-11-20", "grant_id": "g", **BY}

    with pytest.raises(NotFound):
        granting(spending.tenant, "other", amount=1, **good)
    with pytest.raises(InvalidInput):
        granting(spending.tenant, "b", amount=0, **good)
    with pytest.raises(InvalidInput, match="such as 2026-11-20"):
        granting(spending.tenant, "b", amount=1, **{**good, "window": "2026-11"})


# --- kill switches


def test_a_stopped_tenant_begins_no_call_until_it_is_resumed(spending: Bench, switches: StopAi, stranger: str) -> None:
    purse = spending.purse()
    under_way = reserve(purse, caller(spending.tenant, "c1"), DOLLAR)

    switches.stop(spending.tenant, workflow_id=None, reason="too dear", **BY)

    with pytest.raises(NodeError, match=r"user:boss stopped AI for the tenant at .*: too dear") as raised:
        reserve(purse, caller(spending.tenant, "c2"), DOLLAR)
    assert (raised.value.code, raised.value.retryable) == ("ai_stopped", False)
    assert reserve(purse, caller(stranger, "c2"), DOLLAR).amount == DOLLAR
    purse.settle(caller(spending.tenant, "c1"), under_way, billed(5))
    switches.resume(spending.tenant, workflow_id=None, reason="", **BY)
    assert reserve(purse, caller(spending.tenant, "c2"), DOLLAR).amount == DOLLAR
    assert history(spending, "ai:switches") == ["AiStopped", "AiResumed"]


def test_a_stopped_workflow_stops_alone(spending: Bench, switches: StopAi) -> None:
    stops = switches.stop(spending.tenant, workflow_id="w", reason="", **BY)

    again = switches.stop(spending.tenant, workflow_id="w", reason="other", by="user:x", correlation_id="c")

    assert stops == again == switches.status(spending.tenant)
    with pytest.raises(NodeError, match="the workflow w"):
        reserve(spending.purse(), caller(spending.tenant), DOLLAR)
    assert reserve(spending.purse(), caller(spending.tenant, workflow_id="x"), DOLLAR).amount == DOLLAR
    assert switches.resume(spending.tenant, workflow_id="x", reason="", **BY) == stops, "what is not on stays off"


def test_switches_used_at_the_same_time_do_not_undo_each_other(spending: Bench, switches: StopAi) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda w: switches.stop(spending.tenant, workflow_id=w, reason="", **BY), "abcd"))

    assert sorted(switches.status(spending.tenant)) == ["a", "b", "c", "d"]


# --- keeping budgets


def test_a_budget_is_made_changed_and_deleted_and_all_of_it_is_on_record(spending: Bench, setting: SetBudget) -> None:
    made = setting.create(spending.tenant, make_budget("b", scope="tenant", period="day", limit_usd="1"), **BY)
    asked = make_budget("b", scope="tenant", period="day", limit_usd="2", action="warn", name="daily")
    changed = setting.change(spending.tenant, asked, by="user:x", correlation_id="c-2", expected_version=1)

    assert (made.version, made.created_by, made.generation) == (1, "user:boss", 1)
    assert (changed.version, changed.created_by, changed.updated_by, changed.limit) == (
        2,
        "user:boss",
        "user:x",
        2 * DOLLAR,
    )
    assert list(spending.budgets.budgets(spending.tenant)) == [changed]
    setting.delete(spending.tenant, "b", **BY)
    assert history(spending, "b") == ["BudgetSet", "BudgetSet", "BudgetDeleted"]
    with pytest.raises(NotFound):
        setting.delete(spending.tenant, "b", **BY)
    with pytest.raises(NotFound):
        setting.change(spending.tenant, asked, **BY)


def test_what_makes_up_a_budget_cannot_be_changed(spending: Bench, setting: SetBudget) -> None:
    setting.create(spending.tenant, make_budget("b", scope="tenant", period="day", limit_usd="1"), **BY)

    with pytest.raises(InvalidInput) as raised:
        setting.change(spending.tenant, make_budget("b", scope="tenant", period="hour", limit_usd="1", shards=2), **BY)

    assert [error["field"] for error in raised.value.details["errors"]] == ["period", "shards"]
    with pytest.raises(VersionConflict):
        same = make_budget("b", scope="tenant", period="day", limit_usd="1")
        setting.change(spending.tenant, same, expected_version=7, **BY)


def test_there_is_room_for_so_many_budgets_of_one_kind(spending: Bench, setting: SetBudget) -> None:
    for number in range(6):
        setting.create(spending.tenant, make_budget(f"b{number}", scope="tenant", period="day", limit_usd="1"), **BY)

    with pytest.raises(Conflict) as raised:
        setting.create(spending.tenant, make_budget("b6", scope="tenant", period="day", limit_usd="1"), **BY)
    assert raised.value.code == "too_many_budgets"
    with pytest.raises(Conflict) as raised:
        setting.create(spending.tenant, make_budget("b5", scope="tenant", period="day", limit_usd="1"), **BY)
    assert raised.value.code == "budget_exists"


@pytest.mark.parametrize("shards", [1, 4])
def test_a_lower_limit_holds_for_who_has_looked_and_not_written_yet(
    spending: Bench, setting: SetBudget, shards: int
) -> None:
    budget = make_budget("b", scope="tenant", period="day", limit_usd="10", shards=shards)
    setting.create(spending.tenant, budget, **BY)
    spend(spending, "c0", DOLLAR)
    looks: list[None] = []

    def meanwhile() -> None:
        looks.append(None)
        if len(looks) == 2:
            setting.change(spending.tenant, replace(budget, limit=2 * DOLLAR), **BY)

    with pytest.raises(NodeError) as raised:
        reserve(spending.purse(store=Mortal(spending.spend, between=meanwhile)), caller(spending.tenant), 2 * DOLLAR)

    assert raised.value.details["left_usd"] == "1"


# --- how they stand


def test_budgets_stand_as_their_counters_say(spending: Bench) -> None:
    spread, users, runs, idle = (
        spending.set("spread", shards=8),
        spending.set("users", scope="user", subject="*"),
        spending.set("runs", scope="run", subject="*", period="run", limit_usd="4"),
        spending.set("idle", scope="workflow", subject="x", period="month"),
    )
    for number in range(6):
        spend(spending, f"c{number}" * (number + 1), DOLLAR // 2)
    reserve(spending.purse(), caller(spending.tenant, "open"), DOLLAR)
    read = ReadBudgets(spending.spend, spending.clock)

    found = read(spending.tenant, [spread, users, runs, idle])

    assert found[0] is not None and found[3] is not None
    assert (found[0].spent, found[0].reserved, found[0].left) == (3 * DOLLAR, DOLLAR, 6 * DOLLAR)
    assert (found[0].percent, found[0].health, found[0].projected) == (30, "healthy", 6 * DOLLAR)
    assert found[1] is None and found[2] is None, "of each user and run it has to be said which"
    assert (found[3].spent, found[3].left, found[3].window) == (0, 10 * DOLLAR, "2026-11")
    (ada,), (run,) = (read(spending.tenant, [users], subject="ada"), read(spending.tenant, [runs], subject="r"))
    assert ada is not None and ada.spent == 3 * DOLLAR
    assert run is not None and (run.percent, run.health, run.projected) == (75, "warning", None)
    (past,) = read(spending.tenant, [spread], window="2026-11-19")
    assert past is not None and past.spent == 0
    with pytest.raises(InvalidInput, match="window"):
        read(spending.tenant, [spread], window="yesterday")


# --- ledger


def test_lines_of_a_run_and_of_a_day_come_oldest_first_in_pages(spending: Bench) -> None:
    for number in range(25):
        spending.clock.pass_time(seconds=1)
        purse, who = spending.purse(), caller(spending.tenant, f"c{number}", run_id="r1" if number % 2 else "r2")
        purse.settle(who, reserve(purse, who, 10), billed(number))

    def all_of(read: object, key: object, limit: int) -> list[int]:
        costs: list[int] = []
        cursor = None
        while True:
            page = read(spending.tenant, key, limit=limit, cursor=cursor)  # type: ignore[operator]
            assert len(page.items) <= limit
            costs += [line.cost for line in page.items]
            cursor = page.cursor
            if cursor is None:
                return costs

    for limit in (1, 7, 25, 100):
        assert all_of(spending.ledger.of_day, NOON_DAY, limit) == list(range(25))
        assert all_of(spending.ledger.of_run, "r1", limit) == list(range(1, 25, 2))
    cursor = spending.ledger.of_run(spending.tenant, "r1", limit=1).cursor
    with pytest.raises(InvalidInput):
        spending.ledger.of_run(spending.tenant, "r2", limit=1, cursor=cursor)


def test_sums_are_by_day_and_by_what_calls_have_in_common(spending: Bench) -> None:
    for day in range(3):
        for number, model in enumerate(("m1", "m1", "m2")):
            purse, who = spending.purse(), caller(spending.tenant, f"d{day}c{number}")
            cost = billed(100, model=model, latency_ms=1.5, outcome="failed" if number == 0 else "ok")
            purse.settle(who, reserve(purse, who, 100, model=model), cost)
        spending.clock.pass_time(days=6)

    def found(first: date, last: date) -> list[tuple[str, str, int, int, float, int]]:
        rows = spending.ledger.sums(spending.tenant, first, last)
        return [(row.day, row.model, row.calls, row.cost, row.latency_ms, row.failed_calls) for row in rows]

    assert found(NOON_DAY, NOON_DAY) == [("2026-11-20", "m1", 2, 200, 3.0, 1), ("2026-11-20", "m2", 1, 100, 1.5, 0)]
    assert [row[0] for row in found(NOON_DAY, date(2026, 12, 2))][::2] == ["2026-11-20", "2026-11-26", "2026-12-02"]
    assert found(date(2026, 11, 27), date(2026, 12, 1)) == []


# --- everything at once


@pytest.mark.parametrize("shards", [1, 4])
def test_many_who_die_anywhere_neither_leak_nor_lose_anything(spending: Bench, shards: int) -> None:
    month = spending.set("month", period="month", limit_usd="3", shards=shards)
    users = spending.set("users", scope="user", subject="*", limit_usd="2", shards=2, action="approve")
    runs = spending.set("runs", scope="run", subject="*", period="run", limit_usd="2")
    luck = random.Random(shards)
    mortal = Mortal(spending.spend, dies=lambda where: luck.random() < 0.03)
    spenders = [Spender(spending, f"s{number}", random.Random(number), mortal, calls=3) for number in range(12)]

    def swept() -> None:
        spending.sweeper(clock=Clock(spending.clock.at + timedelta(days=1)))()

    with ThreadPoolExecutor(6) as pool:
        at_work = [pool.submit(spender) for spender in spenders]
        sweeping = pool.submit(swept)
        while not all(each.done() for each in at_work):
            left, _, _ = spending.total(month, window="2026-11")
            assert left >= 0
        for each in (*at_work, sweeping):
            each.result()
    swept()

    covered: dict[tuple[str, str], tuple[Budget, Callable[[Any], bool]]] = {("month", "*"): (month, lambda line: True)}
    for user in ("u0", "u1", "u2"):
        covered["users", user] = (users, has("principal", f"user:{user}"))
    for run in ("r0", "r1", "r2", "r3"):
        covered["runs", run] = (runs, has("root_run_id", run))
    agree(spending, covered)
    assert spending.total(month, window="2026-11")[2] > 0
    assert sum(spender.refused for spender in spenders) > 0
