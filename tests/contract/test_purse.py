"""What the purse promises of reserving, settling and releasing, whatever keeps it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from heddle.application.ports.budgets import Stop
from heddle.errors import NodeError
from tests.support.spending import DOLLAR, NOON_DAY, Bench, Clock, billed, caller, refusal, reserve

# --- reserve, settle, release


def test_a_call_takes_its_worst_case_and_gives_back_what_it_did_not_need(spending: Bench) -> None:
    budget, purse, who = spending.set(), spending.purse(), caller(spending.tenant)

    grant = reserve(purse, who, 4 * DOLLAR)
    taken = spending.total(budget)
    purse.settle(who, grant, billed(DOLLAR))

    assert (grant.call_id, grant.amount, grant.downgrade_to) == ("c1", 4 * DOLLAR, None)
    assert taken == (6 * DOLLAR, 4 * DOLLAR, 0)
    assert spending.total(budget) == (9 * DOLLAR, 0, DOLLAR)


def test_a_call_is_taken_from_every_budget_that_covers_it_and_no_other(spending: Bench) -> None:
    covering = [
        (spending.set("tenant"), "*", "2026-11-20"),
        (spending.set("hour", period="hour"), "*", "2026-11-20T12"),
        (spending.set("month", period="month", shards=3), "*", "2026-11"),
        (spending.set("total", period="total"), "*", "total"),
        (spending.set("each-user", scope="user", subject="*"), "ada", "2026-11-20"),
        (spending.set("ada", scope="user", subject="user:ada"), "ada", "2026-11-20"),
        (spending.set("flow", scope="workflow", subject="w"), "w", "2026-11-20"),
        (spending.set("runs", scope="run", subject="*", period="run"), "r", "r"),
        (spending.set("runs-of-w", scope="workflow", subject="w", period="run"), "w", "r"),
    ]
    others = [
        (spending.set("bob", scope="user", subject="bob"), "bob", "2026-11-20"),
        (spending.set("keys", scope="api_key", subject="*"), "ada", "2026-11-20"),
        (spending.set("other-flow", scope="workflow", subject="x"), "x", "2026-11-20"),
    ]

    reserve(spending.purse(), caller(spending.tenant), DOLLAR)

    for budget, subject, window in covering:
        assert spending.total(budget, subject, window)[1] == DOLLAR, budget.id
    for budget, subject, window in others:
        assert spending.counters(budget, subject, window) == [], budget.id


def test_a_key_pays_from_the_budgets_of_keys(spending: Bench) -> None:
    budget = spending.set(scope="api_key", subject="*")

    reserve(spending.purse(), caller(spending.tenant, principal="key:k1"), DOLLAR)

    assert spending.total(budget, "k1")[1] == DOLLAR


def test_outside_of_a_run_the_budgets_of_runs_do_not_count(spending: Bench) -> None:
    budget = spending.set(scope="run", subject="*", period="run", limit_usd="0")
    who = caller(spending.tenant, workflow_id="", run_id="", root_run_id="", run_budget="0")

    grant = reserve(spending.purse(), who, DOLLAR)

    assert grant.amount == DOLLAR
    assert spending.counters(budget, "", "") == []


def test_what_does_not_fit_is_refused_and_takes_nothing_anywhere(spending: Bench) -> None:
    wide, narrow = (
        spending.set("wide", limit_usd="100"),
        spending.set("narrow", scope="user", subject="*", limit_usd="1.5"),
    )
    reserve(spending.purse(), caller(spending.tenant, "c0"), DOLLAR)

    error = refusal(spending, DOLLAR)

    assert error.code == "budget_exceeded"
    assert error.details == {
        "budget_id": "narrow",
        "scope": "user",
        "subject": "ada",
        "period": "day",
        "window": "2026-11-20",
        "limit_usd": "1.5",
        "left_usd": "0.5",
        "needed_usd": "1",
        "call_id": "refused",
    }
    assert spending.total(wide)[1] == spending.total(narrow, "ada")[1] == DOLLAR
    assert reserve(spending.purse(), caller(spending.tenant, principal="user:bob"), DOLLAR).amount == DOLLAR


@pytest.mark.parametrize("amount", [1, DOLLAR])
def test_a_budget_of_zero_blocks_at_once(spending: Bench, amount: int) -> None:
    spending.set(limit_usd="0")

    assert refusal(spending, amount).code == "budget_exceeded"


@pytest.mark.parametrize("action", ["block", "approve", "downgrade", "warn"])
def test_a_call_that_cannot_cost_anything_passes_a_budget_of_zero_and_is_in_the_ledger(
    spending: Bench, action: str
) -> None:
    budget = spending.set(limit_usd="0", action=action, downgrade_to="fast" if action == "downgrade" else None)
    purse, who = spending.purse(), caller(spending.tenant, run_budget="0")

    grant = reserve(purse, who, 0)
    purse.settle(who, grant, billed(0))

    assert (grant.amount, grant.downgrade_to) == (0, None)
    assert spending.counters(budget) == []
    assert [(line.call_id, line.cost, line.outcome) for line in spending.lines()] == [("c1", 0, "ok")]


def test_a_kill_switch_stops_free_and_cached_calls_but_no_booking_of_what_was_spent(spending: Bench) -> None:
    budget, purse = spending.set(), spending.purse()
    stop = Stop("user:boss", "2026-11-20T12:00:00+00:00", "enough")
    spending.budgets.set_stops(spending.tenant, {"w": stop}, spending.budgets.control(spending.tenant))

    errors = []
    for act in (
        lambda: reserve(purse, caller(spending.tenant, "free"), 0),
        lambda: purse.book(caller(spending.tenant, "cached"), billed(0, cached=True)),
    ):
        with pytest.raises(NodeError) as raised:
            act()
        errors.append(raised.value.code)
    purse.book(caller(spending.tenant, "spent"), billed(DOLLAR))
    reserve(purse, caller(spending.tenant, "elsewhere", workflow_id="x"), 0)

    assert errors == ["ai_stopped", "ai_stopped"]
    assert [line.call_id for line in spending.lines()] == ["spent"]
    assert spending.total(budget) == (9 * DOLLAR, 0, DOLLAR)


def test_the_last_picodollar_can_be_spent_and_not_one_more(spending: Bench) -> None:
    spending.set(limit_usd="0.000000000003", shards=2)

    reserve(spending.purse(), caller(spending.tenant, "c1"), 2)

    assert refusal(spending, 2).details["left_usd"] == "0.000000000001"
    reserve(spending.purse(), caller(spending.tenant, "c2"), 1)
    assert refusal(spending, 1).details["left_usd"] == "0"


def test_the_budget_of_a_run_covers_the_whole_tree_of_runs(spending: Bench) -> None:
    parent = caller(spending.tenant, "c1", run_budget="1")
    child = caller(spending.tenant, "c2", run_id="r.child", root_run_id="r", run_budget="1", workflow_id="other")

    reserve(spending.purse(), parent, DOLLAR // 2)

    error = refusal(spending, DOLLAR, "c3", run_id="r.child", root_run_id="r", run_budget="1")
    assert (error.details["scope"], error.details["subject"], error.details["limit_usd"]) == ("run", "r", "1")
    assert reserve(spending.purse(), child, DOLLAR // 2).amount == DOLLAR // 2


def test_reserving_twice_reserves_once(spending: Bench) -> None:
    budget, who = spending.set(), caller(spending.tenant)

    grants = [reserve(spending.purse(), who, amount) for amount in (DOLLAR, 2 * DOLLAR)]

    assert [grant.amount for grant in grants] == [DOLLAR, DOLLAR]
    assert spending.total(budget)[1] == DOLLAR


def test_a_call_that_is_paid_for_cannot_be_reserved_again(spending: Bench) -> None:
    spending.set()
    who, purse = caller(spending.tenant), spending.purse()
    purse.settle(who, reserve(purse, who, DOLLAR), billed(1))

    with pytest.raises(NodeError) as raised:
        reserve(purse, who, DOLLAR)

    assert raised.value.code == "call_settled"


def test_settling_twice_books_once(spending: Bench) -> None:
    budget, purse, who = spending.set(), spending.purse(), caller(spending.tenant)
    grant = reserve(purse, who, DOLLAR)

    for cost in (300, 300, 700):
        purse.settle(who, grant, billed(cost))

    assert spending.total(budget) == (10 * DOLLAR - 300, 0, 300)
    assert [line.cost for line in spending.lines()] == [300]
    assert [row.calls for row in spending.ledger.sums(spending.tenant, NOON_DAY, NOON_DAY)] == [1]


def test_releasing_gives_everything_back_once_and_leaves_no_line(spending: Bench) -> None:
    budget, purse, who = spending.set(), spending.purse(), caller(spending.tenant)
    grant = reserve(purse, who, DOLLAR)
    reserve(purse, caller(spending.tenant, "c2"), DOLLAR)

    for _ in range(2):
        purse.release(who, grant, reason="connection refused")

    assert spending.total(budget) == (9 * DOLLAR, DOLLAR, 0)
    assert spending.ledger.line(spending.tenant, "c1") is None
    assert spending.lines() == []
    assert reserve(purse, who, 2 * DOLLAR).amount == 2 * DOLLAR, "the call may be tried again under its id"


def test_what_cost_more_than_was_reserved_is_booked_as_it_was(spending: Bench) -> None:
    budget, purse, who = spending.set(limit_usd="1"), spending.purse(), caller(spending.tenant)

    purse.settle(who, reserve(purse, who, DOLLAR), billed(3 * DOLLAR))

    assert spending.total(budget) == (-2 * DOLLAR, 0, 3 * DOLLAR)
    assert refusal(spending, 1).details["left_usd"] == "-2"


def test_a_call_that_needed_no_reservation_is_booked_once(spending: Bench) -> None:
    budget, purse = spending.set(), spending.purse()

    for _ in range(2):
        purse.book(caller(spending.tenant), billed(0, cached=True))

    assert spending.counters(budget) == []
    (line,), (row,) = spending.lines(), spending.ledger.sums(spending.tenant, NOON_DAY, NOON_DAY)
    assert (line.cached, line.cost, row.cached_calls, row.calls) == (True, 0, 1, 1)


def test_money_that_was_spent_without_a_reservation_is_counted_all_the_same(spending: Bench) -> None:
    budget, full = spending.set("b", shards=3), spending.set("full", limit_usd="0", period="month")

    for _ in range(2):
        spending.purse().book(caller(spending.tenant), billed(5 * DOLLAR))

    assert spending.total(budget) == (5 * DOLLAR, 0, 5 * DOLLAR)
    assert spending.total(full, window="2026-11") == (-5 * DOLLAR, 0, 5 * DOLLAR)
    assert [line.cost for line in spending.lines()] == [5 * DOLLAR]


# --- actions


def test_a_budget_that_warns_lets_everything_through(spending: Bench) -> None:
    budget, purse = spending.set(action="warn", limit_usd="1", shards=2), spending.purse()

    for number in range(3):
        who = caller(spending.tenant, f"c{number}")
        purse.settle(who, reserve(purse, who, 2 * DOLLAR), billed(2 * DOLLAR))

    assert spending.total(budget) == (-5 * DOLLAR, 0, 6 * DOLLAR)
    assert spending.announced(budget) == [50, 80, 95, 100]


def test_a_budget_that_downgrades_names_the_alias_and_reserves_nothing(spending: Bench) -> None:
    budget = spending.set(action="downgrade", downgrade_to="fast", limit_usd="1")

    grant = reserve(spending.purse(), caller(spending.tenant), 2 * DOLLAR, alias="best")

    assert (grant.amount, grant.downgrade_to) == (0, "fast")
    assert spending.counters(budget) == []
    assert reserve(spending.purse(), caller(spending.tenant), DOLLAR, alias="fast").amount == DOLLAR


def test_there_is_nothing_below_the_alias_that_a_budget_downgrades_to(spending: Bench) -> None:
    spending.set(action="downgrade", downgrade_to="fast", limit_usd="1")

    with pytest.raises(NodeError) as raised:
        reserve(spending.purse(), caller(spending.tenant), 2 * DOLLAR, alias="fast")

    assert raised.value.code == "budget_exceeded"


def test_a_budget_may_ask_for_approval(spending: Bench) -> None:
    spending.set(action="approve", scope="workflow", subject="w", limit_usd="1")

    error = refusal(spending, 2 * DOLLAR)

    assert error.code == "budget_approval_required"
    assert (error.details["budget_id"], error.details["window"]) == ("b", "2026-11-20")


@pytest.mark.parametrize(
    ("refusing", "winner"),
    [
        (("approve", "block", "downgrade"), "budget_exceeded block"),
        (("downgrade", "approve"), "budget_approval_required approve"),
        (("warn", "downgrade"), "downgrade to fast"),
        (("warn",), "granted"),
    ],
)
def test_of_budgets_in_conflict_the_strictest_that_refuses_wins(
    spending: Bench, refusing: tuple[str, ...], winner: str
) -> None:
    for action in ("warn", "downgrade", "approve", "block"):
        alias = "fast" if action == "downgrade" else None
        spending.set(action, action=action, downgrade_to=alias, limit_usd="1" if action in refusing else "9")

    try:
        grant = reserve(spending.purse(), caller(spending.tenant), 2 * DOLLAR)
        outcome = f"downgrade to {grant.downgrade_to}" if grant.downgrade_to else "granted"
    except NodeError as error:
        outcome = f"{error.code} {error.details['budget_id']}"

    assert outcome == winner


# --- time


def test_the_window_is_that_of_the_reservation_whenever_it_is_settled(spending: Bench) -> None:
    spending.clock.at = spending.clock.at.replace(hour=23, minute=59, second=59)
    budget, who = spending.set(), caller(spending.tenant)
    grant = reserve(spending.purse(), who, DOLLAR)

    spending.purse(clock=Clock(spending.clock.at + timedelta(hours=1))).settle(who, grant, billed(7))

    assert spending.total(budget) == (10 * DOLLAR - 7, 0, 7)
    assert spending.counters(budget, window="2026-11-21") == []
    assert [line.cost for line in spending.lines()] == [7]


def test_a_new_window_begins_with_the_whole_limit(spending: Bench) -> None:
    budget = spending.set(limit_usd="1")
    reserve(spending.purse(), caller(spending.tenant, "c1"), DOLLAR)
    refusal(spending, DOLLAR)

    spending.clock.pass_time(hours=12)

    assert reserve(spending.purse(), caller(spending.tenant, "c2"), DOLLAR).amount == DOLLAR
    assert spending.total(budget, window="2026-11-21")[1] == DOLLAR


# --- tenants


def test_nobody_spends_from_or_sees_what_belongs_to_another_tenant(spending: Bench, stranger: str) -> None:
    budget, purse = spending.set(limit_usd="1"), spending.purse()
    purse.settle(caller(spending.tenant), reserve(purse, caller(spending.tenant), DOLLAR), billed(DOLLAR))
    other = replace(spending, tenant=stranger)

    assert reserve(purse, caller(stranger), 9 * DOLLAR).amount == 9 * DOLLAR
    assert other.counters(budget) == []
    assert other.lines() == []
    assert list(other.ledger.sums(stranger, NOON_DAY, NOON_DAY)) == []
    assert other.ledger.line(stranger, "c1") is None
    assert other.budgets.budget(stranger, "b") is None
    assert list(other.budgets.budgets(stranger)) == []
    assert other.budgets.alerts(stranger, "b", limit=5).items == ()
    assert other.ledger.of_run(stranger, "r", limit=5).items == ()
    purse.settle(caller(stranger), reserve(purse, caller(stranger), 1), billed(2))
    assert spending.total(budget) == (0, 0, DOLLAR)
