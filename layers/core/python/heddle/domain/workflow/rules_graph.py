"""Rules on the graph: its size and shape, its edges, and the branches of its routers.

What can be unreachable: a workflow may have several roots, and every acyclic graph can be reached from its roots. So a
node is unreachable in two ways only: every way to it leads through a cycle (the members of the cycle are named by
`WF_CYCLE_DETECTED`, the nodes after it by `WF_UNREACHABLE_NODES`), or every way to it needs a branch that is never
taken, because its router does not offer it or its source does not route.
"""

from collections.abc import Iterator

from heddle.domain.engine.graph import cycles, longest_paths, predecessors, reachable, topological_order
from heddle.domain.engine.plan import PlanEdge
from heddle.domain.workflow.analysis import ERROR_BRANCH, Analysis
from heddle.errors import Problem

MAX_NODES = 1000
MAX_DEPTH = 100
MAX_PARALLEL = 50


def size_problems(analysis: Analysis) -> Iterator[Problem]:
    """Give the problems of the number of nodes and of their ids."""
    nodes = analysis.definition.nodes
    if not nodes:
        yield Problem("WF_NO_NODES", "a workflow needs at least one node", "nodes")
    if len(nodes) > MAX_NODES:
        message = f"the workflow has {len(nodes):,} nodes, but may have {MAX_NODES:,}; split it with `workflow` nodes"
        yield Problem("WF_TOO_MANY_NODES", message, "nodes")
    seen: set[str] = set()
    for place, node in enumerate(nodes):
        if node.id in seen:
            message = f"the id `{node.id}` is used twice; every node needs an id of its own"
            yield Problem("WF_DUPLICATE_NODE_ID", message, f"nodes[{place}].id", (node.id,))
        seen.add(node.id)


def edge_problems(analysis: Analysis) -> Iterator[Problem]:
    """Give the edges to unknown nodes, from a node to itself, or written twice."""
    definition = analysis.definition
    ends = [
        (f"edges[{place}].{name}", node)
        for place, edge in enumerate(definition.edges)
        for name, node in (("from", edge.source), ("to", edge.target))
    ]
    ends += [
        (f"nodes[{place}].after[{number}]", source)
        for place, node in enumerate(definition.nodes)
        for number, source in enumerate(node.after)
    ]
    for path, node_id in ends:
        if node_id not in analysis.nodes:
            message = f"`{path}` names `{node_id}`, which is no node; {available(analysis)}"
            yield Problem("WF_UNKNOWN_NODE", message, path, (node_id,))
    seen: set[tuple[str, str, str | None]] = set()
    for place, edge in enumerate(definition.edges):
        written = (edge.source, edge.target, edge.branch)
        if written in seen:
            message = f"the edge from `{edge.source}` to `{edge.target}` is there twice; remove one"
            yield Problem("WF_DUPLICATE_EDGE", message, f"edges[{place}]", (edge.source, edge.target))
        seen.add(written)
        if edge.source == edge.target:
            yield _itself(edge.source, f"edges[{place}]")
    for place, node in enumerate(definition.nodes):
        if node.id in node.after:
            yield _itself(node.id, f"nodes[{place}].after")


def branch_problems(analysis: Analysis) -> Iterator[Problem]:
    """Give the branches that do not exist, and (as warnings) those that lead nowhere."""
    taken: dict[str, set[str]] = {}
    for place, edge in enumerate(analysis.definition.edges):
        if edge.branch is None or edge.source not in analysis.nodes:
            continue
        taken.setdefault(edge.source, set()).add(edge.branch)
        offered = offered_branches(analysis, edge.source)
        path = f"edges[{place}].branch"
        if offered is None:
            message = (
                f"the edge to `{edge.target}` names the branch `{edge.branch}`, but `{edge.source}` is no router; "
                "use a router, or `on_error: route` with the branch `error`"
            )
            yield Problem("WF_INVALID_ROUTER", message, path, (edge.source, edge.target))
        elif edge.branch not in offered:
            there = ", ".join(offered) or "none"
            message = f"the edge to `{edge.target}`: `{edge.source}` has no branch `{edge.branch}`; it has {there}"
            yield Problem("WF_UNKNOWN_BRANCH", message, path, (edge.source, edge.target))
    for node_id in analysis.nodes:
        used = taken.get(node_id, set())
        offered = offered_branches(analysis, node_id) or ()
        # A router whose branches no edge names may be read by its output instead; that is no oversight.
        unused = [branch for branch in offered if branch not in used] if used or ERROR_BRANCH in offered else []
        if unused:
            message = f"no edge of `{node_id}` names its branch {', '.join(f'`{branch}`' for branch in unused)}"
            path = f"nodes[{analysis.places[node_id]}]"
            yield Problem("WF_UNUSED_BRANCH", message, path, (node_id,), severity="warning")


