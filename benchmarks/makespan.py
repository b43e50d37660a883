"""How long runs take against their critical path, beside LangGraph on the same graphs.

In process, nodes sleep. On the local stage (`--stage`) every node is a real function that waits for a slow server, and
the figure is the time from the request to the end of the run, as the run's history has it: API, queue, state machine,
functions and commits are in it. LangGraph then asks the same server from its own process.

    make bench    or    python -m benchmarks.makespan [--stage] [--rounds 1]
"""

import argparse
import statistics
import time
import urllib.request
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from benchmarks.peers import headline, langgraph
from benchmarks.slow_server import slow_server
from benchmarks.stage import HOMES, local_stage
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.testing.run_workflow import run_workflow
from heddle_sdk import Client
from tests.support.graphs import Edge, plan_of, work

IN_PROCESS, ON_STAGE = 1.15, 1.3
"""The targets: in process for every graph, on the warm local stage for those that are series-parallel."""
WARM_UP = 2

Seconds = dict[str, float]

GRAPHS: dict[str, tuple[Seconds, list[Edge]]] = {
    "chain": ({"a": 0.5, "b": 1.0, "c": 0.5}, [("a", "b"), ("b", "c")]),
    "diamond": ({"a": 0.5, "b": 1.0, "c": 2.0, "d": 0.5}, [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]),
    "unbalanced branches": (
        {"a": 0.5, "b": 2.0, "c": 0.5, "d": 0.5, "e": 2.0, "z": 0.5},
        [("a", "b"), ("b", "c"), ("c", "z"), ("a", "d"), ("d", "e"), ("e", "z")],
    ),
    "nested forks": (
        {"a": 0.5, "b": 0.5, "c": 3.0, "d": 2.0, "e": 0.5, "f": 0.5, "g": 0.5},
        [("a", "b"), ("a", "c"), ("b", "d"), ("b", "e"), ("d", "f"), ("e", "f"), ("f", "g"), ("c", "g")],
    ),
    "fast and nested beside slow": (
        {"s": 0.5, "fast": 0.5, "n": 0.5, "n1": 0.5, "n2": 1.0, "m": 0.5, "j": 0.5, "after": 1.0, "slow": 3.0,
         "end": 0.5},
        [("s", "fast"), ("s", "n"), ("n", "n1"), ("n", "n2"), ("n1", "m"), ("n2", "m"), ("fast", "j"), ("m", "j"),
         ("j", "after"), ("s", "slow"), ("slow", "end"), ("after", "end")],
    ),
    "N": ({"a": 0.5, "b": 2.0, "c": 3.0, "d": 1.0}, [("a", "c"), ("a", "d"), ("b", "d")]),
}  # fmt: skip
NOT_SERIES_PARALLEL = frozenset({"N"})


def critical_path(seconds: Seconds, edges: list[Edge]) -> float:
    """Return the seconds of the longest way through the graph."""
    done: dict[str, float] = {}
    for node in plan_of([work(node) for node in seconds], edges).order:
        done[node] = max((done[edge[0]] for edge in edges if edge[1] == node), default=0.0) + seconds[node]
    return max(done.values())


def timed(run: Callable[[], Any]) -> float:
    """Return how long the call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def in_process(seconds: Seconds, edges: list[Edge]) -> float:
    """Return the seconds of a run by the in-process driver; nodes sleep."""

    def sleep(task: NodeTask) -> NodeResult:
        time.sleep(seconds[task.node_id])
        return NodeResult(1)

    plan = plan_of([work(node) for node in seconds], edges)
    return timed(partial(run_workflow, plan, {}, runners={"work": sleep}))


def document(name: str, seconds: Seconds, edges: list[Edge], server: str) -> dict[str, Any]:
    """Return the graph as a workflow whose nodes ask the slow server."""
    nodes = [
        {
            "id": node,
            "type": "http",
            "config": {"url": f"http://{server}/?seconds={takes}"},
            "after": [edge[0] for edge in edges if edge[1] == node],
        }
        for node, takes in seconds.items()
    ]
    return {"name": f"bench {name}", "mode": "standard", "nodes": nodes}


def on_stage(heddle: Client, workflow: str) -> float:
    """Return the seconds from the request to the end of a run, as its history has them."""
    run = heddle.runs.start(workflow).wait(120)
    if run.status != "succeeded" or run.requested_at is None or run.ended_at is None:
        raise SystemExit(f"{workflow}: run {run.id} ended as {run.status}: {run.error}")
    return (datetime.fromisoformat(run.ended_at) - datetime.fromisoformat(run.requested_at)).total_seconds()


def table(title: str, target: float, rounds: int, run: Callable[[str], float], rest: Callable[[float], Any]) -> None:
    """Print makespan ÷ critical path for both, the median of so many rounds taken in turn."""
    print(headline(title))
    print(f"{'graph':<30}{'critical path':>14}{'Heddle':>9}{'LangGraph':>11}   target ≤ {target}", flush=True)
    for name, (seconds, edges) in GRAPHS.items():
        best = critical_path(seconds, edges)

        def peer(node: str, seconds: Seconds = seconds) -> None:
            rest(seconds[node])

        graph = langgraph(seconds, edges, peer)
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(run(name) / best)
            theirs.append(timed(partial(graph.invoke, {"done": []})) / best)
        note = "   (not series-parallel)" if name in NOT_SERIES_PARALLEL else ""
        print(
            f"{name:<30}{best:>12.1f} s{statistics.median(ours):>9.3f}{statistics.median(theirs):>11.3f}{note}",
            flush=True,
        )


def main() -> None:
    """Measure in process, or on a local stage of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stage", action="store_true", help="bring a local stage up and run there")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    if not options.stage:
        table(
            "Makespan ÷ critical path, in process",
            IN_PROCESS,
            options.rounds,
            lambda name: in_process(*GRAPHS[name]),
            time.sleep,
        )
        return
    with slow_server() as server, local_stage(HOMES / "makespan", allowed_hosts=server) as stage:
        stage("up")
        with stage.client() as heddle:
            documents = {name: document(name, *graph, server) for name, graph in GRAPHS.items()}
            ids = {name: heddle.workflows.ensure(each) for name, each in documents.items()}
            for _ in range(WARM_UP):  # the widest graph makes as many workers as any other needs
                on_stage(heddle, ids["fast and nested beside slow"])
            ask = lambda seconds: urllib.request.urlopen(f"http://{server}/?seconds={seconds}").read()  # noqa: E731
            title = "Makespan ÷ critical path, warm local stage (every node a function)"
            table(title, ON_STAGE, options.rounds, lambda name: on_stage(heddle, ids[name]), ask)


if __name__ == "__main__":
    main()
