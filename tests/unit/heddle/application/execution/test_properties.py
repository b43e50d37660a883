"""What holds for every graph, every choice of routers, every failure and every interleaving."""

import random
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heddle.application.execution.settings import ExecutionSettings
from heddle.application.execution.step import Step, Work
from heddle.domain.engine.commands import CancelRun, ResumeRun
from heddle.domain.engine.evolve import evolve, replay
from heddle.domain.engine.plan import Plan
from heddle.domain.engine.state import RunState
from heddle.domain.events.envelope import Metadata
from heddle.domain.events.run_events import (
    NodeCompleted,
    NodeFailed,
    NodeItemsPlanned,
    NodeScheduled,
    NodeSkipped,
    NodeWaiting,
    RunCancellationRequested,
    RunEvent,
    RunResumed,
)
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import NodeError
from heddle.testing.run_workflow import FinishedRun, Workbench
from heddle.testing.virtual_time import VirtualTime
from tests.support.graphs import ForEach, PlanNode, RetryPolicy, cheap, plan_of, router, work

BY = Metadata("test")


@dataclass(frozen=True)
class Case:
    plan: Plan
    input: dict[str, Any]
    broken: frozenset[str]
    flaky: frozenset[str]


@st.composite
def cases(draw: st.DrawFn, failures: bool = True) -> Case:
    count = draw(st.integers(1, 12))
    kinds = draw(st.lists(st.sampled_from(["work", "work", "cheap", "router", "when", "each"]), min_size=count,
                          max_size=count))  # fmt: skip
    nodes, edges, inputs = [], [], {"no": False, "list": [1, 2, 3]}
    broken, flaky = set(), set()
    for number, kind in enumerate(kinds):
        name = f"n{number}"
        sources = draw(st.lists(st.integers(0, number - 1), max_size=3, unique=True)) if number else []
        on_error = draw(st.sampled_from(["fail", "continue", "route"])) if failures else "fail"
        options: dict[str, Any] = {"on_error": on_error}
        fate = draw(st.sampled_from(["well", "well", "well", "broken", "flaky"])) if failures else "well"
        if kind in ("work", "when", "each") and fate == "broken":
            broken.add(name)
        elif kind == "work" and fate == "flaky":
            flaky.add(name)
            options["retry"] = RetryPolicy(3, "fixed", draw(st.sampled_from([0.0, 1.0, 5.0])), jitter=0.0)
        match kind:
            case "cheap":
                nodes.append(cheap(name, **options))
            case "router":
                nodes.append(router(name, "x", "y", **options))
                inputs[name] = draw(st.lists(st.sampled_from(["x", "y"]), max_size=2, unique=True))
            case "when":
                nodes.append(work(name, when=draw(st.sampled_from(["{{ input.no }}", "{{ true }}"])), **options))
            case "each":
                nodes.append(work(name, for_each=ForEach("{{ input.list }}", 2), **options))
            case _:
                nodes.append(work(name, **options))
        for source in sources:
            edges.append(_edge(draw, kinds[source], nodes[source], f"n{source}", name))
    return Case(plan_of(nodes, edges), inputs, frozenset(broken), frozenset(flaky))


def _edge(draw: st.DrawFn, kind: str, source: PlanNode, start: str, end: str) -> Any:
    if kind == "router" and draw(st.booleans()):
        return (start, end, draw(st.sampled_from(["x", "y"])))
    if source.on_error == "route" and draw(st.booleans()):
        return (start, end, "error")
    return (start, end)


def runner_of(case: Case, calls: list[tuple[str, int, int | None]]) -> Any:
    def run(task: NodeTask) -> NodeResult:
        calls.append((task.node_id, task.attempt, task.item_index))
        if task.node_id in case.broken:
            raise NodeError("it never works", code="broken")
        if task.node_id in case.flaky and task.attempt < 3:
            raise NodeError("not yet", code="flaky", retryable=True)
        return NodeResult(task.node_id)

    return run


class ShuffledDriver:
    """Obeys steps one at a time in any order, delivers some twice, and lets containers come and go."""

    def __init__(self, bench: Workbench, choice: random.Random) -> None:
        self.bench, self.choice = bench, choice
        self.settings = ExecutionSettings(
            mode="inline", inline_levels=choice.randint(1, 3), event_budget=choice.choice([600, 20_000]), short_wait=0.5
        )
        self.kernels = [
            bench.runner(settings=self.settings, hosted=hosted) for hosted in (frozenset(), frozenset({"fn"}))
        ]
        self.open: list[tuple[Step, Any]] = []

    def run(self, run: Any, before: Any = None) -> None:
        budget = self.settings.event_budget
        start: Work = {
            "run": run,
            "strand": {"id": "0", "until": None, "level": 0, "events_left": budget},
            "do": "start",
        }
        self.open.append(({"next": "advance", "work": start}, None))
        steps = 0
        while self.open:
            steps += 1
            assert steps < 2_000, "the run does not end"
            if before is not None:
                before(steps)
            step, fork = self.open.pop(self.choice.randrange(len(self.open)))
            self._obey(step, fork)

    def _obey(self, step: Step, fork: Any) -> None:
        if step["next"] == "end":
            while fork is not None:
                fork["open"] -= 1
                if fork["open"]:
                    return
                self.open.append(({"next": "advance", "work": fork["work"]}, fork["parent"]))
                return
            return
        if step["next"] == "fork":
            assert len({strand["work"]["strand"]["id"] for strand in step["strands"]}) in (1, len(step["strands"]))
            into = {"open": len(step["strands"]), "work": step["work"], "parent": fork}
            self.open.extend((strand, into) for strand in step["strands"])
            return
        if step["next"] == "wait":
            assert self.bench.time is not None
            self.bench.time.sleep(step["seconds"])
        kernel = self.kernels[1] if step["next"] == "task" else self.kernels[0]
        if self.choice.random() < 0.15:  # a container that has never seen this run
            kernel = self.bench.runner(settings=self.settings, hosted=kernel.hosted)
        answer = kernel.step(step["work"])
        if self.choice.random() < 0.15:
            kernel.step(step["work"])
        self.open.append((answer, fork))


