"""Resuming a run does nothing twice, whatever was at work when it ended, and whenever that is heard of again."""

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.application.execution.step import RunRef, Work
from heddle.domain.engine.commands import FailRun, ResumeRun
from heddle.domain.engine.evolve import replay
from heddle.domain.events.envelope import Metadata
from heddle.domain.events.run_events import NodeCompleted, NodeFailed
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.testing.run_workflow import FinishedRun, Workbench
from heddle.testing.virtual_time import VirtualTime
from tests.support.graphs import ForEach, RetryPolicy, plan_of, work
from tests.unit.heddle.application.execution.test_properties import SLOW, Case, ShuffledDriver, cases

BY = Metadata("test")


class Killed(BaseException):
    """The function that runs a node is gone."""


def fail_run(bench: Workbench, run: RunRef) -> None:
    """Do what a node beside the others does when it fails."""
    bench.runner().log.change("test", run["id"], FailRun("beside", "a failure", bench.now().isoformat()), metadata=BY)


def resume(bench: Workbench, run: RunRef) -> None:
    bench.runner().log.change("test", run["id"], ResumeRun("me", bench.now().isoformat()), metadata=BY)


def start_of(run: RunRef) -> Work:
    return {"run": run, "strand": {"id": "0", "until": None, "level": 0, "events_left": 20_000}, "do": "start"}


class Acting:
    """Runs nodes that act on the world once, and lets something happen in the middle of the first one."""

    def __init__(self, **node: Any) -> None:
        self.acts: list[tuple[int, int | None]] = []
        self.meanwhile: Any = None
        fields = {"effects": "once"} | node
        self.bench = Workbench(plan_of([work("a", **fields)]), runners={"work": self}, time=VirtualTime())
        self.run = self.bench.request({"list": [1, 2]})

    def __call__(self, task: NodeTask) -> NodeResult:
        self.acts.append((task.attempt, task.item_index))
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return NodeResult(f"attempt {task.attempt}")

    def fails(self) -> None:
        fail_run(self.bench, self.run)

    def resumed(self) -> FinishedRun:
        resume(self.bench, self.run)
        return self.bench.drive(self.run)


def test_the_result_of_what_was_at_work_when_the_run_failed_is_used_when_it_is_resumed() -> None:
    acting = Acting()
    acting.meanwhile = acting.fails

    failed = acting.bench.drive(acting.run)
    resumed = acting.resumed()

    assert (failed.status, failed.statuses()) == ("failed", {"a": "completed"})
    assert (resumed.status, resumed.output_of("a")) == ("succeeded", "attempt 1")
    assert acting.acts == [(1, None)]


def test_a_node_that_acts_once_is_interrupted_if_nothing_was_heard_of_it_when_the_run_is_resumed() -> None:
    acting = Acting()

    def dies() -> None:
        acting.fails()
        raise Killed

    acting.meanwhile = dies
    advance = acting.bench.runner(hosted=frozenset())
    task = advance.step(start_of(acting.run))
    with pytest.raises(Killed):
        acting.bench.runner().step(task["work"])

    interrupted = acting.resumed()
    assert interrupted.error is not None
    assert interrupted.error["code"] == "node_interrupted"
    assert "attempt 1 was at work when the run ended" in interrupted.error["message"]
    assert acting.acts == [(1, None)]

    assert acting.resumed().status == "succeeded"  # asked for a second time, knowing that
    assert acting.acts == [(1, None), (3, None)]


def test_whoever_names_node_interrupted_in_the_retry_lets_it_act_again() -> None:
    acting = Acting(retry=RetryPolicy(3, "fixed", 0.0, on=("node_interrupted",)))
    acting.meanwhile = acting.fails
    task = acting.bench.runner(hosted=frozenset()).step(start_of(acting.run))

    def dies() -> None:
        acting.fails()
        raise Killed

    acting.meanwhile = dies
    with pytest.raises(Killed):
        acting.bench.runner().step(task["work"])

    assert acting.resumed().status == "succeeded"
    assert acting.acts == [(1, None), (3, None)]


