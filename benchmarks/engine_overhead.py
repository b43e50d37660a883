"""What the engine costs per node, events recorded, beside LangGraph's in-memory graph on the same shapes.

Run: .tools/bin/uv run --group bench python -m benchmarks.engine_overhead   (PYTHONPATH=layers/core/python:.)
"""

from functools import partial
from itertools import pairwise

from benchmarks.peers import headline, langgraph, side_by_side
from heddle.testing.run_workflow import run_workflow
from tests.support.graphs import Edge, cheap, plan_of

ROUNDS = 60
TARGET = 0.2


def shapes() -> dict[str, tuple[list[str], list[Edge]]]:
    """Return nodes and edges of each shape."""
    chain = [f"n{i}" for i in range(50)]
    wide = [f"w{i}" for i in range(20)]
    return {
        "chain of 50": (chain, list(pairwise(chain))),
        "1 → 20 → 1": (["s", *wide, "j"], [edge for w in wide for edge in (("s", w), (w, "j"))]),
    }


def main() -> None:
    """Print microseconds per node."""
    print(headline("Engine overhead: µs per node, events recorded in the memory store"))
    print(f"{'shape':<14}{'Heddle':>10}{'LangGraph':>12}{'ratio':>8}   target ≤ {TARGET}")
    for name, (nodes, edges) in shapes().items():
        plan = plan_of([cheap(node, {"values": {"done": 1}}) for node in nodes], edges)
        graph = langgraph(nodes, edges, lambda node: None)
        options = {"recursion_limit": 1000}
        seconds = side_by_side(ROUNDS, partial(run_workflow, plan, {}), partial(graph.invoke, {"done": []}, options))
        ours, theirs = (each / len(nodes) * 1e6 for each in seconds)
        print(f"{name:<14}{ours:>10.1f}{theirs:>12.1f}{ours / theirs:>8.2f}")


if __name__ == "__main__":
    main()
