"""What a run took: the kernel's count against a machine that obeys the real state machine's definition and counts."""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from heddle.application.execution.metering import STATES_OF_STEP, Metering, transitions
from heddle.application.execution.settings import ExecutionSettings
from heddle.application.execution.settle import Outcome, settle_node
from heddle.application.execution.step import RunRef, Step, Work
from heddle.application.execution.strand import StrandRunner
from heddle.application.runs.read_run import fold
from heddle.domain.engine.plan import PlanNode
from heddle.domain.engine.state import RunState
from heddle.domain.events.envelope import Metadata
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.testing.run_workflow import Workbench
from heddle.testing.virtual_time import VirtualTime
from tests.support.graphs import ForEach, cheap, plan_of, work
from tests.support.runs import first_work

STATES = json.loads((Path(__file__).parents[5] / "state_machines" / "run.asl.json").read_text())["States"]
TARGETS = {re.findall("'(.*?)'", choice["Condition"])[0]: choice["Next"] for choice in STATES["Route"]["Choices"]}
SETTINGS = ExecutionSettings(mode="standard", memory_mb=512)


class Machine:
    """Step Functions as far as the definition goes: enters states, counts them, calls functions, counts those too."""

    def __init__(self, bench: Workbench) -> None:
        everything = frozenset(node.function for node in bench.plan.nodes.values() if node.function)
        self.bench = bench
        self.advance = bench.runner(hosted=frozenset(), runners={})
        self.function = bench.runner(hosted=everything)
        self.states = self.calls = 0

    def execute(self, work: Work) -> None:
        self.enter("Advance", {"next": "advance", "work": work})

    def enter(self, state: str, step: Step) -> None:
        """Enter the state with the step, and follow the strand to its end."""
        while True:
            self.states += 1
            definition = STATES[state]
            if definition["Type"] == "Succeed":
                return
            following = definition.get("Next", "")
            match state:
                case "Route":
                    following = TARGETS[step["next"]]
                case "Advance":
                    step = self.call(self.advance, step["work"])
                case "RunTask":
                    step = self.call(self.function, step["work"])
                case "AwaitCallback":
                    self.calls += 1
                    self.settle(step["work"])
                    step = {"next": "advance", "work": {**step["work"], "do": "woken"}}
                case "Fork":
                    for branch in step["strands"]:
                        self.enter("Route", branch)
                case "RunChild":
                    self.execute(step["work"])
                case "Continue":
                    self.execute(step["work"])
                case "Wait":
                    assert self.bench.time is not None
                    self.bench.time.sleep(step["seconds"])
            state = following

    def call(self, runner: StrandRunner, work: Work) -> Step:
        self.calls += 1
        return runner.step(json.loads(json.dumps(work)))

    def settle(self, work: Work) -> None:
        run = work["run"]
        log = self.advance.log
        settle_node(
            log,
            run["tenant"],
            run["id"],
            work["node"],
            Outcome({"approved": True}),
            now=self.bench.now(),
            metadata=Metadata("c"),
            item=work.get("start"),
        )


def did(task: NodeTask) -> NodeResult:
    return NodeResult(task.node_id)


def measured(bench: Workbench, run: RunRef) -> dict[str, int]:
    return fold(bench.history(run)).summary.measured


APPROVAL = PlanNode(id="ask", type="approval", host="callback", config={"message": "Go?"}, timeout=60.0)
DELAY = PlanNode(id="later", type="delay", host="wait", config={"seconds": 30})

