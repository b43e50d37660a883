"""What the purse, the ledger and the store of budgets promise, whatever keeps them."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from heddle.application.budgets.settle import booked
from heddle.application.ports.budgets import RESERVED, Call, Overtaken, Write
from heddle.domain.budgets.counter import Change, Counter, CounterKey
from heddle.errors import NodeError, VersionConflict
from tests.contract.aws import Stores
from tests.support.spending import DOLLAR, NOON_DAY, Bench, Clock, Mortal, billed, caller, reserve


@pytest.fixture
def bench(stores: Stores, tenant: str) -> Bench:
    return Bench(tenant, stores.spend, stores.budgets, stores.ledger, stores.events)


def refusal(bench: Bench, amount: int, call_id: str = "refused", **values: object) -> NodeError:
    """Return the error of a reservation that must be refused."""
    with pytest.raises(NodeError) as raised:
        reserve(bench.purse(), caller(bench.tenant, call_id, **values), amount)
    assert not raised.value.retryable
    return raised.value


def at_second_look(act: Callable[[], None]) -> Callable[[], None]:
    """Return what acts once, when a purse has looked the second time: with the first look it learns of the budgets."""
    looks = itertools.count(1)

    def between() -> None:
        if next(looks) == 2:
            act()

    return between


# --- reserve, settle, release


def test_a_call_takes_its_worst_case_and_gives_back_what_it_did_not_need(bench: Bench) -> None:
    budget, purse, who = bench.set(), bench.purse(), caller(bench.tenant)

    grant = reserve(purse, who, 4 * DOLLAR)
    taken = bench.total(budget)
    purse.settle(who, grant, billed(DOLLAR))

    assert (grant.call_id, grant.amount, grant.downgrade_to) == ("c1", 4 * DOLLAR, None)
    assert taken == (6 * DOLLAR, 4 * DOLLAR, 0)
    assert bench.total(budget) == (9 * DOLLAR, 0, DOLLAR)


def test_a_call_is_taken_from_every_budget_that_covers_it_and_no_other(bench: Bench) -> None:
    covering = [
        (bench.set("tenant"), "*", "2026-11-20"),
        (bench.set("hour", period="hour"), "*", "2026-11-20T12"),
        (bench.set("month", period="month", shards=3), "*", "2026-11"),
        (bench.set("total", period="total"), "*", "total"),
        (bench.set("each-user", scope="user", subject="*"), "ada", "2026-11-20"),
        (bench.set("ada", scope="user", subject="user:ada"), "ada", "2026-11-20"),
        (bench.set("flow", scope="workflow", subject="w"), "w", "2026-11-20"),
        (bench.set("runs", scope="run", subject="*", period="run"), "r", "r"),
        (bench.set("runs-of-w", scope="workflow", subject="w", period="run"), "w", "r"),
    ]
    others = [
        (bench.set("bob", scope="user", subject="bob"), "bob", "2026-11-20"),
        (bench.set("keys", scope="api_key", subject="*"), "ada", "2026-11-20"),
        (bench.set("other-flow", scope="workflow", subject="x"), "x", "2026-11-20"),
    ]

    reserve(bench.purse(), caller(bench.tenant), DOLLAR)

    for budget, subject, window in covering:
        assert bench.total(budget, subject, window)[1] == DOLLAR, budget.id
    for budget, subject, window in others:
        assert bench.counters(budget, subject, window) == [], budget.id


def test_a_key_pays_from_the_budgets_of_keys(bench: Bench) -> None:
    budget = bench.set(scope="api_key", subject="*")

    reserve(bench.purse(), caller(bench.tenant, principal="key:k1"), DOLLAR)

    assert bench.total(budget, "k1")[1] == DOLLAR


def test_outside_of_a_run_the_budgets_of_runs_do_not_count(bench: Bench) -> None:
    budget = bench.set(scope="run", subject="*", period="run", limit_usd="0")
    who = caller(bench.tenant, workflow_id="", run_id="", root_run_id="", run_budget="0")

    grant = reserve(bench.purse(), who, DOLLAR)

    assert grant.amount == DOLLAR
    assert bench.counters(budget, "", "") == []


def test_what_does_not_fit_is_refused_and_takes_nothing_anywhere(bench: Bench) -> None:
    wide, narrow = bench.set("wide", limit_usd="100"), bench.set("narrow", scope="user", subject="*", limit_usd="1.5")
    reserve(bench.purse(), caller(bench.tenant, "c0"), DOLLAR)

    error = refusal(bench, DOLLAR)

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
    assert bench.total(wide)[1] == bench.total(narrow, "ada")[1] == DOLLAR
    assert reserve(bench.purse(), caller(bench.tenant, principal="user:bob"), DOLLAR).amount == DOLLAR


@pytest.mark.parametrize("amount", [0, 1, DOLLAR])
def test_a_budget_of_zero_blocks_at_once(bench: Bench, amount: int) -> None:
    bench.set(limit_usd="0")

    assert refusal(bench, amount).code == "budget_exceeded"


def test_the_last_picodollar_can_be_spent_and_not_one_more(bench: Bench) -> None:
    bench.set(limit_usd="0.000000000003", shards=2)

    reserve(bench.purse(), caller(bench.tenant, "c1"), 2)

    assert refusal(bench, 2).details["left_usd"] == "0.000000000001"
    reserve(bench.purse(), caller(bench.tenant, "c2"), 1)
    assert refusal(bench, 1).details["left_usd"] == "0"


def test_the_budget_of_a_run_covers_the_whole_tree_of_runs(bench: Bench) -> None:
    parent = caller(bench.tenant, "c1", run_budget="1")
    child = caller(bench.tenant, "c2", run_id="r.child", root_run_id="r", run_budget="1", workflow_id="other")

    reserve(bench.purse(), parent, DOLLAR // 2)

    error = refusal(bench, DOLLAR, "c3", run_id="r.child", root_run_id="r", run_budget="1")
    assert (error.details["scope"], error.details["subject"], error.details["limit_usd"]) == ("run", "r", "1")
    assert reserve(bench.purse(), child, DOLLAR // 2).amount == DOLLAR // 2


def test_reserving_twice_reserves_once(bench: Bench) -> None:
    budget, who = bench.set(), caller(bench.tenant)

    grants = [reserve(bench.purse(), who, amount) for amount in (DOLLAR, 2 * DOLLAR)]

    assert [grant.amount for grant in grants] == [DOLLAR, DOLLAR]
    assert bench.total(budget)[1] == DOLLAR


def test_a_call_that_is_paid_for_cannot_be_reserved_again(bench: Bench) -> None:
    bench.set()
    who, purse = caller(bench.tenant), bench.purse()
    purse.settle(who, reserve(purse, who, DOLLAR), billed(1))

    with pytest.raises(NodeError) as raised:
        reserve(purse, who, DOLLAR)

    assert raised.value.code == "call_settled"


def test_settling_twice_books_once(bench: Bench) -> None:
    budget, purse, who = bench.set(), bench.purse(), caller(bench.tenant)
    grant = reserve(purse, who, DOLLAR)

    for cost in (300, 300, 700):
        purse.settle(who, grant, billed(cost))

    assert bench.total(budget) == (10 * DOLLAR - 300, 0, 300)
    assert [line.cost for line in bench.lines()] == [300]
    assert [row.calls for row in bench.ledger.sums(bench.tenant, NOON_DAY, NOON_DAY)] == [1]


def test_releasing_gives_everything_back_once_and_leaves_no_line(bench: Bench) -> None:
    budget, purse, who = bench.set(), bench.purse(), caller(bench.tenant)
    grant = reserve(purse, who, DOLLAR)
    reserve(purse, caller(bench.tenant, "c2"), DOLLAR)

    for _ in range(2):
        purse.release(who, grant, reason="connection refused")

    assert bench.total(budget) == (9 * DOLLAR, DOLLAR, 0)
    assert bench.ledger.line(bench.tenant, "c1") is None
    assert bench.lines() == []
    assert reserve(purse, who, 2 * DOLLAR).amount == 2 * DOLLAR, "the call may be tried again under its id"


def test_what_cost_more_than_was_reserved_is_booked_as_it_was(bench: Bench) -> None:
    budget, purse, who = bench.set(limit_usd="1"), bench.purse(), caller(bench.tenant)

    purse.settle(who, reserve(purse, who, DOLLAR), billed(3 * DOLLAR))

    assert bench.total(budget) == (-2 * DOLLAR, 0, 3 * DOLLAR)
    assert refusal(bench, 1).details["left_usd"] == "-2"


def test_a_call_that_needed_no_reservation_is_booked_once(bench: Bench) -> None:
    budget, purse = bench.set(), bench.purse()

    for _ in range(2):
        purse.book(caller(bench.tenant), billed(0, cached=True))

    assert bench.counters(budget) == []
    (line,), (row,) = bench.lines(), bench.ledger.sums(bench.tenant, NOON_DAY, NOON_DAY)
    assert (line.cached, line.cost, row.cached_calls, row.calls) == (True, 0, 1, 1)


def test_money_that_was_spent_without_a_reservation_is_counted_all_the_same(bench: Bench) -> None:
    budget, full = bench.set("b", shards=3), bench.set("full", limit_usd="0", period="month")

    for _ in range(2):
        bench.purse().book(caller(bench.tenant), billed(5 * DOLLAR))

    assert bench.total(budget) == (5 * DOLLAR, 0, 5 * DOLLAR)
    assert bench.total(full, window="2026-11") == (-5 * DOLLAR, 0, 5 * DOLLAR)
    assert [line.cost for line in bench.lines()] == [5 * DOLLAR]


# --- actions


def test_a_budget_that_warns_lets_everything_through(bench: Bench) -> None:
    budget, purse = bench.set(action="warn", limit_usd="1", shards=2), bench.purse()

    for number in range(3):
        who = caller(bench.tenant, f"c{number}")
        purse.settle(who, reserve(purse, who, 2 * DOLLAR), billed(2 * DOLLAR))

    assert bench.total(budget) == (-5 * DOLLAR, 0, 6 * DOLLAR)
    assert bench.announced(budget) == [50, 80, 95, 100]


def test_a_budget_that_downgrades_names_the_alias_and_reserves_nothing(bench: Bench) -> None:
    budget = bench.set(action="downgrade", downgrade_to="fast", limit_usd="1")

    grant = reserve(bench.purse(), caller(bench.tenant), 2 * DOLLAR, alias="best")

    assert (grant.amount, grant.downgrade_to) == (0, "fast")
    assert bench.counters(budget) == []
    assert reserve(bench.purse(), caller(bench.tenant), DOLLAR, alias="fast").amount == DOLLAR


def test_there_is_nothing_below_the_alias_that_a_budget_downgrades_to(bench: Bench) -> None:
    bench.set(action="downgrade", downgrade_to="fast", limit_usd="1")

    with pytest.raises(NodeError) as raised:
        reserve(bench.purse(), caller(bench.tenant), 2 * DOLLAR, alias="fast")

    assert raised.value.code == "budget_exceeded"


def test_a_budget_may_ask_for_approval(bench: Bench) -> None:
    bench.set(action="approve", scope="workflow", subject="w", limit_usd="1")

    error = refusal(bench, 2 * DOLLAR)

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
    bench: Bench, refusing: tuple[str, ...], winner: str
) -> None:
    for action in ("warn", "downgrade", "approve", "block"):
        alias = "fast" if action == "downgrade" else None
        bench.set(action, action=action, downgrade_to=alias, limit_usd="1" if action in refusing else "9")

    try:
        grant = reserve(bench.purse(), caller(bench.tenant), 2 * DOLLAR)
        outcome = f"downgrade to {grant.downgrade_to}" if grant.downgrade_to else "granted"
    except NodeError as error:
        outcome = f"{error.code} {error.details['budget_id']}"

    assert outcome == winner


# --- time


def test_the_window_is_that_of_the_reservation_whenever_it_is_settled(bench: Bench) -> None:
    bench.clock.at = bench.clock.at.replace(hour=23, minute=59, second=59)
    budget, who = bench.set(), caller(bench.tenant)
    grant = reserve(bench.purse(), who, DOLLAR)

    bench.purse(clock=Clock(bench.clock.at + timedelta(hours=1))).settle(who, grant, billed(7))

    assert bench.total(budget) == (10 * DOLLAR - 7, 0, 7)
    assert bench.counters(budget, window="2026-11-21") == []
    assert [line.cost for line in bench.lines()] == [7]


def test_a_new_window_begins_with_the_whole_limit(bench: Bench) -> None:
    budget = bench.set(limit_usd="1")
    reserve(bench.purse(), caller(bench.tenant, "c1"), DOLLAR)
    refusal(bench, DOLLAR)

    bench.clock.pass_time(hours=12)

    assert reserve(bench.purse(), caller(bench.tenant, "c2"), DOLLAR).amount == DOLLAR
    assert bench.total(budget, window="2026-11-21")[1] == DOLLAR


# --- what is abandoned


def test_a_call_nobody_came_back_for_is_booked_at_its_worst_case(bench: Bench) -> None:
    budget = bench.set()
    reserve(bench.purse(), caller(bench.tenant), DOLLAR, seconds=60)

    bench.clock.pass_time(minutes=5)
    bench.sweeper()()
    early = bench.lines()
    bench.clock.pass_time(minutes=2)
    swept = [bench.sweeper()() for _ in range(2)]

    assert early == []
    assert swept[0] >= 1, "those of other tenants are swept as well"
    assert swept[1] == 0
    assert bench.total(budget) == (9 * DOLLAR, 0, DOLLAR)
    line = bench.ledger.line(bench.tenant, "c1")
    assert line is not None
    assert (line.outcome, line.cost, line.provider, line.run_id) == ("abandoned", DOLLAR, "openai", "r")


@pytest.mark.parametrize("cost", [0, 5, 2 * DOLLAR])
def test_the_truth_that_comes_late_corrects_counters_line_and_sums(bench: Bench, cost: int) -> None:
    budget, who = bench.set(shards=2), caller(bench.tenant)
    grant = reserve(bench.purse(), who, DOLLAR)
    bench.sweeper(clock=Clock(bench.clock.at + timedelta(days=2)))()

    for _ in range(2):
        bench.purse().settle(who, grant, billed(cost, model="m2", output_tokens=9))

    assert bench.total(budget) == (10 * DOLLAR - cost, 0, cost)
    assert [(line.cost, line.outcome, line.model) for line in bench.lines()] == [(cost, "ok", "m2")]
    (row,) = bench.ledger.sums(bench.tenant, NOON_DAY, NOON_DAY)
    assert (row.model, row.calls, row.cost, row.output_tokens, row.failed_calls) == ("m2", 1, cost, 9, 0)


def test_a_call_that_lapsed_and_was_never_made_costs_nothing(bench: Bench) -> None:
    budget, who = bench.set(), caller(bench.tenant)
    grant = reserve(bench.purse(), who, DOLLAR)
    bench.sweeper(clock=Clock(bench.clock.at + timedelta(days=2)))()

    bench.purse().release(who, grant, reason="it was not sent")

    assert bench.total(budget) == (10 * DOLLAR, 0, 0)
    assert [(line.cost, line.outcome) for line in bench.lines()] == [(0, "failed")]


def test_a_call_settled_while_it_was_being_swept_is_not_abandoned(bench: Bench) -> None:
    bench.set()
    who, later = caller(bench.tenant), Clock(bench.clock.at + timedelta(days=2))
    grant = reserve(bench.purse(), who, DOLLAR)

    class Slow(Mortal):
        """A store that finds the call lapsed just before it is settled."""

        def lapsed(self, shard: int, *, before: str, limit: int) -> object:
            found = super().lapsed(shard, before=before, limit=limit)
            bench.purse().settle(who, grant, billed(3))
            return found

    bench.sweeper(store=Slow(bench.spend), clock=later)()

    assert [(line.cost, line.outcome) for line in bench.lines()] == [(3, "ok")]


# --- several counters for one budget


def test_a_call_larger_than_any_counter_brings_their_rests_together(bench: Bench) -> None:
    budget = bench.set(limit_usd="8", shards=8)

    grant = reserve(bench.purse(), caller(bench.tenant), 7 * DOLLAR)

    assert grant.amount == 7 * DOLLAR
    assert bench.total(budget) == (DOLLAR, 7 * DOLLAR, 0)
    assert refusal(bench, DOLLAR + 1).details["left_usd"] == "1"
    assert reserve(bench.purse(), caller(bench.tenant, "c2"), DOLLAR).amount == DOLLAR


def test_what_one_counter_owes_the_others_do_not_give_away(bench: Bench) -> None:
    budget = bench.set(limit_usd="10", shards=2)
    first, second = bench.purse(), bench.purse()
    a, b = caller(bench.tenant, "a"), caller(bench.tenant, "b")
    grant_a, grant_b = reserve(first, a, 3 * DOLLAR), reserve(second, b, 5 * DOLLAR)

    def meanwhile() -> None:
        second.settle(b, grant_b, billed(9 * DOLLAR))
        first.release(a, grant_a, reason="not made")

    late = bench.purse(store=Mortal(bench.spend, between=at_second_look(meanwhile)))
    with pytest.raises(NodeError) as raised:
        reserve(late, caller(bench.tenant, "c"), 2 * DOLLAR)

    assert raised.value.details["left_usd"] == "1"
    assert bench.total(budget) == (DOLLAR, 0, 9 * DOLLAR)
    assert reserve(bench.purse(), caller(bench.tenant, "d"), DOLLAR).amount == DOLLAR


# --- changes of a budget


@pytest.mark.parametrize("shards", [1, 4])
@pytest.mark.parametrize("limit", ["20", "5", "2"])
def test_another_limit_holds_in_the_window_that_has_begun(bench: Bench, shards: int, limit: str) -> None:
    bench.set(shards=shards)
    old = bench.purse()
    who = caller(bench.tenant)
    old.settle(who, reserve(old, who, 3 * DOLLAR), billed(3 * DOLLAR))

    budget = bench.set(limit_usd=limit, shards=shards)

    with pytest.raises(NodeError) as raised:
        reserve(old, caller(bench.tenant, "c2"), budget.limit)
    assert raised.value.details["left_usd"] == str(int(limit) - 3)
    left = budget.limit - 3 * DOLLAR
    if left > 0:
        assert reserve(old, caller(bench.tenant, "c3"), left).amount == left
    assert sum(counter.limit for counter in bench.counters(budget)) == budget.limit


@pytest.mark.parametrize("shards", [1, 4])
def test_a_window_is_not_begun_with_a_limit_that_has_just_been_changed(bench: Bench, shards: int) -> None:
    bench.set(limit_usd="100", shards=shards)

    def meanwhile() -> None:
        bench.set(limit_usd="1", shards=shards)

    late = bench.purse(store=Mortal(bench.spend, between=at_second_look(meanwhile)))
    with pytest.raises(NodeError) as raised:
        reserve(late, caller(bench.tenant), 2 * DOLLAR)

    assert raised.value.details["limit_usd"] == "1"


def test_a_budget_that_becomes_strict_counts_what_was_spent_while_it_only_warned(bench: Bench) -> None:
    bench.set(action="warn", limit_usd="1", shards=4)
    for number in range(8):
        reserve(bench.purse(seed=number), caller(bench.tenant, f"c{number}"), DOLLAR)

    bench.set(action="block", limit_usd="9", shards=4)

    assert refusal(bench, 2 * DOLLAR).details["left_usd"] == "1"
    assert reserve(bench.purse(), caller(bench.tenant, "c8"), DOLLAR).amount == DOLLAR


def test_a_budget_is_saved_by_whoever_saw_its_newest_version(bench: Bench) -> None:
    budget = bench.set()
    seen = bench.budgets.control(bench.tenant)
    bench.budgets.put(bench.tenant, replace(budget, version=2, limit=1), seen)

    with pytest.raises(VersionConflict):
        bench.budgets.put(bench.tenant, replace(budget, version=2, limit=2), bench.budgets.control(bench.tenant))
    with pytest.raises(VersionConflict):
        bench.budgets.put(bench.tenant, replace(budget, version=3, limit=3), seen)
    with pytest.raises(VersionConflict):
        bench.budgets.delete(bench.tenant, budget, bench.budgets.control(bench.tenant))
    assert bench.budgets.budget(bench.tenant, "b") == replace(budget, version=2, limit=1)


def test_a_deleted_budget_holds_nobody_up_and_one_of_the_same_id_begins_anew(bench: Bench) -> None:
    old = bench.set(limit_usd="1")
    who, purse = caller(bench.tenant), bench.purse()
    grant = reserve(purse, who, DOLLAR)
    bench.budgets.delete(bench.tenant, old, bench.budgets.control(bench.tenant))
    reserve(purse, caller(bench.tenant, "c2"), 5 * DOLLAR)

    new = bench.set(limit_usd="1")
    purse.settle(who, grant, billed(DOLLAR))

    assert bench.total(old) == (0, 0, DOLLAR), "the call under way ends where it began"
    assert bench.counters(new) == []
    assert reserve(purse, caller(bench.tenant, "c3"), DOLLAR).amount == DOLLAR


def test_a_write_that_was_overtaken_wrote_nothing(bench: Bench) -> None:
    line = booked(caller(bench.tenant), billed(5), at="2026-11-20T12:00:00.000000+00:00")
    key = CounterKey("b", 1, "*", "2026-11-20")
    opened = Change(key, initial=Counter(10, 10))

    with pytest.raises(Overtaken):
        bench.spend.commit(
            bench.tenant, Write("c1", None, Call(RESERVED, line), changes=(opened,), same=(("absent", 1),))
        )

    look = bench.spend.look(bench.tenant, call_id="c1", keys=[key])
    assert (look.call, dict(look.counters)) == (None, {})


# --- tenants


def test_nobody_spends_from_or_sees_what_belongs_to_another_tenant(bench: Bench, stranger: str) -> None:
    budget, purse = bench.set(limit_usd="1"), bench.purse()
    purse.settle(caller(bench.tenant), reserve(purse, caller(bench.tenant), DOLLAR), billed(DOLLAR))
    other = replace(bench, tenant=stranger)

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
    assert bench.total(budget) == (0, 0, DOLLAR)
