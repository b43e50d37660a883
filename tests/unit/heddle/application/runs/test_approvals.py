"""An approval is decided once, by whoever comes first, and no decision is lost between history and token."""

from typing import Any

import pytest

from heddle.application.execution.step import RunRef, Work
from heddle.errors import Conflict, NotFound
from tests.support.graphs import cheap, plan_of
from tests.support.runs import TENANT, Stage, anybody, approval


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.save(plan_of([approval("ask"), cheap("after")], [("ask", "after")]))
    return stage


def decide(stage: Stage, run: RunRef, decision: Any = "approve", by: str = "user:boss", node_id: str = "ask") -> Any:
    return stage.decide(
        TENANT, run["id"], node_id, decision=decision, comment="fine", by=by, correlation_id="c-2", may=anybody
    )


def waiting(stage: Stage) -> tuple[RunRef, Work]:
    run = stage.start()
    step = stage.begin(run)
    assert step["next"] == "callback"
    return run, step["work"]


def test_a_decision_is_recorded_and_wakes_the_strand_that_goes_on(stage: Stage) -> None:
    run, work = waiting(stage)
    stage.register(work, "token-1")

    decision = decide(stage, run)

    assert (decision.decision, decision.by) == ("approve", "user:boss")
    assert stage.waker.woken == ["token-1"]
    assert stage.callbacks.get(TENANT, run["id"], "ask") is None
    assert stage.kernel.step(work) == {"next": "end"}
    state = stage.state(run)
    assert state.status == "succeeded"
    assert state.node("ask").output["approved"] is True


def test_the_second_decision_is_refused_and_names_the_first(stage: Stage) -> None:
    run, work = waiting(stage)
    stage.register(work, "token-1")
    decide(stage, run)

    with pytest.raises(Conflict) as caught:
        decide(stage, run, "reject", by="user:late")

    assert caught.value.code == "approval_decided"
    assert caught.value.details["first"]["by"] == "user:boss"
    assert stage.state(run).node("ask").output["decision"] == "approve"


def test_a_decision_before_the_token_is_registered_wakes_at_registration(stage: Stage) -> None:
    run, work = waiting(stage)

    decide(stage, run)
    stage.register(work, "token-1")

    assert stage.waker.woken == ["token-1"]
    assert stage.callbacks.get(TENANT, run["id"], "ask") is None


def test_a_repeated_decision_wakes_a_strand_that_the_first_one_died_before_waking(stage: Stage) -> None:
    run, work = waiting(stage)
    stage.register(work, "token-1")
    callback = stage.callbacks.get(TENANT, run["id"], "ask")
    assert callback is not None
    decide(stage, run)
    stage.waker.woken.clear()
    stage.callbacks.put(callback)  # as if the first had recorded the decision and then died

    with pytest.raises(Conflict):
        decide(stage, run)

    assert stage.waker.woken == ["token-1"]


def test_what_the_approval_asks_is_shown_while_it_waits(stage: Stage) -> None:
    run, work = waiting(stage)

    stage.register(work, "token-1")

    (callback,) = stage.callbacks.list(TENANT, kind="approval", limit=10).items
    assert callback.run_id == run["id"]
    assert callback.details["message"] == "go on?"
    assert callback.expires_at is not None


def test_a_redelivered_registration_replaces_the_token(stage: Stage) -> None:
    run, work = waiting(stage)
    stage.register(work, "token-1")
    stage.register(work, "token-2")

    decide(stage, run)

    assert stage.waker.woken == ["token-2"]


def test_a_run_that_only_waits_for_a_person_gives_its_slot_to_another(stage: Stage) -> None:
    run, work = waiting(stage)
    stage.slots.acquire(TENANT, run["id"], limit=1)

    stage.register(work, "token-1")

    assert stage.slots.acquire(TENANT, "another", limit=1)


def test_an_unknown_node_is_not_found(stage: Stage) -> None:
    run, _ = waiting(stage)

    with pytest.raises(NotFound):
        decide(stage, run, node_id="after")


def test_an_approval_of_a_cancelled_run_does_not_wait(stage: Stage) -> None:
    run, work = waiting(stage)
    stage.register(work, "token-1")
    stage.cancel(TENANT, run["id"], reason="", principal="user:1", correlation_id="c")

    with pytest.raises(Conflict) as caught:
        decide(stage, run)

    assert caught.value.code == "approval_not_waiting"


def test_the_time_that_is_up_decides_by_default() -> None:
    stage = Stage()
    stage.save(plan_of([approval("ask", timeout=60, default="reject")]))
    run, work = waiting(stage)
    stage.register(work, "token-1")
    stage.sleep(61)

    stage.kernel.step({**work, "do": "timed_out"})

    assert stage.state(run).node("ask").output["timed_out"] is True
    with pytest.raises(Conflict, match="its time was up"):
        decide(stage, run)
