"""Compiling: from a definition to a plan, once per saved version. Pure, and the only way to a plan.

Imported where workflows are saved and checked, never where nodes run: it needs pydantic.
"""

from collections.abc import Mapping

from heddle.domain.engine.expressions import references
from heddle.domain.engine.graph import (
    Graph,
    chains,
    immediate_post_dominators,
    is_series_parallel,
    meeting,
    predecessors,
    topological_order,
    transitive_reduction,
)
from heddle.domain.engine.modes import modes_of
from heddle.domain.engine.plan import START, CachePolicy, ForEach, Plan, PlanNode, RetryPolicy
from heddle.domain.engine.plan_json import with_hash
from heddle.domain.nodes.catalogue import NODE_TYPES
from heddle.domain.nodes.spec import NodeType
from heddle.domain.workflow.analysis import analyse
from heddle.domain.workflow.definition import NodeDefinition, WorkflowDefinition
from heddle.domain.workflow.rules import problems_of
from heddle.errors import InvalidWorkflow, Problem


def compile_workflow(definition: WorkflowDefinition, node_types: Mapping[str, NodeType] = NODE_TYPES) -> Plan:
    """Return the plan. Raises InvalidWorkflow with every problem (warnings too) if any of them is an error."""
    analysis = analyse(definition, node_types)
    problems = problems_of(analysis)
    if any(problem.severity == "error" for problem in problems):
        raise InvalidWorkflow(problems)
    nodes = {node.id: _node(node, node_types[node.type]) for node in definition.nodes}
    order = tuple(topological_order(analysis.graph)[0])
    # A node that waits for another one anyway never starts beside it: such edges make no fork.
    graph = transitive_reduction(analysis.graph, order)
    place = {node: number for number, node in enumerate(order)}
    joins: dict[str, str | None] = dict(immediate_post_dominators(graph, order))
    roots = [node for node, before in predecessors(graph).items() if not before]
    joins[START] = meeting(roots, joins, place)
    depth = fork_depth(nodes, graph, order, joins, place)
    modes = modes_of(nodes, graph, order, depth, definition.timeout)
    mode: str = definition.mode
    reason = "asked for by the workflow"
    if mode == "auto":
        mode, reason = modes.allowed[0], modes.reason
    elif mode not in modes.allowed:
        why, concerned = modes.refused[mode]
        message = f"the workflow asks for mode {mode}, but {why}; use auto or {' or '.join(modes.allowed)}"
        raise InvalidWorkflow([Problem("WF_MODE_NOT_ALLOWED", message, "mode", concerned)])
    return with_hash(
        Plan(
            name=definition.name,
            nodes=nodes,
            order=order,
            edges=analysis.edges,
            joins=joins,
            segments=tuple(chains(graph, order)),
            depth=depth,
            outputs=definition.outputs,
            mode=mode,
            reason=reason,
            modes=modes.allowed,
            timeout=definition.timeout,
            input_schema=definition.input,
            series_parallel=is_series_parallel(graph),
        )
    )


def _node(node: NodeDefinition, node_type: NodeType) -> PlanNode:
    return PlanNode(
        id=node.id,
        type=node.type,
        host=node_type.host,
        config=node.config,
        function=node_type.function_of(node.config),
        when=node.when,
        for_each=ForEach(node.for_each.items, node.for_each.concurrency) if node.for_each else None,
        retry=_retry(node, node_type.retry),
        timeout=node.timeout if node.timeout is not None else node_type.timeout,
        on_error=node.failure_handling,
        fallback=node.fallback,
        cache=CachePolicy(node.cache.ttl, node.cache.key) if node.cache else None,
        effects=node_type.effects_of(node.config),
        deferred=tuple(node_type.deferred),
        secrets=tuple(name for name in node_type.secret_fields if references(node.config.get(name)).secrets),
        labels=node.labels,
        description=node.description,
    )


def _retry(node: NodeDefinition, standard: RetryPolicy) -> RetryPolicy:
    """Return the type's policy with what the node says instead."""
    given = node.retry
    if given is None:
        return standard
    delay = standard.delay if given.delay is None else given.delay
    max_delay = max(standard.max_delay, delay) if given.max_delay is None else given.max_delay
    return RetryPolicy(
        max_attempts=standard.max_attempts if given.max_attempts is None else given.max_attempts,
        backoff=given.backoff or standard.backoff,
        delay=min(delay, max_delay),
        max_delay=max_delay,
        jitter=standard.jitter if given.jitter is None else given.jitter,
        on=standard.on if given.on is None else tuple(given.on),
    )


def fork_depth(
    nodes: Mapping[str, PlanNode],
    graph: Graph,
    order: tuple[str, ...],
    joins: Mapping[str, str | None],
    place: Mapping[str, int],
) -> int:
    """Return how deep forks nest, where a `for_each` that runs outside the process is one more level.

    A node is carried inside every fork before it whose join is still to come; those forks' joins are kept per node.
    """
    inside: dict[str, tuple[str | None, ...]] = {}
    roots = [node for node, before in predecessors(graph).items() if not before]
    for root in roots:
        inside[root] = (joins[START],) if len(roots) > 1 else ()
    deepest = 0
    for node in order:
        open_joins = inside[node]
        while open_joins and open_joins[-1] is not None and place[node] >= place[open_joins[-1]]:
            open_joins = open_joins[:-1]
        planned = nodes[node]
        many = planned.for_each is not None and planned.host != "engine"
        deepest = max(deepest, len(open_joins) + many)
        successors = graph[node]
        after = (*open_joins, joins[node]) if len(successors) > 1 else open_joins
        for successor in successors:
            if len(after) >= len(inside.get(successor, ())):
                inside[successor] = after
    return deepest
