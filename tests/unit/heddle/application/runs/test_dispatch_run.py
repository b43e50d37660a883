"""Runs come out of the queue once each, within their tenant's limit, and nobody waits for another tenant."""

import pytest

from heddle.application.execution.step import RunRef
from heddle.application.runs.names import execution_name
from heddle.application.runs.request_run import Parent
from heddle.domain.engine import commands
from heddle.domain.events.envelope import Metadata
from heddle.errors import NotFound
from tests.support.graphs import cheap, plan_of, work
from tests.support.runs import TENANT, Stage, approval


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.save(plan_of([work("a")]))
    return stage


def test_a_run_starts_under_its_own_name(stage: Stage) -> None:
    run = stage.start()

    assert stage.dispatch(run, reason="requested") == "started"
    assert stage.orchestrator.started[run["id"]].mode == "standard"
    assert stage.orchestrator.started[run["id"]].work["do"] == "start"


def test_a_message_that_comes_twice_starts_once(stage: Stage) -> None:
    run = stage.start()

    stage.dispatch(run, reason="requested")
    stage.dispatch(run, reason="requested")

    assert list(stage.orchestrator.started) == [run["id"]]


def test_a_run_above_the_limit_is_parked_and_called_in_when_another_ends(stage: Stage) -> None:
    first, second, third = (stage.start() for _ in range(3))
    stage.queue.take()

    assert [stage.dispatch(run, reason="requested") for run in (first, second, third)] == [
        "started",
        "started",
        "parked",
    ]
    stage.cancel(TENANT, first["id"], reason="", principal="user:1", correlation_id="c")
    assert stage.release(TENANT, first["id"], correlation_id="c") == third["id"]
    (sent,) = stage.queue.take()
    assert stage.dispatch(sent.run, reason=sent.reason) == "started"
    assert stage.slots.next_parked(TENANT) is None


def test_another_tenant_does_not_wait_for_a_full_one(stage: Stage) -> None:
    for _ in range(3):
        stage.dispatch(stage.start(), reason="requested")

    assert stage.slots.acquire("other", "r", limit=2)


def test_a_slot_that_came_free_while_parking_is_taken_at_once(stage: Stage) -> None:
    for _ in range(2):
        stage.dispatch(stage.start(), reason="requested")
    run = stage.start()
    park = stage.slots.park

    def park_as_another_ends(*args: object, **kwargs: object) -> None:
        park(*args, **kwargs)  # type: ignore[arg-type]
        stage.slots.release(TENANT, next(iter(stage.orchestrator.started)))

    stage.slots.park = park_as_another_ends  # type: ignore[method-assign]

    assert stage.dispatch(run, reason="requested") == "started"


def test_a_run_that_ended_is_acknowledged_and_gives_its_slot_back(stage: Stage) -> None:
    run = stage.start()
    stage.dispatch(run, reason="requested")
    stage.cancel(TENANT, run["id"], reason="", principal="user:1", correlation_id="c")

    assert stage.dispatch(run, reason="requested") == "ended"
    assert stage.slots.acquire(TENANT, "x", limit=1)


def test_an_inline_run_is_carried_out_without_a_state_machine() -> None:
    stage = Stage()
    stage.save(plan_of([cheap("a"), cheap("b")], [("a", "b")]), mode="inline")
    run = stage.start()

    assert stage.dispatch(run, reason="requested") == "inline"
    assert stage.state(run).status == "succeeded"
    assert stage.orchestrator.started == {}


def test_an_express_run_is_looked_at_again_and_finished_by_a_standard_execution(stage: Stage) -> None:
    stage.save(plan_of([work("a")]), "quick", mode="express")
    run = stage.start(workflow_id="quick")
    stage.queue.take()

    stage.dispatch(run, reason="requested")
    (watch,) = stage.queue.take()
    assert (watch.reason, watch.delay_seconds) == ("watch", 330)
    stage.dispatch(run, reason="watch")

    again = stage.orchestrator.started[f"{run['id']}.w1"]
    assert (again.mode, again.work["do"]) == ("standard", "lost")


def died(stage: Stage, run: RunRef) -> str:
    """Let the execution that was started last die, and tell so."""
    stage.orchestrator.stop(list(stage.orchestrator.started)[-1], cause="nobody knows")
    return stage.dispatch(run, reason="watch")


def test_a_run_whose_execution_died_is_taken_up_by_another_execution(stage: Stage) -> None:
    run = stage.start()
    stage.dispatch(run, reason="requested")
    stage.begin(run)

    assert died(stage, run) == "started"
    again = stage.orchestrator.started[f"{run['id']}.w1"]
    assert (again.mode, again.work["do"]) == ("standard", "lost")
    assert stage.dispatch(run, reason="watch") == "carried"
    assert died(stage, run) == "started"
    assert list(stage.orchestrator.started) == [run["id"], f"{run['id']}.w1", f"{run['id']}.w2"]


