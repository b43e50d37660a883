"""Runs that must wait: who is called in first, at which rate runs start, and that copies of a call call once."""

import pytest

from heddle.application.ports.rates import Rate
from heddle.domain.limits import Limits
from tests.support.graphs import plan_of, work
from tests.support.runs import TENANT, Stage


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.save(plan_of([work("a")]))
    return stage


def _line(stage: Stage) -> list[str]:
    """Return who stands in line, first one first, and empty it."""
    order: list[str] = []
    while (first := stage.slots.next_parked(TENANT)) is not None:
        order.append(str(first["id"]))
        stage.slots.unpark(TENANT, order[-1])
    return order


def test_parked_runs_stand_in_line_by_priority_then_by_age(stage: Stage) -> None:
    for _ in range(2):
        stage.dispatch(stage.start(), reason="requested")
    waiting = [stage.start(priority=priority) for priority in ("low", "normal", "high", "normal")]
    for run in waiting:
        assert stage.dispatch(run, reason="requested") == "parked"
        stage.sleep(1)

    low, first, high, second = (run["id"] for run in waiting)
    assert _line(stage) == [high, first, second, low]


def test_a_run_of_low_priority_is_not_starved_by_urgent_ones_that_keep_coming(stage: Stage) -> None:
    for _ in range(2):
        stage.dispatch(stage.start(), reason="requested")
    low = stage.start(priority="low")
    stage.dispatch(low, reason="requested")
    urgent = []
    for _ in range(40):
        stage.sleep(60)
        urgent.append(stage.start(priority="high"))
        stage.dispatch(urgent[-1], reason="requested")

    assert 25 <= _line(stage).index(low["id"]) <= 31


def test_what_goes_on_later_comes_in_by_the_queue_of_its_priority(stage: Stage) -> None:
    stage.save(plan_of([work("a")]), "quick", mode="express")
    run = stage.start(workflow_id="quick", priority="high")
    stage.dispatch(run, reason="requested")

    assert {(sent.reason, sent.priority) for sent in stage.queue.take()} == {("requested", "high"), ("watch", "high")}


def test_a_parked_run_is_called_in_by_the_queue_of_its_priority(stage: Stage) -> None:
    runs = [stage.start(priority="low") for _ in range(3)]
    for run in runs:
        stage.dispatch(run, reason="requested")
    stage.queue.take()

    stage.free_slot(TENANT, runs[0]["id"])

    assert [(sent.run["id"], sent.reason, sent.priority) for sent in stage.queue.take()] == [
        (runs[2]["id"], "slot", "low")
    ]


def test_a_run_that_is_tried_again_is_as_urgent_as_the_first(stage: Stage) -> None:
    run = stage.start(priority="high")

    again = stage.retry(TENANT, run["id"], start_over=True, principal="user:1", correlation_id="c")

    assert stage.state(again.run_id).priority == "high"
    assert stage.read(TENANT, again.run_id).summary.priority == "high"


def test_limits_are_those_of_the_moment(stage: Stage) -> None:
    runs = [stage.start() for _ in range(4)]

    stage.limits.tenants[TENANT] = Limits(concurrent_runs=1)
    before = [stage.dispatch(run, reason="requested") for run in runs[:2]]
    stage.limits.tenants[TENANT] = Limits(concurrent_runs=3)
    after = [stage.dispatch(run, reason="requested") for run in runs[1:]]

    assert before == ["started", "parked"]
    assert after == ["started", "started", "parked"]


def test_starts_above_the_rate_are_asked_for_again_later_and_not_lost(stage: Stage) -> None:
    stage.limits.default = Limits(concurrent_runs=100, starts_per_second=1, start_burst=2)
    runs = [stage.start(priority="low") for _ in range(4)]
    stage.queue.take()

    first = [stage.dispatch(run, reason="requested") for run in runs]
    again = stage.queue.take()
    stage.sleep(max(sent.delay_seconds for sent in again))
    second = [stage.dispatch(sent.run, reason=sent.reason) for sent in again]

    assert first == ["started", "started", "later", "later"]
    assert [(sent.run, sent.reason, sent.priority) for sent in again] == [(run, "requested", "low") for run in runs[2:]]
    assert all(sent.delay_seconds >= 1 for sent in again)
    assert second == ["started", "started"]


def test_the_rate_of_one_tenant_is_not_anothers(stage: Stage) -> None:
    stage.limits.default = Limits(concurrent_runs=100, starts_per_second=1, start_burst=1)
    stage.rates.take("globex", "starts", 1, Rate(1, 1), at=stage.monotonic())

    assert stage.dispatch(stage.start(), reason="requested") == "started"


def test_what_was_counted_once_is_not_counted_when_its_turn_comes(stage: Stage) -> None:
    stage.limits.default = Limits(concurrent_runs=1, starts_per_second=0.001, start_burst=2)
    first, second = stage.start(), stage.start()
    stage.dispatch(first, reason="requested")
    stage.dispatch(second, reason="requested")
    stage.free_slot(TENANT, first["id"])

    assert stage.dispatch(second, reason="slot") == "started"


def test_copies_of_a_call_to_a_run_that_is_at_work_call_nobody_else(stage: Stage) -> None:
    runs = [stage.start() for _ in range(4)]
    for run in runs:
        stage.dispatch(run, reason="requested")
    stage.free_slot(TENANT, runs[0]["id"])
    stage.queue.take()

    stage.dispatch(runs[2], reason="slot")
    called = [sent.run for sent in stage.queue.take()]
    for _ in range(3):
        stage.dispatch(runs[2], reason="slot")

    assert called == [runs[3]], "it came out of the line, and another slot may be free"
    assert stage.queue.take() == []


def test_copies_of_a_call_to_a_run_that_has_ended_call_nobody_else(stage: Stage) -> None:
    runs = [stage.start() for _ in range(4)]
    for run in runs:
        stage.dispatch(run, reason="requested")
    stage.cancel(TENANT, runs[0]["id"], reason="enough", principal="user:1", correlation_id="c")
    stage.queue.take()

    stage.dispatch(runs[0], reason="slot")
    called = [sent.run for sent in stage.queue.take()]
    for _ in range(3):
        stage.dispatch(runs[0], reason="slot")

    assert called == [runs[2]], "it gave back the slot that it still held"
    assert stage.queue.take() == []
