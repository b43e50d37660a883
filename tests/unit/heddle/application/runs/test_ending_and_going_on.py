"""Cancelling, resuming, retrying, releasing, running inline and reading: each says what it did, and may be repeated."""

import pytest

from heddle.application.execution.step import RunRef
from heddle.domain.engine import commands
from heddle.domain.events.envelope import Metadata
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import Conflict, NodeError, NotFound
from tests.support.graphs import RetryPolicy, cheap, plan_of, work
from tests.support.runs import TENANT, WORKFLOW, Stage, approval

BY = {"principal": "user:1", "correlation_id": "c-9"}


def broken_once() -> Stage:
    """Return a stage whose `fn` node fails the first time, when `before` has completed."""
    left = [1]

    def run(task: NodeTask) -> NodeResult:
        if left[0]:
            left[0] -= 1
            raise NodeError("not today", code="broken")
        return NodeResult("done")

    stage = Stage(runners={"work": run})
    stage.save(plan_of([cheap("before"), work("fn")], [("before", "fn")], outputs="{{ nodes.fn.output }}"))
    return stage


def test_a_run_that_has_not_begun_is_cancelled_at_once() -> None:
    stage = Stage()
    stage.save(plan_of([work("a")]))
    run = stage.start()

    assert stage.cancel(TENANT, run["id"], reason="no", **BY) == "cancelled"
    assert stage.cancel(TENANT, run["id"], reason="no", **BY) == "cancelled"
    assert stage.types(run).count("RunCancelled") == 1


def test_a_run_with_a_node_at_work_is_cancelling_until_the_node_ends() -> None:
    stage = Stage()
    stage.save(plan_of([work("a"), work("b")], [("a", "b")]))
    run = stage.start()
    stage.begin(run)

    assert stage.cancel(TENANT, run["id"], reason="no", **BY) == "cancelling"


def test_a_run_that_ended_by_itself_cannot_be_cancelled() -> None:
    stage = Stage()
    stage.save(plan_of([cheap("a")]), mode="inline")
    run = stage.start()
    stage.dispatch(run, reason="requested")

    with pytest.raises(Conflict) as caught:
        stage.cancel(TENANT, run["id"], reason="no", **BY)

    assert caught.value.code == "run_ended"


def test_a_failed_run_goes_on_from_where_it_stopped() -> None:
    stage = broken_once()
    run = stage.start()
    stage.begin(run)
    assert stage.state(run).status == "failed"
    stage.queue.take()

    assert stage.resume(TENANT, run["id"], **BY) == "queued"
    (sent,) = stage.queue.take()
    stage.begin(sent.run)

    assert (sent.reason, stage.state(run).status) == ("resumed", "succeeded")
    assert stage.state(run).output == "done"
    assert stage.state(run).node("before").attempt == 1


def test_resuming_again_before_it_goes_on_only_sends_it_again() -> None:
    stage = broken_once()
    run = stage.start()
    stage.begin(run)

    stage.resume(TENANT, run["id"], **BY)
    stage.resume(TENANT, run["id"], **BY)

    assert stage.types(run).count("RunResumed") == 1
    assert [sent.reason for sent in stage.queue.take()] == ["requested", "resumed", "resumed"]


def test_a_run_that_goes_on_by_itself_is_not_resumed() -> None:
    stage = Stage()
    stage.save(plan_of([work("a")]))
    run = stage.start()

    with pytest.raises(Conflict) as caught:
        stage.resume(TENANT, run["id"], **BY)

    assert caught.value.code == "run_not_resumable"


def begun(mode: str = "standard") -> tuple[Stage, RunRef]:
    """Return a stage with a run that waits for a function, carried by an execution."""
    stage = Stage()
    stage.save(plan_of([work("a")]), mode=mode)
    run = stage.start()
    stage.dispatch(run, reason="requested")
    stage.begin(run)
    stage.queue.take()
    return stage, run


def refused(stage: Stage, run: RunRef) -> str:
    """Resume the run in vain; returns what is said."""
    with pytest.raises(Conflict) as caught:
        stage.resume(TENANT, run["id"], **BY)
    assert (caught.value.code, stage.queue.take()) == ("run_not_resumable", [])
    return caught.value.message


