"""A node that needs leave waits for a person; allowed, it is begun again, and rejected, it fails."""

from collections.abc import Callable
from typing import Any, Literal

import pytest

from heddle.application.execution.step import RunRef, Work
from heddle.domain.engine.plan import PlanNode, RetryPolicy
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import ApprovalNeeded, Forbidden, NotFound
from heddle.testing.run_workflow import run_workflow
from tests.support.graphs import ForEach, cheap, plan_of
from tests.support.runs import NOON, TENANT, Stage, anybody


class Careful:
    """Asks for leave until it has got it."""

    def __init__(self) -> None:
        self.allowed = False
        self.attempts: list[int] = []

    def __call__(self, task: NodeTask) -> NodeResult:
        self.attempts.append(task.attempt)
        if not self.allowed:
            raise ApprovalNeeded("10 USD are left of 12", code="budget_approval_required", needed_usd="2")
        return NodeResult("done")


@pytest.fixture
def node() -> Careful:
    return Careful()


@pytest.fixture
def stage(node: Careful) -> Stage:
    stage = Stage(runners={"spend": node})
    retry = RetryPolicy(max_attempts=2)
    stage.save(plan_of([PlanNode("a", "spend", "function", {}, function="fn", retry=retry), cheap("b")], [("a", "b")]))
    return stage


def held(stage: Stage) -> tuple[RunRef, Work]:
    run = stage.start()
    step = stage.begin(run)
    assert step["next"] == "callback"
    stage.register(step["work"], "token-1")
    return run, step["work"]


def decide(
    stage: Stage, run: RunRef, decision: Literal["approve", "reject"], may: Callable[[Any], None] = anybody
) -> Any:
    return stage.decide(
        TENANT, run["id"], "a", decision=decision, comment="once", by="user:boss", correlation_id="c-2", may=may
    )


def test_it_stands_among_the_approvals_with_what_it_needs(stage: Stage) -> None:
    run, _ = held(stage)

    (waiting,) = stage.callbacks.list(TENANT, kind="approval", limit=10).items

    assert (waiting.run_id, waiting.node_id) == (run["id"], "a")
    assert waiting.details["message"] == "10 USD are left of 12"
    assert waiting.details["details"] == {"code": "budget_approval_required", "needed_usd": "2"}
    assert waiting.details["approvers"] == ["admin"]


def test_allowed_it_is_begun_again_and_the_run_goes_on(stage: Stage, node: Careful) -> None:
    run, work = held(stage)

    node.allowed = True
    decide(stage, run, "approve")

    assert stage.waker.woken == ["token-1"]
    assert stage.allowed == [(TENANT, {"code": "budget_approval_required", "needed_usd": "2"}, "user:boss")]
    assert stage.kernel.step(work) == {"next": "end"}
    assert stage.state(run).status == "succeeded"
    assert node.attempts == [1, 2]


def test_being_held_counts_against_no_policy_however_often_it_happens(stage: Stage, node: Careful) -> None:
    run, work = held(stage)
    for _ in range(5):
        decide(stage, run, "approve")
        work = stage.kernel.step(work)["work"]

    node.allowed = True
    decide(stage, run, "approve")
    stage.kernel.step(work)

    assert stage.state(run).status == "succeeded"
    assert node.attempts == [1, 2, 3, 4, 5, 6, 7]


def test_rejected_it_fails_with_who_said_so(stage: Stage) -> None:
    run, work = held(stage)

    decide(stage, run, "reject")
    stage.kernel.step(work)

    error = stage.state(run).error
    assert error is not None
    assert (error["code"], error["message"]) == ("approval_rejected", "rejected by user:boss: once")
    assert stage.allowed == []


@pytest.mark.parametrize("registered", [True, False])
def test_only_who_may_decide_allows_it_also_before_it_stands_in_the_list(stage: Stage, registered: bool) -> None:
    run, _ = held(stage)
    if not registered:
        stage.callbacks.delete(TENANT, run["id"], "a")
    asked: list[list[str]] = []

    def may(approvers: list[str]) -> None:
        asked.append(approvers)
        raise Forbidden("not you")

    with pytest.raises(Forbidden):
        decide(stage, run, "approve", may)

    assert asked == [["admin"]]
    assert stage.allowed == []
    assert stage.state(run).node("a").status == "waiting"


def test_a_second_decision_is_refused(stage: Stage) -> None:
    run, _ = held(stage)
    decide(stage, run, "approve")

    with pytest.raises(NotFound) as caught:
        decide(stage, run, "reject")

    assert caught.value.code == "approval_not_found"
    assert len(stage.allowed) == 1


def test_a_repeated_decision_wakes_a_strand_that_the_first_one_died_before_waking(stage: Stage) -> None:
    run, _ = held(stage)
    callback = stage.callbacks.get(TENANT, run["id"], "a")
    assert callback is not None
    decide(stage, run, "approve")
    stage.waker.woken.clear()
    stage.callbacks.put(callback)  # as if the first had recorded the decision and then died

    with pytest.raises(NotFound):
        decide(stage, run, "approve")

    assert stage.waker.woken == ["token-1"]


def test_nobody_deciding_fails_it_in_the_end(stage: Stage) -> None:
    run, work = held(stage)

    stage.kernel.step({**work, "do": "timed_out"})

    error = stage.state(run).error
    assert error is not None
    assert error["code"] == "approval_timed_out"


def test_cancelling_the_run_ends_the_waiting(stage: Stage, node: Careful) -> None:
    run, work = held(stage)

    stage.cancel(TENANT, run["id"], reason="enough", principal="user:1", correlation_id="c-1")

    assert stage.waker.woken == ["token-1"]
    assert stage.state(run).status == "cancelled"
    assert stage.kernel.step(work) == {"next": "end"}
    assert node.attempts == [1]


def test_items_cannot_wait_each_for_itself_so_the_node_fails_and_says_what_to_do(node: Careful) -> None:
    plan = plan_of([PlanNode("a", "spend", "function", {}, function="fn", for_each=ForEach("{{ [1, 2] }}"))])

    error = run_workflow(plan, runners={"spend": node}).error

    assert error is not None
    assert error["code"] == "budget_approval_required"
    assert "retry the run" in error["message"]


def test_a_short_execution_cannot_wait_so_the_node_fails_and_says_what_to_do(stage: Stage, node: Careful) -> None:
    plan = plan_of([PlanNode("a", "spend", "function", {}, function="fn")])
    stage.save(plan, "express", mode="express")
    run = stage.start(workflow_id="express")

    stage.begin(run)

    error = stage.state(run).error
    assert error is not None
    assert error["code"] == "budget_approval_required"
    assert "retry the run" in error["message"]
    assert stage.at == NOON


def test_retried_after_a_short_execution_it_waits_for_somebody(stage: Stage, node: Careful) -> None:
    plan = plan_of([PlanNode("a", "spend", "function", {}, function="fn")])
    stage.save(plan, "express", mode="express")
    run = stage.start(workflow_id="express")
    stage.begin(run)
    stage.queue.take()

    stage.resume(TENANT, run["id"], principal="user:1", correlation_id="c-1")
    (sent,) = stage.queue.take()
    step = stage.begin(sent.run)
    stage.register(step["work"], "token-1")
    node.allowed = True
    decide(stage, run, "approve")
    stage.kernel.step(step["work"])

    assert stage.state(run).status == "succeeded"
