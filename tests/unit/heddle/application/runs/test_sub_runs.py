"""A sub-run is started once per attempt and item, hands its result to its parent, and ends with it."""

import pytest

from heddle.application.execution.step import RunRef, Step, Work
from heddle.application.runs.names import child_run_id
from heddle.application.runs.register_callback import MAX_DEPTH
from heddle.application.runs.request_run import Parent
from heddle.errors import HeddleError
from tests.support.graphs import ForEach, cheap, plan_of
from tests.support.runs import TENANT, Stage, sub_run

CHILD = plan_of([cheap("c", {"values": {"n": "{{ input.n }}"}})], outputs={"n": "{{ nodes.c.output.n }}"})


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.save(CHILD, "child", mode="inline")
    stage.save(plan_of([sub_run("sub", "child", {"n": 7})], outputs="{{ nodes.sub.output }}"))
    return stage


def waiting(stage: Stage, **fields: object) -> tuple[RunRef, Work]:
    run = stage.start(**fields)
    stage.queue.take()
    step = stage.begin(run)
    assert step["next"] == "callback"
    return run, step["work"]


def only_child(stage: Stage) -> RunRef:
    (sent,) = stage.queue.take()
    return sent.run


def test_the_parents_node_gets_the_childs_output(stage: Stage) -> None:
    parent, work = waiting(stage)

    stage.register(work, "token-1")
    child = only_child(stage)
    stage.dispatch(child, reason="requested")
    assert stage.finish_child(TENANT, child["id"], correlation_id="c")
    stage.kernel.step(work)

    assert stage.waker.woken == ["token-1"]
    assert stage.state(parent).output == {"n": 7}
    assert stage.state(child).parent_run_id == parent["id"]


def test_a_redelivered_registration_asks_for_the_same_child(stage: Stage) -> None:
    parent, work = waiting(stage)

    stage.register(work, "token-1")
    stage.register(work, "token-2")

    ids = {sent.run["id"] for sent in stage.queue.take()}
    assert ids == {child_run_id(parent["id"], "sub", 1, None)}


def test_a_registration_after_the_child_ended_wakes_at_once(stage: Stage) -> None:
    _, work = waiting(stage)
    stage.register(work, "token-1")
    child = only_child(stage)
    stage.dispatch(child, reason="requested")

    stage.register(work, "token-2")

    assert stage.waker.woken == ["token-2"]


def test_an_end_that_is_told_twice_is_handed_over_once(stage: Stage) -> None:
    parent, work = waiting(stage)
    stage.register(work, "token-1")
    child = only_child(stage)
    stage.dispatch(child, reason="requested")

    stage.finish_child(TENANT, child["id"], correlation_id="c")
    again = stage.finish_child(TENANT, child["id"], correlation_id="c")

    assert not again
    assert stage.types(parent).count("NodeCompleted") == 1


def test_a_child_that_fails_fails_the_node_and_says_which_run_it_was() -> None:
    stage = Stage()
    stage.save(plan_of([cheap("c", {"values": {"n": "{{ input.absent }}"}})]), "child", mode="inline")
    stage.save(plan_of([sub_run("sub", "child")]))
    parent, work = waiting(stage)
    stage.register(work, "token-1")
    child = only_child(stage)
    stage.dispatch(child, reason="requested")

    stage.finish_child(TENANT, child["id"], correlation_id="c")

    error = stage.state(parent).error
    assert error is not None
    assert error["code"] == "subrun_failed"
    assert child["id"] in error["message"]


def test_a_run_that_is_nobodys_child_concerns_nobody(stage: Stage) -> None:
    run = stage.start({"n": 1}, workflow_id="child")
    stage.dispatch(run, reason="requested")

    assert not stage.finish_child(TENANT, run["id"], correlation_id="c")


def test_an_unknown_workflow_fails_the_node_instead_of_waiting_for_ever() -> None:
    stage = Stage()
    stage.save(plan_of([sub_run("sub", "nowhere")]))
    parent, work = waiting(stage)

    stage.register(work, "token-1")

    error = stage.state(parent).error
    assert error is not None
    assert (error["code"], stage.waker.woken) == ("workflow_not_found", ["token-1"])


def test_a_workflow_that_runs_itself_ends_at_the_depth_limit() -> None:
    stage = Stage()
    stage.save(plan_of([sub_run("sub", "wf-1")]))
    deep, work = waiting(stage, parent=Parent("01JPARENT0", "sub", MAX_DEPTH))

    stage.register(work, "token-1")

    error = stage.state(deep).error
    assert error is not None
    assert error["code"] == "WF_SUBRUN_TOO_DEEP"


def test_cancelling_a_run_cancels_its_open_child(stage: Stage) -> None:
    parent, work = waiting(stage)
    stage.register(work, "token-1")
    child = only_child(stage)

    status = stage.cancel(TENANT, parent["id"], reason="enough", principal="user:1", correlation_id="c")

    assert status == "cancelled"
    assert stage.state(child).status == "cancelled"
    assert stage.waker.woken == ["token-1"]


def test_a_run_for_each_item_has_a_child_for_each_item() -> None:
    stage = Stage()
    stage.save(CHILD, "child", mode="inline")
    node = sub_run("sub", "child", {"n": "{{ item }}"}, for_each=ForEach("{{ input.ns }}", 3))
    stage.save(plan_of([node], outputs="{{ nodes.sub.output }}"))
    run = stage.start({"ns": [3, 1, 2]})
    stage.queue.take()
    fork = stage.begin(run)

    for number, step in enumerate(fork["strands"]):
        finish_item(stage, step, f"token-{number}")
    end = stage.kernel.step(fork["work"])

    assert end == {"next": "end"}
    assert [each["n"] for each in stage.state(run).output] == [3, 1, 2]
    assert sorted(stage.waker.woken) == ["token-0", "token-1", "token-2"]


def finish_item(stage: Stage, step: Step, token: str) -> None:
    while step["next"] == "callback":
        stage.register(step["work"], token)
        child = only_child(stage)
        stage.dispatch(child, reason="requested")
        stage.finish_child(TENANT, child["id"], correlation_id="c")
        step = stage.kernel.step(step["work"])


def test_a_queue_that_is_down_leaves_the_registration_to_be_repeated(stage: Stage) -> None:
    parent, work = waiting(stage)
    send = stage.queue.send

    def fail(*args: object, **kwargs: object) -> None:
        raise HeddleError("the queue is down", retryable=True)

    stage.queue.send = fail  # type: ignore[method-assign]
    with pytest.raises(HeddleError, match="down"):
        stage.register(work, "token-1")
    stage.queue.send = send  # type: ignore[method-assign]
    stage.register(work, "token-2")

    assert only_child(stage)["id"] == child_run_id(parent["id"], "sub", 1, None)


def test_child_ids_are_ulids_that_differ_by_cause() -> None:
    parent = "01JTESTRUN0000000000000001"
    ids = {child_run_id(parent, node, attempt, item) for node in "ab" for attempt in (1, 2) for item in (None, 0, 1)}

    assert len(ids) == 12
    assert all(len(each) == 26 and each.startswith(parent[:10]) for each in ids)