def test_an_open_run_that_an_execution_carries_is_not_resumed() -> None:
    stage, run = begun()

    assert refused(stage, run) == "the run is running: it goes on by itself"


@pytest.mark.parametrize("lost", ["ended", "forgotten"])
def test_an_open_run_whose_execution_was_lost_is_taken_up_by_another(lost: str) -> None:
    stage, run = begun()
    if lost == "ended":
        stage.orchestrator.stop(run["id"], cause="the power went")
    else:
        del stage.orchestrator.started[run["id"]]

    assert stage.resume(TENANT, run["id"], **BY) == "running"
    assert stage.retry(TENANT, run["id"], start_over=False, **BY).status == "running"
    first, second = stage.queue.take()

    assert (first.reason, second.reason) == ("watch", "watch")
    assert stage.dispatch(first.run, reason="watch") == "started"
    assert stage.dispatch(second.run, reason="watch") == "carried"
    assert stage.types(run).count("RunResumed") == 0
    assert refused(stage, run)


def test_a_run_that_was_resumed_and_lost_its_execution_then_is_taken_up_too() -> None:
    stage = broken_once()
    run = stage.start()
    stage.dispatch(run, reason="requested")
    stage.begin(run)
    stage.resume(TENANT, run["id"], **BY)
    stage.dispatch(run, reason="resumed")
    stage.orchestrator.stop(f"{run['id']}-1", cause="the power went")
    stage.queue.take()

    assert stage.resume(TENANT, run["id"], **BY) == "running"
    (sent,) = stage.queue.take()

    assert (sent.reason, stage.dispatch(run, reason=sent.reason)) == ("watch", "started")
    assert f"{run['id']}-1.w1" in stage.orchestrator.started


def test_an_express_run_counts_as_carried_for_as_long_as_express_executions_may_live() -> None:
    stage, run = begun("express")

    assert refused(stage, run)
    stage.sleep(330)

    assert stage.resume(TENANT, run["id"], **BY) == "running"
    (sent,) = stage.queue.take()
    assert stage.dispatch(run, reason=sent.reason) == "started"
    assert refused(stage, run)


def test_an_inline_run_that_nobody_goes_on_with_is_carried_out_when_it_is_resumed() -> None:
    stage = Stage()
    stage.save(plan_of([cheap("a")]), mode="inline")
    run = stage.start()
    started = commands.StartRun("inline", "", stage.now().isoformat())
    stage.kernel.log.change(TENANT, run["id"], started, metadata=Metadata("c-1"))
    stage.queue.take()

    assert stage.resume(TENANT, run["id"], **BY) == "running"
    (sent,) = stage.queue.take()

    assert stage.dispatch(sent.run, reason=sent.reason) == "inline"
    assert stage.state(run).status == "succeeded"


def test_retrying_from_the_start_makes_a_new_run_of_the_same_version_and_input() -> None:
    stage = broken_once()
    run = stage.start({"big": "x" * 100_000}, labels={"a": "b"})
    stage.begin(run)

    retried = stage.retry(TENANT, run["id"], start_over=True, **BY)

    view = stage.read(TENANT, retried.run_id)
    assert retried.run_id != run["id"]
    assert (view.summary.trigger, view.summary.labels) == ("retry", {"a": "b"})
    assert view.input == stage.read(TENANT, run["id"]).input


def test_retrying_from_the_failure_keeps_the_run() -> None:
    stage = broken_once()
    run = stage.start()
    stage.begin(run)

    retried = stage.retry(TENANT, run["id"], start_over=False, **BY)

    assert (retried.run_id, retried.created, retried.status) == (run["id"], False, "queued")


def test_nobody_can_act_on_a_run_of_another_tenant() -> None:
    stage = broken_once()
    run = stage.start()

    with pytest.raises(NotFound):
        stage.cancel("other", run["id"], reason="", **BY)
    with pytest.raises(NotFound):
        stage.resume("other", run["id"], **BY)
    with pytest.raises(NotFound):
        stage.retry("other", run["id"], start_over=True, **BY)
    with pytest.raises(NotFound):
        stage.read("other", run["id"])