def offered_branches(analysis: Analysis, node_id: str) -> tuple[str, ...] | None:
    """Return the branches that edges from the node may name; None if it does not route at all."""
    node = analysis.nodes[node_id]
    node_type = analysis.node_types.get(node.type)
    routes = node_type.routes if node_type is not None else None
    if routes is None and node.on_error != "route":
        return None
    offered = routes(node.config) if routes is not None else ()
    return (*offered, ERROR_BRANCH) if node.on_error == "route" and ERROR_BRANCH not in offered else offered


def shape_problems(analysis: Analysis) -> Iterator[Problem]:
    """Give cycles, unreachable nodes, and graphs that are too deep or too wide."""
    graph = analysis.graph
    for cycle in cycles(graph):
        way = " → ".join(f"`{node}`" for node in [*cycle, cycle[0]])
        message = f"these nodes wait for each other: {way}; remove one of the edges or references"
        yield Problem("WF_CYCLE_DETECTED", message, f"nodes[{analysis.places[cycle[0]]}]", tuple(cycle))
    yield from _unreachable(analysis)
    order, left = topological_order(graph)
    if left:
        return
    levels = longest_paths(graph, order, dict.fromkeys(order, 1.0))
    deepest = max(order, key=levels.__getitem__, default=None)
    if deepest is not None and levels[deepest] > MAX_DEPTH:
        message = (
            f"the longest chain has {levels[deepest]:.0f} nodes and ends at `{deepest}`, but may have {MAX_DEPTH}; "
            "split the workflow with `workflow` nodes"
        )
        yield Problem("WF_TOO_DEEP", message, f"nodes[{analysis.places[deepest]}]", (deepest,))
    for node_id in order:
        if len(graph[node_id]) > MAX_PARALLEL and len(wide := _parallel(analysis, node_id)) > MAX_PARALLEL:
            message = (
                f"`{node_id}` is followed by {len(wide)} parallel nodes, but may be by {MAX_PARALLEL}; "
                "use `for_each` for many alike"
            )
            yield Problem("WF_TOO_MANY_PARALLEL", message, f"nodes[{analysis.places[node_id]}]", (node_id,))


def available(analysis: Analysis) -> str:
    """Say which nodes there are."""
    ids = list(analysis.nodes)
    more = f" and {len(ids) - 20} more" if len(ids) > 20 else ""
    return f"there are {', '.join(ids[:20])}{more}" if ids else "there are none"


def _itself(node_id: str, path: str) -> Problem:
    message = f"`{node_id}` waits for itself; remove the edge (to repeat a node use `for_each`)"
    return Problem("WF_CYCLE_DETECTED", message, path, (node_id,))


def _unreachable(analysis: Analysis) -> Iterator[Problem]:
    passable = [edge for edge in analysis.edges if _can_be_taken(analysis, edge)]
    graph: dict[str, list[str]] = {node: [] for node in analysis.nodes}
    for edge in passable:
        graph[edge.source].append(edge.target)
    roots = [node for node, before in predecessors(analysis.graph).items() if not before]
    in_cycles = {node for cycle in cycles(analysis.graph) for node in cycle}
    found = reachable(graph, roots)
    lost = [node for node in analysis.nodes if node not in found and node not in in_cycles]
    if lost:
        message = f"no run can ever reach {', '.join(f'`{node}`' for node in lost[:20])}"
        yield Problem("WF_UNREACHABLE_NODES", message, f"nodes[{analysis.places[lost[0]]}]", tuple(lost))


def _can_be_taken(analysis: Analysis, edge: PlanEdge) -> bool:
    if edge.only_orders:
        return False
    return edge.branch is None or edge.branch in (offered_branches(analysis, edge.source) or ())


def _parallel(analysis: Analysis, node_id: str) -> list[str]:
    """Return the successors that may start as soon as the node is done: those that wait for no other of them."""
    successors = set(analysis.graph[node_id])
    behind = reachable(analysis.graph, {after for each in successors for after in analysis.graph[each]})
    return sorted(successors - behind)
