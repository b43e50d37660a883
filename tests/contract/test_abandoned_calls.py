"""A call that nobody came back for is booked at its worst case, and corrected when the truth comes."""

from datetime import timedelta

import pytest

from tests.support.spending import DOLLAR, NOON_DAY, Bench, Clock, Mortal, billed, caller, reserve


def test_a_call_nobody_came_back_for_is_booked_at_its_worst_case(spending: Bench) -> None:
    budget = spending.set()
    reserve(spending.purse(), caller(spending.tenant), DOLLAR, seconds=60)

    spending.clock.pass_time(minutes=5)
    spending.sweeper()()
    early = spending.lines()
    spending.clock.pass_time(minutes=2)
    swept = [spending.sweeper()() for _ in range(2)]

    assert early == []
    assert swept[0] >= 1, "those of other tenants are swept as well"
    assert swept[1] == 0
    assert spending.total(budget) == (9 * DOLLAR, 0, DOLLAR)
    line = spending.ledger.line(spending.tenant, "c1")
    assert line is not None
    assert (line.outcome, line.cost, line.provider, line.run_id) == ("abandoned", DOLLAR, "openai", "r")


@pytest.mark.parametrize("cost", [0, 5, 2 * DOLLAR])
def test_the_truth_that_comes_late_corrects_counters_line_and_sums(spending: Bench, cost: int) -> None:
    budget, who = spending.set(shards=2), caller(spending.tenant)
    grant = reserve(spending.purse(), who, DOLLAR)
    spending.sweeper(clock=Clock(spending.clock.at + timedelta(days=2)))()

    for _ in range(2):
        spending.purse().settle(who, grant, billed(cost, model="m2", output_tokens=9))

    assert spending.total(budget) == (10 * DOLLAR - cost, 0, cost)
    assert [(line.cost, line.outcome, line.model) for line in spending.lines()] == [(cost, "ok", "m2")]
    (row,) = spending.ledger.sums(spending.tenant, NOON_DAY, NOON_DAY)
    assert (row.model, row.calls, row.cost, row.output_tokens, row.failed_calls) == ("m2", 1, cost, 9, 0)


def test_a_call_that_lapsed_and_was_never_made_costs_nothing(spending: Bench) -> None:
    budget, who = spending.set(), caller(spending.tenant)
    grant = reserve(spending.purse(), who, DOLLAR)
    spending.sweeper(clock=Clock(spending.clock.at + timedelta(days=2)))()

    spending.purse().release(who, grant, reason="it was not sent")

    assert spending.total(budget) == (10 * DOLLAR, 0, 0)
    assert [(line.cost, line.outcome) for line in spending.lines()] == [(0, "failed")]


def test_a_call_settled_while_it_was_being_swept_is_not_abandoned(spending: Bench) -> None:
    spending.set()
    who, later = caller(spending.tenant), Clock(spending.clock.at + timedelta(days=2))
    grant = reserve(spending.purse(), who, DOLLAR)

    class Slow(Mortal):
        """A store that finds the call lapsed just before it is settled."""

        def lapsed(self, shard: int, *, before: str, limit: int) -> object:
            found = super().lapsed(shard, before=before, limit=limit)
            spending.purse().settle(who, grant, billed(3))
            return found

    spending.sweeper(store=Slow(spending.spend), clock=later)()

    assert [(line.cost, line.outcome) for line in spending.lines()] == [(3, "ok")]


def test_a_settled_call_stays_settled_though_an_index_still_shows_it_as_lapsed(spending: Bench) -> None:
    spending.set()
    purse, who = spending.purse(), caller(spending.tenant)
    grant = reserve(purse, who, DOLLAR)
    purse.settle(who, grant, billed(3))

    lapsed = purse.end.lapse(spending.tenant, "c1", now=(spending.clock.at + timedelta(days=2)).isoformat())
    purse.settle(who, grant, billed(5))

    assert not lapsed
    assert [(line.cost, line.outcome) for line in spending.lines()] == [(3, "ok")]
