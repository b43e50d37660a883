"""What the benchmarks share: the machine they ran on, plans by hand, and the same graphs in LangGraph."""

import operator
import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, TypedDict

from tests.support.graphs import Edge


def headline(title: str) -> str:
    """Return the title with machine, interpreter and date: figures mean nothing without them."""
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"{title}\n{when} · {machine} · LangGraph {version('langgraph')}\n"


def side_by_side(rounds: int, *runs: Callable[[], Any]) -> list[float]:
    """Return the seconds of the quickest round of each, in turn, so that a busy machine is as unkind to all."""
    best = [float("inf")] * len(runs)
    for number in range(rounds + 1):
        for place, run in enumerate(runs):
            start = time.perf_counter()
            run()
            if number:  # the first round warms up
                best[place] = min(best[place], time.perf_counter() - start)
    return best


class State(TypedDict):
    """The state of the LangGraph graphs: every node adds one number."""

    done: Annotated[list[int], operator.add]


def langgraph(nodes: Iterable[str], edges: Iterable[Edge], work: Callable[[str], None]) -> Any:
    """Return a compiled LangGraph graph of the same shape; a node with several sources waits for all of them."""
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
    return graph.compile()