def check(case: Case, run: FinishedRun, calls: list[tuple[str, int, int | None]]) -> None:
    plan, events = case.plan, run.events
    assert run.status in ("succeeded", "failed", "cancelled")
    assert len(calls) == len(set(calls)), "an attempt was made twice"
    state = RunState()
    for event in events:
        if isinstance(event, NodeScheduled) and event.attempt == 1:
            check_settled_before(plan, state, event)
        if isinstance(event, NodeSkipped) and event.reason == "branch":
            check_settled_before(plan, state, event)
        evolve(plan, state, event)
    assert state == run.state == replay(plan, events)
    assert RunState.from_json(state.to_json()) == state
    if run.status == "succeeded":
        assert state.settled == len(plan.nodes)
        assert not state.open


def check_settled_before(plan: Plan, state: RunState, event: NodeScheduled | NodeSkipped) -> None:
    """Every edge into the node is resolved, and it is scheduled if one is live, skipped if none is."""
    live = []
    for edge in plan.edges:
        if edge.target != event.node_id:
            continue
        source, planned = state.node(edge.source), plan.nodes[edge.source]
        assert source.settled, f"{event.node_id} did not wait for {edge.source}"
        failed = source.status == "failed" and source.handled == "route"
        error_edge = edge.branch == "error" and planned.on_error == "route"
        if source.status == "skipped":
            live.append(False)
        elif error_edge or failed:
            live.append(error_edge and failed)
        else:
            live.append(edge.branch is None or edge.branch in (source.route or ()))
    assert isinstance(event, NodeScheduled) == (any(live) or not live)


SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(cases(), st.integers(0, 2**32))
def test_every_run_ends_and_keeps_the_rules_in_any_order_of_events(case: Case, seed: int) -> None:
    calls: list[tuple[str, int, int | None]] = []
    bench = Workbench(case.plan, runners={"work": runner_of(case, calls)}, time=VirtualTime())
    run = bench.request(case.input)

    ShuffledDriver(bench, random.Random(seed)).run(run)

    check(case, bench.finished(run), calls)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(cases(), st.integers(0, 2**32), st.integers(1, 25))
def test_a_cancellation_stops_the_run_and_resuming_brings_it_to_its_end(case: Case, seed: int, when: int) -> None:
    calls: list[tuple[str, int, int | None]] = []
    bench = Workbench(case.plan, runners={"work": runner_of(case, calls)}, time=VirtualTime())
    run = bench.request(case.input)
    log = bench.runner().log

    def cancel(step: int) -> None:
        if step == when:
            log.change("test", run["id"], CancelRun("enough", "me", bench.now().isoformat()), metadata=BY)

    driver = ShuffledDriver(bench, random.Random(seed))
    driver.run(run, before=cancel)
    stopped = bench.finished(run)
    check(case, stopped, calls)
    assert not started_after_cancellation(stopped.events)

    log.change("test", run["id"], ResumeRun("me", bench.now().isoformat()), metadata=BY)
    driver.run(run)
    finished = bench.finished(run)
    check(case, finished, calls)
    assert finished.status in ("succeeded", "failed")


def started_after_cancellation(events: tuple[RunEvent, ...]) -> list[RunEvent]:
    stopping = False
    started: list[RunEvent] = []
    for event in events:
        if isinstance(event, RunCancellationRequested | RunResumed):
            stopping = isinstance(event, RunCancellationRequested)
        elif stopping and isinstance(event, NodeScheduled | NodeWaiting | NodeItemsPlanned):
            started.append(event)
    return started


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(cases(failures=False))
def test_threads_come_to_the_same_end_as_one_hand(case: Case) -> None:
    calls: list[tuple[str, int, int | None]] = []
    threads = Workbench(case.plan, runners={"work": runner_of(case, calls)})
    one = Workbench(case.plan, runners={"work": runner_of(case, [])}, time=VirtualTime())

    first = threads.drive(threads.request(case.input))
    run = one.request(case.input)
    ShuffledDriver(one, random.Random(0)).run(run)
    second = one.finished(run)

    check(case, first, calls)
    assert (first.status, first.statuses(), first.output) == (second.status, second.statuses(), second.output)
    outcomes = (NodeCompleted, NodeFailed, NodeSkipped)
    assert sum(isinstance(e, outcomes) for e in first.events) == sum(isinstance(e, outcomes) for e in second.events)
