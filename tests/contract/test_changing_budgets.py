"""Several counters for one budget, and budgets that change while they are spent from."""

from dataclasses import replace

import pytest

from heddle.application.budgets.settle import booked
from heddle.application.ports.budgets import RESERVED, Call, Overtaken, Write
from heddle.domain.budgets.counter import Change, Counter, CounterKey
from heddle.errors import NodeError, VersionConflict
from tests.support.spending import DOLLAR, Bench, Mortal, at_second_look, billed, caller, refusal, reserve

# --- several counters for one budget


def test_a_call_larger_than_any_counter_brings_their_rests_together(spending: Bench) -> None:
    budget = spending.set(limit_usd="8", shards=8)

    grant = reserve(spending.purse(), caller(spending.tenant), 7 * DOLLAR)

    assert grant.amount == 7 * DOLLAR
    assert spending.total(budget) == (DOLLAR, 7 * DOLLAR, 0)
    assert refusal(spending, DOLLAR + 1).details["left_usd"] == "1"
    assert reserve(spending.purse(), caller(spending.tenant, "c2"), DOLLAR).amount == DOLLAR


def test_what_one_counter_owes_the_others_do_not_give_away(spending: Bench) -> None:
    budget = spending.set(limit_usd="10", shards=2)
    first, second = spending.purse(), spending.purse()
    a, b = caller(spending.tenant, "a"), caller(spending.tenant, "b")
    grant_a, grant_b = reserve(first, a, 3 * DOLLAR), reserve(second, b, 5 * DOLLAR)

    def meanwhile() -> None:
        second.settle(b, grant_b, billed(9 * DOLLAR))
        first.release(a, grant_a, reason="not made")

    late = spending.purse(store=Mortal(spending.spend, between=at_second_look(meanwhile)))
    with pytest.raises(NodeError) as raised:
        reserve(late, caller(spending.tenant, "c"), 2 * DOLLAR)

    assert raised.value.details["left_usd"] == "1"
    assert spending.total(budget) == (DOLLAR, 0, 9 * DOLLAR)
    assert reserve(spending.purse(), caller(spending.tenant, "d"), DOLLAR).amount == DOLLAR


# --- changes of a budget


@pytest.mark.parametrize("shards", [1, 4])
@pytest.mark.parametrize("limit", ["20", "5", "2"])
def test_another_limit_holds_in_the_window_that_has_begun(spending: Bench, shards: int, limit: str) -> None:
    spending.set(shards=shards)
    old = spending.purse()
    who = caller(spending.tenant)
    old.settle(who, reserve(old, who, 3 * DOLLAR), billed(3 * DOLLAR))

    budget = spending.set(limit_usd=limit, shards=shards)

    with pytest.raises(NodeError) as raised:
        reserve(old, caller(spending.tenant, "c2"), budget.limit)
    assert raised.value.details["left_usd"] == str(int(limit) - 3)
    left = budget.limit - 3 * DOLLAR
    if left > 0:
        assert reserve(old, caller(spending.tenant, "c3"), left).amount == left
    assert sum(counter.limit for counter in spending.counters(budget)) == budget.limit


@pytest.mark.parametrize("shards", [1, 4])
def test_a_window_is_not_begun_with_a_limit_that_has_just_been_changed(spending: Bench, shards: int) -> None:
    spending.set(limit_usd="100", shards=shards)

    def meanwhile() -> None:
        spending.set(limit_usd="1", shards=shards)

    late = spending.purse(store=Mortal(spending.spend, between=at_second_look(meanwhile)))
    with pytest.raises(NodeError) as raised:
        reserve(late, caller(spending.tenant), 2 * DOLLAR)

    assert raised.value.details["limit_usd"] == "1"


def test_a_budget_that_becomes_strict_counts_what_was_spent_while_it_only_warned(spending: Bench) -> None:
    spending.set(action="warn", limit_usd="1", shards=4)
    for number in range(8):
        reserve(spending.purse(seed=number), caller(spending.tenant, f"c{number}"), DOLLAR)

    spending.set(action="block", limit_usd="9", shards=4)

    assert refusal(spending, 2 * DOLLAR).details["left_usd"] == "1"
    assert reserve(spending.purse(), caller(spending.tenant, "c8"), DOLLAR).amount == DOLLAR


def test_a_budget_is_saved_by_whoever_saw_its_newest_version(spending: Bench) -> None:
    budget = spending.set()
    seen = spending.budgets.control(spending.tenant)
    spending.budgets.put(spending.tenant, replace(budget, version=2, limit=1), seen)

    with pytest.raises(VersionConflict):
        spending.budgets.put(
            spending.tenant, replace(budget, version=2, limit=2), spending.budgets.control(spending.tenant)
        )
    with pytest.raises(VersionConflict):
        spending.budgets.put(spending.tenant, replace(budget, version=3, limit=3), seen)
    with pytest.raises(VersionConflict):
        spending.budgets.delete(spending.tenant, budget, spending.budgets.control(spending.tenant))
    assert spending.budgets.budget(spending.tenant, "b") == replace(budget, version=2, limit=1)


def test_a_deleted_budget_holds_nobody_up_and_one_of_the_same_id_begins_anew(spending: Bench) -> None:
    old = spending.set(limit_usd="1")
    who, purse = caller(spending.tenant), spending.purse()
    grant = reserve(purse, who, DOLLAR)
    spending.budgets.delete(spending.tenant, old, spending.budgets.control(spending.tenant))
    reserve(purse, caller(spending.tenant, "c2"), 5 * DOLLAR)

    new = spending.set(limit_usd="1")
    purse.settle(who, grant, billed(DOLLAR))

    assert spending.total(old) == (0, 0, DOLLAR), "the call under way ends where it began"
    assert spending.counters(new) == []
    assert reserve(purse, caller(spending.tenant, "c3"), DOLLAR).amount == DOLLAR


def test_a_write_that_was_overtaken_wrote_nothing(spending: Bench) -> None:
    line = booked(caller(spending.tenant), billed(5), at="2026-11-20T12:00:00.000000+00:00")
    key = CounterKey("b", 1, "*", "2026-11-20")
    opened = Change(key, initial=Counter(10, 10))

    with pytest.raises(Overtaken):
        spending.spend.commit(
            spending.tenant, Write("c1", None, Call(RESERVED, line), changes=(opened,), same=(("absent", 1),))
        )

    look = spending.spend.look(spending.tenant, call_id="c1", keys=[key])
    assert (look.call, dict(look.counters)) == (None, {})