def test_a_run_that_a_resumption_or_a_continuation_carries_is_not_started_beside_itself(stage: Stage) -> None:
    run = stage.start()
    stage.dispatch(run, reason="requested")
    stage.begin(run)
    stage.cancel(TENANT, run["id"], reason="", principal="user:1", correlation_id="c")
    stage.kernel.log.change(
        TENANT, run["id"], commands.CheckDeadline("2027-01-01T00:00:00+00:00"), metadata=Metadata("c")
    )
    stage.resume(TENANT, run["id"], principal="user:1", correlation_id="c")
    stage.dispatch(run, reason="resumed")

    stage.orchestrator.stop(run["id"], cause="the run was cancelled")

    assert stage.dispatch(run, reason="watch") == "carried"
    assert list(stage.orchestrator.started) == [run["id"], f"{run['id']}-1"]


def test_an_execution_that_was_stopped_because_the_run_ended_revives_nothing(stage: Stage) -> None:
    stage.save(plan_of([approval("ask")]), "asks")
    run = stage.start(workflow_id="asks")
    stage.dispatch(run, reason="requested")
    stage.begin(run)
    stage.cancel(TENANT, run["id"], reason="", principal="user:1", correlation_id="c")
    stage.release(TENANT, run["id"], correlation_id="c")

    assert run["id"] in stage.orchestrator.stopped
    assert stage.dispatch(run, reason="watch") == "ended"
    assert list(stage.orchestrator.started) == [run["id"]]


def test_every_execution_of_a_run_is_stopped_when_it_ends(stage: Stage) -> None:
    stage.save(plan_of([approval("ask")]), "asks")
    run = stage.start(workflow_id="asks")
    stage.dispatch(run, reason="requested")
    stage.begin(run)
    died(stage, run)
    stage.cancel(TENANT, run["id"], reason="", principal="user:1", correlation_id="c")
    stage.release(TENANT, run["id"], correlation_id="c")

    assert set(stage.orchestrator.stopped) == {run["id"], f"{run['id']}.w1"}


def test_a_run_that_kills_every_execution_fails_in_the_end(stage: Stage) -> None:
    run = stage.start()
    stage.dispatch(run, reason="requested")
    stage.begin(run)

    outcomes = [died(stage, run) for _ in range(5)]

    assert outcomes == ["started"] * 4 + ["given up"]
    assert (error := stage.state(run).error) is not None
    assert error["code"] == "execution_lost"
    assert stage.dispatch(run, reason="watch") == "ended"


def test_a_dead_run_that_had_to_wait_for_a_slot_is_taken_up_when_it_gets_one(stage: Stage) -> None:
    run = stage.start()
    stage.dispatch(run, reason="requested")
    stage.begin(run)
    stage.slots.release(TENANT, run["id"])
    others = [stage.start(), stage.start()]
    for other in others:
        stage.dispatch(other, reason="requested")
    stage.orchestrator.stop(run["id"], cause="nobody knows")

    assert stage.dispatch(run, reason="watch") == "parked"
    stage.slots.release(TENANT, others[0]["id"])
    assert stage.dispatch(run, reason="slot") == "started"
    assert f"{run['id']}.w1" in stage.orchestrator.started


def test_an_express_run_that_has_begun_is_not_started_beside_itself(stage: Stage) -> None:
    stage.save(plan_of([work("a")]), "quick", mode="express")
    run = stage.start(workflow_id="quick")
    stage.dispatch(run, reason="requested")
    stage.begin(run)
    stage.orchestrator.started.clear()

    stage.dispatch(run, reason="requested")

    assert stage.orchestrator.started == {}


def test_a_sub_run_needs_no_slot_because_its_parent_has_one(stage: Stage) -> None:
    for _ in range(2):
        stage.dispatch(stage.start(), reason="requested")
    child = stage.start(parent=Parent("01JPARENT", "n", 1))

    assert stage.dispatch(child, reason="requested") == "started"


def test_a_resumed_run_starts_an_execution_of_another_name(stage: Stage) -> None:
    run = stage.start()
    stage.cancel(TENANT, run["id"], reason="", principal="user:1", correlation_id="c")
    stage.resume(TENANT, run["id"], principal="user:1", correlation_id="c")

    stage.dispatch(run, reason="resumed")

    assert list(stage.orchestrator.started) == [execution_name(run["id"], 1)] == [f"{run['id']}-1"]


def test_a_run_that_was_never_requested_is_an_error_for_the_dead_letter_queue(stage: Stage) -> None:
    unknown: RunRef = {"tenant": TENANT, "id": "nope", "correlation_id": "c"}

    with pytest.raises(NotFound):
        stage.dispatch(unknown, reason="requested")
