"""What rules and compiler both need to know about a definition: its expressions, what each may use, and its edges."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from heddle.domain.engine.expressions import References, references
from heddle.domain.engine.graph import reachable
from heddle.domain.engine.plan import PlanEdge
from heddle.domain.nodes.spec import NodeType
from heddle.domain.workflow.definition import NodeDefinition, WorkflowDefinition
from heddle.records import dataclass

EVERYWHERE = frozenset({"input", "nodes", "run", "tenant"})
PER_ITEM = frozenset({"item", "index"})
ERROR_BRANCH = "error"


@dataclass(frozen=True, slots=True)
class Field:
    """A field that may hold expressions: where it is, what it refers to, and the names that are declared there."""

    path: str
    node: str | None
    references: References
    allowed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Analysis:
    """A definition, looked through once. Of nodes with the same id the first one counts.

    `edges` join known, different nodes, each pair once per branch; `graph` are their targets by source. `premature`
    are references (node, referred) to a node that comes after by explicit edges; they make no edge.
    """

    definition: WorkflowDefinition
    node_types: Mapping[str, NodeType]
    nodes: Mapping[str, NodeDefinition]
    places: Mapping[str, int]
    fields: tuple[Field, ...]
    edges: tuple[PlanEdge, ...]
    graph: Mapping[str, tuple[str, ...]]
    premature: tuple[tuple[str, str], ...]


def analyse(definition: WorkflowDefinition, node_types: Mapping[str, NodeType]) -> Analysis:
    """Return the analysis. Never raises: whatever is wrong is left to the rules."""
    nodes: dict[str, NodeDefinition] = {}
    places: dict[str, int] = {}
    for place, node in enumerate(definition.nodes):
        if node.id not in nodes:
            nodes[node.id], places[node.id] = node, place
    fields = tuple(_fields(definition, nodes, places, node_types))
    explicit = dict.fromkeys(_explicit(definition, nodes))
    after = _graph(nodes, explicit)
    implied: dict[PlanEdge, None] = {}
    premature: list[tuple[str, str]] = []
    joined = {(edge.source, edge.target) for edge in explicit}
    decided = {edge.target for edge in explicit}
    later = _later(after)
    for field in fields:
        if field.node is None:
            continue
        for source in sorted(field.references.nodes & nodes.keys(), key=places.__getitem__):
            if source == field.node or (source, field.node) in joined:
                continue
            if source in later(field.node):
                premature.append((field.node, source))
            else:
                only_orders = field.node in decided
                implied[PlanEdge(source, field.node, implied=True, only_orders=only_orders)] = None
    edges = (*explicit, *implied)
    return Analysis(
        definition,
        node_types,
        nodes,
        places,
        fields,
        edges,
        _graph(nodes, dict.fromkeys(edges)),
        tuple(dict.fromkeys(premature)),
    )


def _fields(
    definition: WorkflowDefinition,
    nodes: Mapping[str, NodeDefinition],
    places: Mapping[str, int],
    node_types: Mapping[str, NodeType],
) -> Iterator[Field]:
    for node in nodes.values():
        path = f"nodes[{places[node.id]}]"
        node_type = node_types.get(node.type)
        deferred = node_type.deferred if node_type else {}
        secret = node_type.secret_fields if node_type else ()
        per_item = EVERYWHERE | PER_ITEM if node.for_each else EVERYWHERE
        for name, value in node.config.items():
            allowed = per_item | frozenset(deferred.get(name, ()))
            allowed |= {"secrets"} if name in secret else frozenset()
            yield Field(f"{path}.config.{name}", node.id, references(value), allowed)
        if node.when is not None:
            yield Field(f"{path}.when", node.id, references(node.when), EVERYWHERE)
        if node.for_each is not None:
            yield Field(f"{path}.for_each.items", node.id, references(node.for_each.items), EVERYWHERE)
        if node.cache is not None and node.cache.key is not None:
            yield Field(f"{path}.cache.key", node.id, references(node.cache.key), per_item)
    for name, value in definition.outputs.items():
        yield Field(f"outputs.{name}", None, references(value), EVERYWHERE)


def _explicit(definition: WorkflowDefinition, nodes: Mapping[str, Any]) -> Iterator[PlanEdge]:
    for edge in definition.edges:
        if edge.source in nodes and edge.target in nodes and edge.source != edge.target:
            yield PlanEdge(edge.source, edge.target, edge.branch)
    for node in nodes.values():
        for source in node.after:
            if source in nodes and source != node.id:
                yield PlanEdge(source, node.id)


def _graph(nodes: Mapping[str, Any], edges: Mapping[PlanEdge, None]) -> dict[str, tuple[str, ...]]:
    targets: dict[str, dict[str, None]] = {node: {} for node in nodes}
    for edge in edges:
        targets[edge.source][edge.target] = None
    return {node: tuple(found) for node, found in targets.items()}


def _later(graph: Mapping[str, tuple[str, ...]]) -> Callable[[str], set[str]]:
    """Return a function that gives the nodes after a node, worked out when first asked for."""
    known: dict[str, set[str]] = {}

    def later(node: str) -> set[str]:
        if node not in known:
            known[node] = reachable(graph, [node]) - {node} if graph[node] else set()
        return known[node]

    return later