def test_an_ended_run_leaves_no_execution_waiting() -> None:
    stage = Stage()
    stage.save(plan_of([approval("ask"), work("a")]))
    run = stage.start()
    stage.dispatch(run, reason="requested")
    fork = stage.begin(run)
    callback = next(step for step in fork["strands"] if step["next"] == "callback")
    stage.register(callback["work"], "token-1")
    assert stage.cancel(TENANT, run["id"], reason="", **BY) == "cancelling"
    task = next(step for step in fork["strands"] if step["next"] == "task")
    stage.kernel.step(task["work"])
    assert stage.state(run).status == "cancelled"

    stage.release(TENANT, run["id"], correlation_id="c")

    assert stage.waker.woken == ["token-1"]
    assert list(stage.orchestrator.stopped) == [run["id"]]
    assert stage.slots.acquire(TENANT, "another", limit=1)


def test_an_end_that_is_told_late_does_not_touch_a_run_that_goes_on_again() -> None:
    stage = broken_once()
    run = stage.start()
    stage.dispatch(run, reason="requested")
    stage.begin(run)
    stage.resume(TENANT, run["id"], **BY)

    assert stage.release(TENANT, run["id"], correlation_id="c") is None
    assert not stage.slots.acquire(TENANT, "another", limit=1)


def test_an_inline_run_waits_for_its_retries_in_process() -> None:
    stage = Stage()
    policy = RetryPolicy(max_attempts=3, delay=5.0, jitter=0.0, on=("expression_undefined",))
    stage.save(plan_of([cheap("a", {"values": {"x": "{{ input.absent }}"}}, retry=policy)]), mode="inline")
    run = stage.start()

    assert stage.inline(run, seconds=60)
    assert stage.state(run).status == "failed"
    assert stage.state(run).node("a").attempt == 3


def test_an_inline_run_that_needs_longer_is_left_to_the_queue() -> None:
    stage = Stage()
    policy = RetryPolicy(max_attempts=3, delay=20.0, jitter=0.0, on=("expression_undefined",))
    stage.save(plan_of([cheap("a", {"values": {"x": "{{ input.absent }}"}}, retry=policy)]), mode="inline")
    run = stage.start()

    assert not stage.inline(run, seconds=10)
    assert stage.dispatch(run, reason="requested") in {"inline", "waiting"}
    assert not stage.orchestrator.started


def test_a_run_reads_as_its_events_tell() -> None:
    stage = broken_once()
    run = stage.start({"q": 1})
    stage.begin(run)

    view = stage.read(TENANT, run["id"])

    assert (view.summary.status, view.summary.workflow_id) == ("failed", WORKFLOW)
    assert (view.summary.nodes_total, view.summary.nodes_done, view.summary.nodes_failed) == (2, 1, 1)
    assert [node.node_id for node in view.nodes] == ["before", "fn"]
    assert (view.input, view.output) == ({"q": 1}, None)
    assert view.events_version == len(stage.types(run))


@pytest.mark.parametrize(("seconds", "given_away"), [(3600, True), (30, False)])
def test_a_run_in_a_long_delay_gives_its_slot_to_another(seconds: int, given_away: bool) -> None:
    stage = Stage()
    stage.save(plan_of([work("rest", type="delay", host="wait", function=None, config={"seconds": seconds})]))
    run = stage.start()
    stage.slots.acquire(TENANT, run["id"], limit=1)
    stage.begin(run)

    stage.release(TENANT, run["id"], correlation_id="c-9")

    assert stage.slots.acquire(TENANT, "another", limit=1) is given_away
    assert stage.state(run).status == "running"


def test_a_run_that_works_beside_its_delay_keeps_its_slot() -> None:
    stage = Stage()
    rest = work("rest", type="delay", host="wait", function=None, config={"seconds": 3600})
    stage.save(plan_of([rest, work("a")]))
    run = stage.start()
    stage.slots.acquire(TENANT, run["id"], limit=1)
    stage.begin(run)

    stage.release(TENANT, run["id"], correlation_id="c-9")

    assert not stage.slots.acquire(TENANT, "another", limit=1)
