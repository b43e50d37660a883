"""Algorithms on acyclic graphs, given as successor lists. All are linear, or linear times the depth.

A graph is a mapping of every node to its successors, each once; the order of the mapping decides wherever an order is
free, so results are deterministic.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence

Graph = Mapping[str, Sequence[str]]


def predecessors(graph: Graph) -> dict[str, list[str]]:
    """Return the graph turned round."""
    turned: dict[str, list[str]] = {node: [] for node in graph}
    for node, successors in graph.items():
        for successor in successors:
            turned[successor].append(node)
    return turned


def topological_order(graph: Graph) -> tuple[list[str], list[str]]:
    """Return the nodes in an order in which edges point forward, and the nodes that a cycle keeps out of it."""
    nodes = list(graph)
    place = {node: number for number, node in enumerate(nodes)}
    waiting = {node: len(before) for node, before in predecessors(graph).items()}
    ready = [place[node] for node, count in waiting.items() if count == 0]
    order: list[str] = []
    while ready:
        node = nodes[heapq.heappop(ready)]
        order.append(node)
        for successor in graph[node]:
            waiting[successor] -= 1
            if waiting[successor] == 0:
                heapq.heappush(ready, place[successor])
    done = set(order)
    return order, [node for node in nodes if node not in done]


def cycles(graph: Graph) -> list[list[str]]:
    """Return one cycle of each strongly connected part that has any, as its nodes in order, first one not repeated."""
    found = []
    _, left = topological_order(graph)
    inside = set(left)
    # What only follows a cycle is no part of one: take away, from the end, what leads nowhere.
    turned = predecessors({node: [s for s in graph[node] if s in inside] for node in left})
    _, core = topological_order(turned)
    seen: set[str] = set()
    members = set(core)
    for start in core:
        if start in seen:
            continue
        cycle = _cycle_from(graph, start, members - seen)
        if cycle:
            found.append(cycle)
            seen.update(_component(graph, cycle[0], members))
    return found


def _cycle_from(graph: Graph, start: str, inside: set[str]) -> list[str]:
    path: list[str] = []
    on_path: dict[str, int] = {}
    done: set[str] = set()
    stack: list[tuple[str, int]] = [(start, 0)]
    while stack:
        node, number = stack.pop()
        if number == 0:
            on_path[node] = len(path)
            path.append(node)
        successors = [s for s in graph[node] if s in inside]
        while number < len(successors) and successors[number] in done:
            number += 1
        if number == len(successors):
            path.pop()
            del on_path[node]
            done.add(node)
            continue
        successor = successors[number]
        if successor in on_path:
            return path[on_path[successor] :]
        stack += [(node, number + 1), (successor, 0)]
    return []


def _component(graph: Graph, node: str, inside: set[str]) -> set[str]:
    """Return the strongly connected part that the node is in."""
    forward = reachable(graph, [node], inside)
    backward = reachable(predecessors(graph), [node], inside)
    return forward & backward


def reachable(graph: Graph, starts: Iterable[str], inside: set[str] | None = None) -> set[str]:
    """Return the nodes that can be reached, with the starts themselves."""
    found = set(starts)
    stack = list(found)
    while stack:
        for successor in graph[stack.pop()]:
            if successor not in found and (inside is None or successor in inside):
                found.add(successor)
                stack.append(successor)
    return found


def transitive_reduction(graph: Graph, order: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the graph without the edges that a longer way makes superfluous: same order of things, fewest edges."""
    place = {node: number for number, node in enumerate(order)}
    after: dict[str, int] = {}  # the nodes that can be reached, as bits by place
    reduced: dict[str, tuple[str, ...]] = {}
    for node in reversed(order):
        found = 0
        kept = []
        for successor in sorted(graph[node], key=place.__getitem__):
            if not found >> place[successor] & 1:
                kept.append(successor)
                found |= after[successor] | 1 << place[successor]
        after[node] = found
        reduced[node] = tuple(kept)
    return {node: reduced[node] for node in graph}


def immediate_post_dominators(graph: Graph, order: Sequence[str]) -> dict[str, str | None]:
    """Return for each node the first other node that every way from it to an end leads through; None if there is none.

    `order` is topological. Going backward, a node's successors are known, and their paths of post-dominators meet in
    the node's own: two paths are followed by always taking the step of the one that is behind.
    """
    place = {node: number for number, node in enumerate(order)}
    dominators: dict[str, str | None] = {}
    for node in reversed(order):
        dominators[node] = meeting(graph[node], dominators, place)
    return dominators


def meeting(nodes: Sequence[str], dominators: Mapping[str, str | None], place: Mapping[str, int]) -> str | None:
    """Return the first node that every way from each of these nodes leads through, one of them included."""
    if not nodes:
        return None
    candidates = iter(nodes)
    meet: str | None = next(candidates)
    for candidate in candidates:
        other: str | None = candidate
        while meet != other:
            if meet is None or other is None:
                return None
            if place[meet] < place[other]:
                meet = dominators[meet]
            else:
                other = dominators[other]
    return meet


def chains(graph: Graph, order: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the maximal chains of nodes without fork or join between them; every node is in exactly one."""
    before = predecessors(graph)
    found: list[tuple[str, ...]] = []
    for node in order:
        if len(before[node]) == 1 and len(graph[before[node][0]]) == 1:
            continue
        chain = [node]
        while len(graph[chain[-1]]) == 1 and len(before[graph[chain[-1]][0]]) == 1:
            chain.append(graph[chain[-1]][0])
        found.append(tuple(chain))
    return found


def longest_paths(graph: Graph, order: Sequence[str], weights: Mapping[str, float]) -> dict[str, float]:
    """Return for each node the weight of the heaviest path that ends in it, its own weight included."""
    heaviest = dict.fromkeys(order, 0.0)
    for node in order:
        heaviest[node] += weights[node]
        for successor in graph[node]:
            heaviest[successor] = max(heaviest[successor], heaviest[node])
    return heaviest


def is_series_parallel(graph: Graph) -> bool:
    """Tell whether the graph, with one start before its roots and one end after its leaves, is series-parallel.

    It is if replacing chains by edges and parallel edges by one leaves a single edge (Valdes, Tarjan and Lawler 1982).
    """
    start, end = object(), object()
    after: dict[object, set[object]] = {node: set(successors) or {end} for node, successors in graph.items()}
    before: dict[object, set[object]] = {node: set() for node in (*graph, end)}
    after[start] = {node for node, sources in predecessors(graph).items() if not sources}
    before[start], after[end] = set(), set()
    for node, successors in after.items():
        for successor in successors:
            before[successor].add(node)
    simple = [node for node in graph if len(before[node]) == 1 == len(after[node])]
    left = len(graph)
    while simple:
        node = simple.pop()
        if node not in after or len(before[node]) != 1 or len(after[node]) != 1:
            continue
        (source,), (target,) = before.pop(node), after.pop(node)
        left -= 1
        after[source].discard(node)
        before[target].discard(node)
        after[source].add(target)
        before[target].add(source)
        for each in (source, target):
            if each is not start and each is not end and len(before[each]) == 1 == len(after[each]):
                simple.append(each)  # type: ignore[arg-type]
    return left == 0