GRAPHS: dict[str, tuple[list[PlanNode], list[tuple[str, str]]]] = {
    "one node": ([work("a")], []),
    "a chain on one function": ([work("a"), work("b")], [("a", "b")]),
    "two functions": ([work("a"), work("b", function="other")], [("a", "b")]),
    "a diamond": (
        [cheap("s"), work("a"), work("b"), work("c"), cheap("j"), work("z")],
        [("s", "a"), ("s", "b"), ("s", "c"), ("a", "j"), ("b", "j"), ("c", "j"), ("j", "z")],
    ),
    "an approval before a node": ([APPROVAL, work("a")], [("ask", "a")]),
    "a wait beside a node": (
        [cheap("s"), DELAY, work("a"), cheap("j")],
        [("s", "later"), ("s", "a"), ("later", "j"), ("a", "j")],
    ),
    "items": ([work("a", for_each=ForEach("{{ input.items }}", 4))], []),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_a_run_counts_the_states_and_calls_that_it_took(name: str) -> None:
    nodes, edges = GRAPHS[name]
    clock = VirtualTime()
    bench = Workbench(plan_of(nodes, edges), runners={"work": did}, settings=SETTINGS, time=clock)
    run = bench.request({"items": list(range(9))})
    machine = Machine(bench)

    machine.execute(first_work(run))

    assert bench.finished(run).status == "succeeded"
    counts = measured(bench, run)
    assert (counts["transitions"], counts["invocations"]) == (machine.states, machine.calls)
    assert counts["executions"] == 1


def test_strands_that_move_to_executions_of_their_own_are_counted_too() -> None:
    names = [f"n{i}" for i in range(12)]
    chain = plan_of([work(name, function=name) for name in names], list(itertools.pairwise(names)))
    settings = ExecutionSettings(mode="standard", event_budget=430)
    bench = Workbench(chain, runners={"work": did}, settings=settings, time=VirtualTime())
    run = bench.request()
    advance = bench.runner(hosted=frozenset(), runners={})
    machine = Machine(bench)
    machine.function = advance_of_each(bench)
    machine.advance = advance

    machine.execute(first_work(run, events_left=430))

    assert bench.finished(run).status == "succeeded"
    counts = measured(bench, run)
    assert counts["executions"] > 1
    assert (counts["transitions"], counts["invocations"]) == (machine.states, machine.calls)


def advance_of_each(bench: Workbench) -> Any:
    """Return what stands for twelve functions, each of which hosts one node only."""

    class Each:
        def step(self, work: Work) -> Step:
            name = bench.plan.nodes[work["node"]].function
            return bench.runner(hosted=frozenset([name])).step(work)

    return Each()


@pytest.mark.parametrize("kind", ["end", "task", "advance", "wait", "callback", "fork", "continue"])
def test_the_table_of_states_is_what_the_definition_says(kind: str) -> None:
    entered, state = ["Route"], TARGETS[kind]
    while True:
        entered.append(state)
        if state in ("RunTask", "Advance") or STATES[state]["Type"] == "Succeed":
            break
        state = STATES[state]["Next"]

    assert len(entered) == STATES_OF_STEP[kind]


def test_a_child_execution_is_counted_with_the_advance_that_it_begins_with() -> None:
    assert [STATES["RunChild"]["Next"], STATES["End"]["Type"]] == ["End", "Succeed"]
    assert STATES_OF_STEP["child"] == len(["Route", "RunChild", "Advance", "End"])


def test_every_step_that_the_machine_knows_has_a_count() -> None:
    assert STATES_OF_STEP.keys() == TARGETS.keys()


def test_a_fork_counts_the_first_states_of_its_branches() -> None:
    task: Step = {"next": "task"}

    assert transitions({"next": "fork", "strands": [task, task, {"next": "wait"}]}) == 3 + 2 + 2 + 3


def test_time_is_counted_up_to_the_commit_and_once() -> None:
    clock = iter([10.0, 10.0105, 10.0195, 10.0495])
    metering = Metering(
        first_work({"tenant": "t", "id": "r", "correlation_id": "c"}), SETTINGS, lambda: next(clock), VirtualTime().now
    )
    state = RunState(mode="standard")

    lost = metering.read(state, None)
    first = metering.read(state, None)
    metering.written()
    second = metering.read(state, None)

    assert (lost["ms"], first["ms"], second["ms"]) == (11, 20, 30)
    assert (first["invocations"], second["invocations"]) == (1, 0)
    assert first["mb"] == 512


def test_an_inline_run_is_one_invocation_and_enters_no_state() -> None:
    nodes = [cheap("s"), work("a"), work("b"), cheap("j")]
    bench = Workbench(
        plan_of(nodes, [("s", "a"), ("s", "b"), ("a", "j"), ("b", "j")]), runners={"work": did}, time=VirtualTime()
    )

    run = bench.request()
    bench.drive(run)

    counts = measured(bench, run)
    assert (counts["invocations"], counts["transitions"], counts["step_functions"]) == (1, 0, 0)


def test_an_express_run_says_how_long_its_execution_took() -> None:
    clock = VirtualTime()

    def slow(task: NodeTask) -> NodeResult:
        clock.sleep(2.5)
        return NodeResult(1)

    bench = Workbench(
        plan_of([work("a")]), runners={"work": slow}, settings=ExecutionSettings(mode="express"), time=clock
    )
    run = bench.request()

    Machine(bench).execute(first_work(run))

    counts = measured(bench, run)
    assert (counts["executions"], counts["execution_ms"], counts["transitions"]) == (1, 2500, 0)


def test_a_call_without_events_hands_its_count_on() -> None:
    bench = Workbench(
        plan_of([APPROVAL, work("a")], [("ask", "a")]), runners={"work": did}, settings=SETTINGS, time=VirtualTime()
    )
    run = bench.request()
    machine = Machine(bench)
    waiting = machine.advance.step(first_work(run))
    machine.settle(waiting["work"])

    task = machine.advance.step({**waiting["work"], "do": "woken"})

    assert task["work"]["meter"] == {"invocations": 1, "transitions": 2, "reads": 1}