def test_a_node_that_had_not_begun_when_the_run_failed_acts_after_the_resumption_and_never_for_the_old_delivery() -> (
    None
):
    acting = Acting()
    task = acting.bench.runner(hosted=frozenset()).step(start_of(acting.run))
    acting.fails()

    assert acting.resumed().status == "succeeded"
    assert acting.bench.runner().step(task["work"]) == {"next": "end"}
    assert acting.acts == [(2, None)]


def test_a_result_that_comes_after_the_resumption_settles_the_node_and_its_old_strand_ends() -> None:
    acting = Acting()

    def resumed_meanwhile() -> None:
        acting.fails()
        resume(acting.bench, acting.run)

    acting.meanwhile = resumed_meanwhile
    task = acting.bench.runner(hosted=frozenset()).step(start_of(acting.run))

    assert acting.bench.runner().step(task["work"]) == {"next": "end"}
    finished = acting.bench.drive(acting.run)

    assert (finished.status, finished.output_of("a")) == ("succeeded", "attempt 1")
    assert acting.acts == [(1, None)]


def test_items_that_were_at_work_when_the_run_failed_are_not_done_again() -> None:
    acting = Acting(for_each=ForEach("{{ input.list }}", 1))
    acting.meanwhile = acting.fails

    failed = acting.bench.drive(acting.run)
    resumed = acting.resumed()

    assert (failed.status, resumed.status) == ("failed", "succeeded")
    assert resumed.output_of("a") == ["attempt 1", "attempt 2"]
    assert acting.acts == [(1, 0), (2, 1)]


@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
@given(cases(failures=False), st.integers(0, 2**32))
def test_no_node_acts_twice_unless_its_interruption_was_known_when_the_run_was_resumed(case: Case, seed: int) -> None:
    choice, acts = random.Random(seed), Counter[tuple[str, int | None]]()
    nodes = [work(**_acting(node)) if node.type == "work" else node for node in case.plan.nodes.values()]
    plan = plan_of(nodes, [(e.source, e.target) if e.branch is None else (e.source, e.target, e.branch)
                           for e in case.plan.edges])  # fmt: skip
    bench = Workbench(plan, time=VirtualTime())
    run = bench.request(case.input)
    troubles = [3]

    def act(task: NodeTask) -> NodeResult:
        acts[task.node_id, task.item_index] += 1
        if troubles[0] and choice.random() < 0.4:
            troubles[0] -= 1
            fail_run(bench, run)
            if choice.random() < 0.5:
                resume(bench, run)
                if choice.random() < 0.7:
                    ShuffledDriver(bench, choice).run(run)
        return NodeResult(task.node_id)

    bench.runners = {"work": act}
    ShuffledDriver(bench, choice).run(run)
    for _ in range(40):
        if bench.finished(run).status == "succeeded":
            break
        if bench.finished(run).status == "failed":
            resume(bench, run)
        ShuffledDriver(bench, choice).run(run)

    finished = bench.finished(run)
    assert finished.status == "succeeded"
    assert finished.state == replay(plan, finished.events)
    interrupted = Counter(
        event.node_id
        for event in finished.events
        if isinstance(event, NodeFailed) and event.code == "node_interrupted" and event.handled == "fail"
    )
    for (node, _), count in acts.items():
        assert count <= 1 + interrupted[node], f"{node} acted {count} times"


def _acting(node: Any) -> dict[str, Any]:
    return {"node_id": node.id, "effects": "once", "when": node.when, "for_each": node.for_each}


def test_a_for_each_takes_as_long_as_from_its_first_item_to_its_last() -> None:
    time = VirtualTime()

    def ten_seconds(task: NodeTask) -> NodeResult:
        time.sleep(10)
        return NodeResult(task.item_index)

    plan = plan_of([work("a", for_each=ForEach("{{ input.list }}", 1))])
    run = Workbench(plan, runners={"work": ten_seconds}, time=time)
    finished = run.drive(run.request({"list": [1, 2, 3]}))

    (completed,) = (event for event in finished.events if isinstance(event, NodeCompleted))
    assert completed.started_at == "2026-01-01T12:00:00+00:00"
    assert completed.duration_ms == 30_000
