"""What the benchmarks share: the machine they ran on, plans by hand, and the same graphs in LangGraph."""

import gc
import operator
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, TypedDict

from tests.support.graphs import Edge

RUNS_A_TURN = 5


def headline(title: str) -> str:
    """Return the title with machine, interpreter and date: figures mean nothing without them."""
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"{title}\n{when} · {machine} · LangGraph {version('langgraph')}\n"


def side_by_side(rounds: int, *runs: Callable[[], Any]) -> list[tuple[float, float]]:
    """Return the median seconds of a run of each: by the processor's clock and by the one on the wall.

    They take turns, so that a busy machine is as unkind to all. A turn is several runs, so that nobody starts on the
    other's caches; each clears up behind itself.
    """
    for run in runs:
        run()  # warms up
    gc.collect()
    gc.freeze()  # nobody pays for the modules that another one has imported
    taken: list[list[tuple[float, float]]] = [[] for _ in runs]
    for _ in range(rounds):
        for times, run in zip(taken, runs, strict=True):
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(RUNS_A_TURN):
                run()
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            times.append((cpu / RUNS_A_TURN, wall / RUNS_A_TURN))
            gc.collect()
    gc.unfreeze()
    return [
        (statistics.median(cpu for cpu, _ in times), statistics.median(wall for _, wall in times)) for times in taken
    ]


class State(TypedDict):
    """The state of the LangGraph graphs: every node adds one number."""

    done: Annotated[list[int], operator.add]


def langgraph(nodes: Iterable[str], edges: Iterable[Edge], work: Callable[[str], None], **options: Any) -> Any:
    """Return a compiled LangGraph graph of the same shape; a node with several sources waits for all of them.

    `options` are those of its `compile`.
    """
    peer = import_module("langgraph.graph")  # its group is not installed where the types are checked
    names, edges = list(nodes), list(edges)
    graph = peer.StateGraph(State)

    def node(name: str) -> Callable[[Mapping[str, Any]], dict[str, list[int]]]:
        def run(state: Mapping[str, Any]) -> dict[str, list[int]]:
            work(name)
            return {"done": [1]}

        return run

    for name in names:
        graph.add_node(name, node(name))
    for name in names:
        sources = [edge[0] for edge in edges if edge[1] == name]
        if not sources:
            graph.add_edge(peer.START, name)
        elif len(sources) == 1:
            graph.add_edge(sources[0], name)
        else:
            graph.add_edge(sources, name)
        if not any(edge[0] == name for edge in edges):
            graph.add_edge(name, peer.END)
    return graph.compile(**options)
