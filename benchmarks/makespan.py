"""How long runs take against their critical path, in process, beside LangGraph on the same graphs.

Nodes sleep 0.5 to 3 seconds. Run: .tools/bin/uv run --group bench python -m benchmarks.makespan
(PYTHONPATH=layers/core/python:.)
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.peers import headline, langgraph
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.testing.run_workflow import run_workflow
from tests.support.graphs import Edge, plan_of, work

TARGET = 1.15

GRAPHS: dict[str, tuple[dict[str, float], list[Edge]]] = {
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


def critical_path(seconds: dict[str, float], edges: list[Edge]) -> float:
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


def main() -> None:
    """Print makespan ÷ critical path for both."""
    print(headline("Makespan ÷ critical path, in process"))
    print(f"{'graph':<30}{'critical path':>14}{'Heddle':>9}{'LangGraph':>11}   target ≤ {TARGET}")
    for name, (seconds, edges) in GRAPHS.items():
        best = critical_path(seconds, edges)
        plan = plan_of([work(node) for node in seconds], edges)

        def sleep(task: NodeTask, seconds: dict[str, float] = seconds) -> NodeResult:
            time.sleep(seconds[task.node_id])
            return NodeResult(1)

        def rest(node: str, seconds: dict[str, float] = seconds) -> None:
            time.sleep(seconds[node])

        graph = langgraph(seconds, edges, rest)
        ours = timed(partial(run_workflow, plan, {}, runners={"work": sleep}))
        theirs = timed(partial(graph.invoke, {"done": []}))
        print(f"{name:<30}{best:>12.1f} s{ours / best:>9.3f}{theirs / best:>11.3f}")


if __name__ == "__main__":
    main()
