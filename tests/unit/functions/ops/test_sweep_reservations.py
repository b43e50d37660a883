"""The timer's function settles what has lapsed, of all tenants, in the time that it has."""

from datetime import timedelta

import pytest

from functions.ops.sweep_reservations import handler
from heddle.adapters.memory.spend import MemorySpend
from tests.support.lambdas import Context
from tests.support.spending import DOLLAR, NOON, Bench, Clock, caller, reserve


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    store = MemorySpend()
    bench = Bench("acme", store, store, store)
    sweep = bench.sweeper(clock=Clock(NOON + timedelta(hours=1)))
    monkeypatch.setattr(handler, "use_case", lambda: sweep)
    for tenant in ("acme", "other"):
        for number in range(3):
            reserve(bench.purse(), caller(tenant, f"c{number}"), DOLLAR)
    return bench


def test_what_has_lapsed_is_settled_once(bench: Bench) -> None:
    answers = [handler.lambda_handler({}, Context()) for _ in range(2)]

    assert answers == [{"settled": 6}, {"settled": 0}]
    assert [line.outcome for line in bench.lines()] == ["abandoned"] * 3


def test_what_there_is_no_time_for_is_left_to_the_next_one(bench: Bench) -> None:
    assert handler.lambda_handler({}, Context(seconds=5)) == {"settled": 0}
    assert handler.lambda_handler({}, Context()) == {"settled": 6}
