"""Which ways of carrying out a run a graph allows, which one is cheapest, and why, in a sentence for its user.

inline     in the process that asks; needs every node to be computed in process
express    one short execution; nothing may wait, and the time that everything may take is under five minutes
standard   anything
"""

from collections.abc import Mapping

from heddle.domain.engine.graph import Graph, longest_paths
from heddle.domain.engine.plan import PlanNode, RetryPolicy
from heddle.records import dataclass

EXPRESS_SECONDS = 300.0
EXPRESS_DEPTH = 2
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Modes:
    """The modes a graph allows, cheapest first; `reason` says why the first one, `refused` why not a mode, by mode."""

    allowed: tuple[str, ...]
    reason: str
    refused: Mapping[str, tuple[str, tuple[str, ...]]]


def modes_of(nodes: Mapping[str, PlanNode], graph: Graph, order: tuple[str, ...], depth: int, timeout: float) -> Modes:
    """Return what the graph allows. `timeout` is the run's: no path can take longer than that."""
    refused: dict[str, tuple[str, tuple[str, ...]]] = {}
    outside = tuple(node.id for node in nodes.values() if node.host != "engine")
    if outside:
        refused["inline"] = (f"{_named(outside)} cannot be computed in process", outside)
    express = _against_express(nodes, graph, order, depth, timeout)
    if express is not None:
        refused["express"] = express
    allowed = tuple(mode for mode in ("inline", "express", "standard") if mode not in refused)
    if allowed[0] == "inline":
        reason = "Every node is computed in process, so a run needs no state machine."
    elif allowed[0] == "express":
        reason = "Nothing waits and a run is done within five minutes, so a short execution is enough."
    else:
        reason = f"A standard execution, because {refused['express'][0]}."
    return Modes(allowed, reason, refused)


def budget_of(node: PlanNode) -> float:
    """Return the most seconds that a node may take: its attempts and the delays between them."""
    if node.host == "engine":
        return 0.0
    policy = node.retry
    return node.timeout * policy.max_attempts + sum(
        _delay(policy, attempt) * (1 + policy.jitter) for attempt in range(1, policy.max_attempts)
    )


def _delay(policy: RetryPolicy, attempt: int) -> float:
    factor = {"fixed": 1.0, "linear": float(attempt)}.get(policy.backoff, 2.0 ** min(attempt - 1, 60))
    return min(policy.delay * factor, policy.max_delay)


def _against_express(
    nodes: Mapping[str, PlanNode], graph: Graph, order: tuple[str, ...], depth: int, timeout: float
) -> tuple[str, tuple[str, ...]] | None:
    waiting = tuple(node.id for node in nodes.values() if node.host in ("wait", "callback"))
    if waiting:
        return f"{_named(waiting)} wait{'s' if len(waiting) == 1 else ''} for something outside", waiting
    if depth > EXPRESS_DEPTH:
        return f"parallel branches are nested {depth} deep, and only {EXPRESS_DEPTH} levels fit a short execution", ()
    if timeout < EXPRESS_SECONDS:
        return None
    many = tuple(node.id for node in nodes.values() if node.for_each is not None and node.host != "engine")
    if many:
        return f"nobody knows how long the items of {_named(many)} take together", many
    budgets = {node_id: budget_of(node) for node_id, node in nodes.items()}
    heaviest = longest_paths(graph, order, budgets)
    last = max(order, key=heaviest.__getitem__)
    if heaviest[last] < EXPRESS_SECONDS:
        return None
    path = _path_to(graph, order, heaviest, budgets, last)
    return f"{_named(path)} may take {heaviest[last]:,.0f} s with all their attempts", path


def _path_to(
    graph: Graph, order: tuple[str, ...], heaviest: Mapping[str, float], budgets: Mapping[str, float], last: str
) -> tuple[str, ...]:
    """Return the nodes on the heaviest path to `last` that take time."""
    path = [last]
    for node in reversed(order):
        if path[-1] in graph[node] and abs(heaviest[path[-1]] - budgets[path[-1]] - heaviest[node]) < 1e-6:
            path.append(node)
    return tuple(node for node in reversed(path) if budgets[node] > 0)


def _named(nodes: tuple[str, ...]) -> str:
    shown = ", ".join(f"`{node}`" for node in nodes[:_NAMED])
    return shown if len(nodes) <= _NAMED else f"{shown} and {len(nodes) - _NAMED} more"
