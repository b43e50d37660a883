"""What the engine costs per node, events recorded, beside LangGraph's in-memory graph on the same shapes.

The work of a node is the same trifle for both: it gives one value. Heddle records every fact (two events a node) in
its memory store with the hash chain, which is verified here before anything is measured. LangGraph is shown twice:
as compiled, which records nothing and is what the target refers to, and with its in-memory checkpointer, which keeps
the state after each superstep. Rounds alternate, and both clocks are shown: on a busy machine the one on the wall says
much about the neighbours; with threads the processor's counts what they do beside each other.

    make bench    or    python -m benchmarks.engine_overhead [--rounds 60]
"""

import argparse
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from itertools import count, pairwise
from typing import Any

from benchmarks.peers import headline, langgraph, side_by_side
from heddle.application.history.verify import verify_stream
from heddle.domain.engine.plan import Plan
from heddle.domain.events.envelope import StreamId
from heddle.testing.run_workflow import TENANT, Workbench, run_workflow
from tests.support.graphs import Edge, cheap, plan_of

TARGET = 0.2


def shapes() -> dict[str, tuple[list[str], list[Edge]]]:
    """Return nodes and edges of each shape."""
    chain = [f"n{i}" for i in range(50)]
    wide = [f"w{i}" for i in range(20)]
    return {
        "chain of 50": (chain, list(pairwise(chain))),
        "1 → 20 → 1": (["s", *wide, "j"], [edge for w in wide for edge in (("s", w), (w, "j"))]),
    }


def plan(nodes: list[str], edges: list[Edge]) -> Plan:
    """Return the shape as a plan of nodes that give one value."""
    return plan_of([cheap(node, {"values": {"done": 1}}) for node in nodes], edges)


def check_history(plan: Plan) -> None:
    """Refuse to measure an engine that records less than it promises."""
    bench = Workbench(plan)
    run = bench.drive(bench.request())
    report = verify_stream(bench.store, StreamId(TENANT, "run", run.id))
    if run.status != "succeeded" or not report.intact or len(run.events) != 2 * len(plan.nodes) + 3:
        raise SystemExit(f"the history is not what it should be: {run.status}, {len(run.events)} events, {report}")


def checkpointed(graph: Any, options: dict[str, Any], numbers: Iterator[int]) -> None:
    """Run a graph that keeps checkpoints, each time as another thread."""
    graph.invoke({"done": []}, {**options, "configurable": {"thread_id": str(next(numbers))}})


def main() -> None:
    """Print microseconds per node."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    print(headline("Engine overhead: µs per node, median of alternating rounds, events recorded"))
    head = f"{'shape':<14}{'clock':<7}{'Heddle':>9}{'LangGraph':>11}{'ratio':>8}{'+ checkpoints':>16}{'ratio':>8}"
    print(f"{head}   target: first ratio ≤ {TARGET}")
    saver = import_module("langgraph.checkpoint.memory").InMemorySaver
    options = {"recursion_limit": 1000}
    for name, (nodes, edges) in shapes().items():
        ours = plan(nodes, edges)
        check_history(ours)
        bare = langgraph(nodes, edges, lambda node: None)
        keeping = langgraph(nodes, edges, lambda node: None, checkpointer=saver())
        seconds = side_by_side(
            rounds,
            partial(run_workflow, ours, {}),
            partial(bare.invoke, {"done": []}, options),
            partial(checkpointed, keeping, options, count()),
        )
        for clock, place in (("CPU", 0), ("wall", 1)):
            heddle, plain, kept = (each[place] / len(nodes) * 1e6 for each in seconds)
            figures = f"{heddle:>9.1f}{plain:>11.1f}{heddle / plain:>8.2f}{kept:>16.1f}{heddle / kept:>8.2f}"
            print(f"{name:<14}{clock:<7}{figures}")


if __name__ == "__main__":
    main()
