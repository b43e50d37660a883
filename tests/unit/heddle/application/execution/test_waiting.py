"""Delays, approvals and sub-runs take time of the run, and none of anybody."""

import pytest

from heddle.application.execution.settle import Outcome
from heddle.testing.run_workflow import WaitingNode, run_workflow
from heddle.testing.virtual_time import VirtualTime
from tests.support.graphs import ForEach, approval, cheap, plan_of, work


def test_a_delay_of_a_day_takes_a_day_of_the_run_and_no_time() -> None:
    time = VirtualTime()
    node = work("a", type="delay", host="wait", function=None, config={"seconds": 86_000})

    run = run_workflow(plan_of([node], timeout=1e6), time=time)

    assert (run.status, time.monotonic()) == ("succeeded", 86_000)


def test_an_approval_goes_on_with_what_was_decided() -> None:
    asked: list[WaitingNode] = []

    def decide(waiting: WaitingNode) -> Outcome:
        asked.append(waiting)
        return Outcome({"approved": True})

    plan = plan_of([approval("a", message="go, {{ input.who }}?"), cheap("b")], [("a", "b")])
    run = run_workflow(plan, {"who": "Ann"}, decide=decide)

    assert run.statuses() == {"a": "completed", "b": "completed"}
    assert (asked[0].kind, asked[0].config["message"]) == ("approval", "go, Ann?")


@pytest.mark.parametrize(("default", "status"), [("approve", "succeeded"), ("reject", "succeeded"), ("fail", "failed")])
def test_an_approval_nobody_decides_takes_its_default(default: str, status: str) -> None:
    time = VirtualTime()

    run = run_workflow(plan_of([approval("a", timeout=50, default=default)]), time=time)

    assert (run.status, time.monotonic()) == (status, 50)
    if status == "failed":
        assert run.error is not None and run.error["code"] == "approval_timed_out"
    else:
        assert run.output_of("a")["timed_out"] is True


def test_sub_runs_over_items_come_in_order() -> None:
    node = work("a", type="workflow", host="callback", function=None, config={"workflow_id": "w",
                "input": {"n": "{{ item }}"}}, for_each=ForEach("{{ input.items }}", 2))  # fmt: skip

    run = run_workflow(
        plan_of([node]), {"items": [5, 6, 7]}, decide=lambda waiting: Outcome(waiting.config["input"]["n"] * 10)
    )

    assert run.output_of("a") == [50, 60, 70]


def test_a_run_that_takes_too_long_fails_while_it_waits() -> None:
    time = VirtualTime()

    run = run_workflow(plan_of([approval("a")], timeout=100), time=time)

    assert run.error is not None
    assert run.error["code"] == "run_timed_out"
    assert 100 <= time.monotonic() < 102
