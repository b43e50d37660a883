"""Work that comes twice, or whose function died, is done once; what was cancelled or failed is taken up again."""

import threading

import pytest

from heddle.application.execution.step import Step
from heddle.domain.engine.commands import CancelRun, ResumeRun
from heddle.domain.events.envelope import Metadata
from heddle.domain.events.run_events import (
    RunSucceeded,
)
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import NodeError
from heddle.testing.run_workflow import Workbench
from tests.support.graphs import approval, cheap, plan_of, work
from tests.support.node_functions import echo
from tests.support.runs import first_work

BY = Metadata("test")


# --- once, and only once


def test_work_that_is_delivered_twice_is_done_once() -> None:
    calls: list[str] = []

    def count(task: NodeTask) -> NodeResult:
        calls.append(task.node_id)
        return NodeResult(None)

    plan = plan_of([work("a"), work("b", function="other")], [("a", "b")])
    bench = Workbench(plan, runners={"work": count})
    run = bench.request()
    kernel = bench.runner(hosted=frozenset({"fn"}))
    start = bench.runner(hosted=frozenset()).step(first_work(run))

    first = kernel.step(start["work"])
    second = bench.runner(hosted=frozenset({"fn"})).step(start["work"])

    assert start["next"] == "task" and start["function"] == "fn"
    assert calls == ["a"]
    assert second["work"].pop("meter")["reads"] == 1  # it committed nothing that could say so
    assert first == second
    assert (first["next"], first["function"], first["work"]["node"]) == ("task", "other", "b")


def test_two_results_at_the_same_moment_are_both_kept() -> None:
    both = threading.Barrier(2)

    def meet(task: NodeTask) -> NodeResult:
        both.wait(10)
        return NodeResult(task.node_id)

    plan = plan_of([work("a"), work("b"), cheap("j")], [("a", "j"), ("b", "j")])
    bench = Workbench(plan, runners={"work": meet})
    run = bench.request()
    fork = bench.runner(hosted=frozenset()).step(first_work(run))
    answers: list[Step] = []

    def deliver(step: Step) -> None:
        answers.append(bench.runner().step(step["work"]))

    threads = [threading.Thread(target=deliver, args=(step,)) for step in fork["strands"]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.append(bench.runner().step(fork["work"]))

    state = bench.finished(run)
    assert state.statuses() == {"a": "completed", "b": "completed", "j": "completed"}
    assert state.status == "succeeded"
    assert [answer["next"] for answer in answers] == ["end", "end", "end"]
    assert sum(isinstance(event, RunSucceeded) for event in state.events) == 1


def test_a_node_whose_function_died_is_begun_again() -> None:
    bench = Workbench(plan_of([work("a")]), runners={"work": echo})
    run = bench.request()
    advance = bench.runner(hosted=frozenset())
    start = advance.step(first_work(run))

    again = advance.step({**start["work"], "do": "lost", "error": {"Error": "Sandbox.Timedout", "Cause": ""}})
    end = bench.runner().step(again["work"])

    assert (again["next"], again["work"]["attempt"]) == ("task", 2)
    assert end["next"] == "end"
    assert bench.finished(run).status == "succeeded"


def test_a_node_that_kills_its_function_every_time_fails_in_the_end() -> None:
    bench = Workbench(plan_of([work("a")]))
    run = bench.request()
    advance = bench.runner(hosted=frozenset())
    step = advance.step(first_work(run))
    for _ in range(3):
        assert step["next"] == "task"
        step = advance.step({**step["work"], "do": "lost", "error": {"Error": "Runtime.ExitError", "Cause": ""}})

    finished = bench.finished(run)

    assert step == {"next": "end"}
    assert finished.error is not None
    assert finished.error["code"] == "node_interrupted"


def test_a_node_with_effects_is_not_repeated_after_its_function_died() -> None:
    calls: list[int] = []

    class Killed(BaseException):
        pass

    def die(task: NodeTask) -> NodeResult:
        calls.append(task.attempt)
        raise Killed

    bench = Workbench(plan_of([work("a", effects="once")]), runners={"work": die})
    run = bench.request()
    advance = bench.runner(hosted=frozenset())
    start = advance.step(first_work(run))
    with pytest.raises(Killed):
        bench.runner().step(start["work"])

    bench.runner().step(start["work"])  # the service delivers it again
    end = advance.step({**start["work"], "do": "lost", "error": {}})

    finished = bench.finished(run)
    assert calls == [1]
    assert end == {"next": "end"}
    assert finished.error is not None
    assert finished.error["code"] == "node_interrupted"


# --- cancel, resume


def test_nothing_starts_after_a_cancellation() -> None:
    plan = plan_of([work("a"), work("b")], [("a", "b")])
    bench = Workbench(plan)
    run = bench.request()

    def cancel_meanwhile(task: NodeTask) -> NodeResult:
        assert task.node_id == "a"
        command = CancelRun("enough", "me", bench.now().isoformat())
        state = bench.runner().log.change("test", "run-1", command, metadata=BY)
        assert state.status == "cancelling"
        return NodeResult(None)

    bench.runners = {"work": cancel_meanwhile}
    finished = bench.drive(run)

    assert finished.status == "cancelled"
    assert finished.statuses() == {"a": "completed", "b": "pending"}


def test_a_waiting_run_is_cancelled_at_once() -> None:
    bench = Workbench(plan_of([approval("a")]))
    run = bench.request()
    bench.runner(hosted=frozenset()).step(first_work(run))

    state = bench.runner().log.change("test", "run-1", CancelRun("x", "me", bench.now().isoformat()), metadata=BY)

    assert state.status == "cancelled"
    assert state.node("a").status == "cancelled"


def test_a_failed_run_resumes_from_where_it_stopped() -> None:
    calls: list[tuple[str, int]] = []

    def run_node(task: NodeTask) -> NodeResult:
        calls.append((task.node_id, task.attempt))
        if task.node_id == "b" and len(calls) < 3:
            raise NodeError("down", code="down")
        return NodeResult(task.node_id)

    plan = plan_of([work("a"), work("b"), work("c")], [("a", "b"), ("b", "c")])
    bench = Workbench(plan, runners={"work": run_node})
    run = bench.request()
    failed = bench.drive(run)

    bench.runner().log.change("test", "run-1", ResumeRun("me", bench.now().isoformat()), metadata=BY)
    resumed = bench.drive(run)

    assert (failed.status, resumed.status) == ("failed", "succeeded")
    assert calls == [("a", 1), ("b", 1), ("b", 2), ("c", 1)]


def test_a_cancelled_run_resumes_with_what_had_become_ready() -> None:
    plan = plan_of([work("a"), work("b"), cheap("c")], [("a", "b"), ("a", "c")])
    bench = Workbench(plan)
    run = bench.request()

    def cancel(task: NodeTask) -> NodeResult:
        bench.runner().log.change("test", "run-1", CancelRun("x", "me", bench.now().isoformat()), metadata=BY)
        return NodeResult(None)

    bench.runners = {"work": cancel}
    assert bench.drive(run).status == "cancelled"
    bench.runners = {"work": echo}
    bench.runner().log.change("test", "run-1", ResumeRun("me", bench.now().isoformat()), metadata=BY)

    finished = bench.drive(run)

    assert finished.status == "succeeded"
    assert finished.statuses() == {"a": "completed", "b": "completed", "c": "completed"}
