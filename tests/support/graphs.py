"""Plans made by hand, for tests of the engine that should not depend on the compiler."""

from collections.abc import Iterable, Mapping
from typing import Any

from heddle.domain.engine.plan import START, CachePolicy, ForEach, Plan, PlanEdge, PlanNode, RetryPolicy

Edge = tuple[str, str] | tuple[str, str, str]


def work(node_id: str, **fields: Any) -> PlanNode:
    """Return a node that a function called `fn` hosts."""
    return PlanNode(**({"id": node_id, "type": "work", "host": "function", "config": {}, "function": "fn"} | fields))


def approval(node_id: str, **config: Any) -> PlanNode:
    """Return a node that waits for a person, for as long as it takes."""
    config = {"message": "ok?", **config}
    return work(node_id, type="approval", host="callback", function=None, config=config, timeout=1e6)


def cheap(node_id: str, config: Mapping[str, Any] | None = None, **fields: Any) -> PlanNode:
    """Return a `set` node, which the engine runs in process."""
    values = {"id": node_id, "type": "set", "host": "engine", "config": config or {"values": {"id": node_id}}}
    return PlanNode(**(values | fields))


def router(node_id: str, *branches: str, **fields: Any) -> PlanNode:
    """Return a router of the engine that takes every branch named in the input's list `{node_id}`."""
    rules = [{"branch": name, "when": "{{ '" + name + "' in input." + node_id + " }}"} for name in branches]
    values = {
        "id": node_id,
        "type": "router",
        "host": "engine",
        "config": {"rules": rules, "mode": "all"},
        "deferred": ("rules",),
    }
    return PlanNode(**(values | fields))


def plan_of(
    nodes: Iterable[PlanNode], edges: Iterable[Edge] = (), *, outputs: Any = None, timeout: float = 3600.0
) -> Plan:
    """Return a plan with its order and post-dominators worked out."""
    by_id = {node.id: node for node in nodes}
    plan_edges = tuple(PlanEdge(edge[0], edge[1], edge[2] if len(edge) > 2 else None) for edge in edges)
    order = _order(by_id, plan_edges)
    return Plan(
        name="test",
        nodes=by_id,
        order=order,
        edges=plan_edges,
        joins=_joins(order, plan_edges),
        segments=(),
        depth=1,
        outputs={} if outputs is None else outputs,
        mode="inline",
        reason="a test",
        modes=("inline",),
        timeout=timeout,
    )


def _order(nodes: Mapping[str, PlanNode], edges: tuple[PlanEdge, ...]) -> tuple[str, ...]:
    waiting = {node: {edge.source for edge in edges if edge.target == node} for node in nodes}
    order: list[str] = []
    while waiting:
        free = [node for node, sources in waiting.items() if sources <= set(order)]
        if not free:
            raise ValueError("the graph has a cycle")
        order.extend(free)
        for node in free:
            del waiting[node]
    return tuple(order)


def _joins(order: tuple[str, ...], edges: tuple[PlanEdge, ...]) -> dict[str, str | None]:
    """Return immediate post-dominators by intersecting the sets of post-dominators: slow, and plainly right."""
    after: dict[str, set[str]] = {}
    for node in reversed(order):
        successors = {edge.target for edge in edges if edge.source == node}
        common = set.intersection(*(after[s] | {s} for s in successors)) if successors else set()
        after[node] = common
    sources = {edge.target for edge in edges}
    roots = [node for node in order if node not in sources]
    after[START] = set.intersection(*(after[root] | {root} for root in roots))
    place = {node: number for number, node in enumerate(order)}
    return {node: min(later, key=place.__getitem__, default=None) for node, later in after.items()}


__all__ = ["CachePolicy", "ForEach", "PlanNode", "RetryPolicy", "cheap", "plan_of", "router", "work"]
