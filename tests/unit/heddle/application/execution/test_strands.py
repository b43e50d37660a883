"""A run goes through its graph: branches, joins, no false barriers. Times are virtual, and therefore exact."""

from collections.abc import Callable, Mapping

import pytest

from heddle.domain.events.envelope import StreamId
from heddle.domain.events.run_events import NodeCompleted, NodeScheduled, NodeSkipped
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.testing.run_workflow import FinishedRun, Workbench, run_workflow
from heddle.testing.virtual_time import VirtualTime
from tests.support.graphs import Edge, cheap, plan_of, router, work


def sleeper(time: VirtualTime, seconds: Mapping[str, float]) -> Callable[[NodeTask], NodeResult]:
    def run(task: NodeTask) -> NodeResult:
        time.sleep(seconds.get(task.node_id, 0.0))
        return NodeResult({"id": task.node_id})

    return run


def timed(edges: list[Edge], seconds: Mapping[str, float]) -> tuple[float, FinishedRun]:
    """Run a graph whose nodes take that long; return how long it all took."""
    time = VirtualTime()
    nodes = [work(node, timeout=10_000.0) for node in seconds]
    run = run_workflow(plan_of(nodes, edges), time=time, runners={"work": sleeper(time, seconds)})
    return time.monotonic(), run


def critical_path(edges: list[Edge], seconds: Mapping[str, float]) -> float:
    done: dict[str, float] = {}
    for node in plan_of([work(node) for node in seconds], edges).order:
        done[node] = max((done[edge[0]] for edge in edges if edge[1] == node), default=0.0) + seconds[node]
    return max(done.values())


GRAPHS: dict[str, tuple[list[Edge], dict[str, float]]] = {
    "chain": ([("a", "b"), ("b", "c")], {"a": 1, "b": 2, "c": 3}),
    "diamond": ([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")], {"a": 1, "b": 2, "c": 5, "d": 1}),
    "unbalanced branches": (
        [("a", "b"), ("b", "c"), ("c", "z"), ("a", "d"), ("d", "e"), ("e", "z")],
        {"a": 1, "b": 5, "c": 1, "d": 1, "e": 5, "z": 1},
    ),
    "N": ([("a", "c"), ("a", "d"), ("b", "d")], {"a": 1, "b": 5, "c": 9, "d": 2}),
    "N, other way": ([("a", "c"), ("a", "d"), ("b", "d")], {"a": 5, "b": 1, "c": 1, "d": 9}),
    "nested forks": (
        [("a", "b"), ("a", "c"), ("b", "d"), ("b", "e"), ("d", "f"), ("e", "f"), ("f", "g"), ("c", "g")],
        {"a": 1, "b": 1, "c": 4, "d": 3, "e": 1, "f": 1, "g": 1},
    ),
    "a join of a fast and a nested branch beside a slow one": (
        [("s", "fast"), ("s", "n"), ("n", "n1"), ("n", "n2"), ("n1", "m"), ("n2", "m"), ("fast", "j"), ("m", "j"),
         ("j", "after"), ("s", "slow"), ("slow", "end"), ("after", "end")],
        {"s": 1, "fast": 1, "n": 1, "n1": 1, "n2": 2, "m": 1, "j": 1, "after": 3, "slow": 9, "end": 1},
    ),
    "two joins with the same branches": (
        [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y"), ("x", "z"), ("y", "w")],
        {"a": 1, "b": 3, "x": 1, "y": 4, "z": 6, "w": 1},
    ),
    "a branch from outside into a fork": (
        [("s", "f"), ("s", "z"), ("f", "x"), ("f", "y"), ("z", "x"), ("z", "w"), ("x", "j"), ("y", "j"), ("j", "k")],
        {"s": 1, "f": 1, "z": 6, "x": 1, "y": 2, "w": 9, "j": 1, "k": 5},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GRAPHS)
def test_no_graph_has_a_false_barrier(name: str) -> None:
    edges, seconds = GRAPHS[name]

    took, run = timed(edges, seconds)

    assert run.status == "succeeded"
    assert took == pytest.approx(critical_path(edges, seconds), abs=0.1)


def test_a_wide_fork_runs_every_branch_at_once() -> None:
    names = [f"n{i}" for i in range(30)]
    edges: list[Edge] = [edge for n in names for edge in (("s", n), (n, "j"))]

    took, run = timed(edges, {"s": 1.0, **dict.fromkeys(names, 2.0), "j": 1.0})

    assert run.status == "succeeded"
    assert took == pytest.approx(4.0, abs=0.2)  # thirty commits at the same moment, one after the other


def test_a_join_waits_for_every_live_branch_and_no_dead_one() -> None:
    plan = plan_of(
        [router("r", "left", "right", "up"), cheap("a"), cheap("b"), cheap("c"), cheap("j")],
        [("r", "a", "left"), ("r", "b", "right"), ("r", "c", "up"), ("a", "j"), ("b", "j"), ("c", "j")],
        outputs={"a": "{{ nodes.a.output }}", "c": "{{ nodes.c.output }}"},
    )

    run = run_workflow(plan, {"r": ["left", "right"]})

    assert run.statuses() == {"r": "completed", "a": "completed", "b": "completed", "c": "skipped", "j": "completed"}
    assert run.output == {"a": {"id": "a"}, "c": None}
    order = [event.node_id for event in run.events if isinstance(event, NodeCompleted)]
    assert order.index("j") > max(order.index("a"), order.index("b"))


def test_skipping_goes_on_through_everything_that_has_no_live_edge() -> None:
    plan = plan_of(
        [router("r", "yes", "no"), cheap("a"), cheap("b"), cheap("c")],
        [("r", "a", "yes"), ("r", "b", "no"), ("b", "c")],
    )

    run = run_workflow(plan, {"r": ["yes"]})

    assert run.statuses() == {"r": "completed", "a": "completed", "b": "skipped", "c": "skipped"}
    assert [event.reason for event in run.events if isinstance(event, NodeSkipped)] == ["branch", "branch"]


def test_a_false_condition_skips_the_node_without_starting_it() -> None:
    plan = plan_of([cheap("a"), work("b", when="{{ input.go }}"), cheap("c")], [("a", "b"), ("b", "c")])

    run = run_workflow(plan, {"go": False}, runners={})

    assert run.status == "succeeded"
    assert run.statuses() == {"a": "completed", "b": "skipped", "c": "skipped"}


def test_the_join_of_a_fork_is_carried_by_the_strand_that_forked() -> None:
    edges, seconds = GRAPHS["nested forks"]

    _, run = timed(edges, seconds)

    strands = {event.node_id: event.strand for event in run.events if isinstance(event, NodeScheduled)}
    assert strands["a"] == strands["g"] == "0"
    assert strands["f"] != "0"


def test_a_run_of_cheap_nodes_is_one_commit() -> None:
    plan = plan_of([cheap(f"n{i}") for i in range(20)], [(f"n{i}", f"n{i + 1}") for i in range(19)])
    bench = Workbench(plan)

    bench.drive(bench.request())

    commits = list(bench.store.commits(StreamId("test", "run", "run-1")))
    assert len(commits) == 2  # the request, and everything else
