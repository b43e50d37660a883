"""Folding events into the state of a run. Total: what is recorded is never refused."""

from collections.abc import Callable, Iterable
from typing import Any

from heddle.domain.engine.plan import Plan, PlanEdge, PlanNode
from heddle.domain.engine.state import (
    CANCELLED,
    CANCELLING,
    COMPLETED,
    FAILED,
    PENDING,
    REQUESTED,
    RUNNING,
    SCHEDULED,
    SKIPPED,
    SUCCEEDED,
    WAITING,
    Items,
    NodeState,
    RunState,
)
from heddle.domain.engine.strands import PlanIndex, index_of
from heddle.domain.engine.times import later, seconds_between
from heddle.domain.engine.usage import add_usage
from heddle.domain.events import run_events as e


def evolve(plan: Plan, state: RunState, event: e.RunEvent) -> RunState:
    """Apply one event to `state`, in place, and return it. Costs the node's outgoing edges, whatever the run's size."""
    APPLY[type(event)](index_of(plan), state, event)
    return state


def apply(index: PlanIndex, state: RunState, event: e.RunEvent) -> None:
    """Apply one event to `state`, in place, with the plan's index at hand."""
    APPLY[type(event)](index, state, event)


def replay(plan: Plan, events: Iterable[e.RunEvent], state: RunState | None = None) -> RunState:
    """Fold a history (or the tail after `state`, which is taken over) into the state of the run."""
    state = RunState() if state is None else state
    index = index_of(plan)
    for event in events:
        APPLY[type(event)](index, state, event)
    return state


def edge_is_live(
    edge: PlanEdge, source: PlanNode, status: str, handled: str | None, route: Iterable[str] | None
) -> bool:
    """Tell whether an edge carries on, now that its source is settled."""
    if status == SKIPPED or edge.only_orders:
        return False
    on_failure = edge.branch == "error" and source.on_error == "route"
    if status == FAILED and handled == "route":
        return on_failure
    if on_failure:
        return False
    return edge.branch is None or (route is not None and edge.branch in route)


def _resolve(index: PlanIndex, state: RunState, node_id: str, node: NodeState) -> None:
    """Settle a node: count it and resolve its outgoing edges. A second settling of the same node resolves nothing."""
    before = state.nodes.get(node_id)
    state.nodes[node_id] = node
    state.open.pop(node_id, None)
    state.ready.pop(node_id, None)
    if before is not None and before.settled:
        return
    state.settled += 1
    source = index.plan.nodes[node_id]
    for edge in index.outgoing[node_id]:
        target = edge.target
        unresolved, live = state.edges.get(target) or (index.incoming[target], 0)
        unresolved -= 1
        if edge_is_live(edge, source, node.status, node.handled, node.route):
            live += 1
        state.edges[target] = (unresolved, live)
        if unresolved == 0 and target not in state.nodes:
            state.ready[target] = live > 0


def _requested(index: PlanIndex, state: RunState, event: e.RunRequested) -> None:
    state.status = REQUESTED
    state.workflow_id = event.workflow_id
    state.workflow_version = event.workflow_version
    state.input = event.input
    state.mode = event.mode
    state.live = event.live
    state.depth = event.depth
    state.parent_run_id = event.parent_run_id
    state.parent_node_id = event.parent_node_id
    state.parent_item = event.parent_item
    state.requested_at = event.requested_at
    state.requested_by = event.requested_by
    state.root_run_id = event.root_run_id
    state.budget_usd = event.budget_usd
    state.priority = event.priority
    state.ready = dict.fromkeys(index.roots, True)


def _started(index: PlanIndex, state: RunState, event: e.RunStarted) -> None:
    state.status = RUNNING
    state.mode = event.mode
    state.started_at = event.started_at
    state.deadline = event.deadline
    if event.deadline is not None:
        state.timeout = seconds_between(event.started_at, event.deadline)


def _continued(index: PlanIndex, state: RunState, event: e.RunContinued) -> None:
    state.continued += 1


def _scheduled(index: PlanIndex, state: RunState, event: e.NodeScheduled) -> None:
    before = state.nodes.get(event.node_id)
    state.ready.pop(event.node_id, None)
    state.open[event.node_id] = None
    if before is None:
        state.nodes[event.node_id] = NodeState(SCHEDULED, event.attempt, event.strand)
        return
    state.nodes[event.node_id] = NodeState(
        SCHEDULED,
        event.attempt,
        event.strand,
        not_before=before.not_before,
        items=before.items,
        forgiven=before.forgiven,
        losses=before.losses,
        unsettled=before.unsettled,
    )


def _changed(node: NodeState, **values: Any) -> NodeState:
    return NodeState(**{name: getattr(node, name) for name in NodeState.__slots__} | values)


def _waiting(index: PlanIndex, state: RunState, event: e.NodeWaiting) -> None:
    node = state.node(event.node_id)
    state.open[event.node_id] = None
    state.nodes[event.node_id] = _changed(
        node,
        status=WAITING,
        attempt=event.attempt,
        strand=event.strand or node.strand,
        kind=event.kind,
        until=event.until,
        details=event.details,
    )


def _items_planned(index: PlanIndex, state: RunState, event: e.NodeItemsPlanned) -> None:
    items = Items(event.count, event.chunk, event.items, began=event.at)
    state.nodes[event.node_id] = _changed(state.node(event.node_id), items=items)


def _items_completed(index: PlanIndex, state: RunState, event: e.NodeItemsCompleted) -> None:
    state.usage = add_usage(state.usage, event.usage)
    node = state.node(event.node_id)
    items = node.items
    if items is None or event.start in items.results:
        return
    results = items.results | {event.start: (event.stop, event.results)}
    done = items.done + event.stop - event.start
    progress = Items(items.count, items.chunk, items.items, done, results, items.began)
    state.nodes[event.node_id] = _changed(node, items=progress)


def _completed(index: PlanIndex, state: RunState, event: e.NodeCompleted) -> None:
    if event.usage:
        state.usage = add_usage(state.usage, event.usage)
    before = state.node(event.node_id)
    node = NodeState(COMPLETED, event.attempt, before.strand, event.output, event.route)
    _resolve(index, state, event.node_id, node)


def _failed(index: PlanIndex, state: RunState, event: e.NodeFailed) -> None:
    before = state.node(event.node_id)
    if event.retry_in is not None:
        lost = event.handled == "lost"
        uncounted = lost or event.handled == "allowed"
        state.open.pop(event.node_id, None)
        state.nodes[event.node_id] = NodeState(
            PENDING,
            event.attempt,
            before.strand,
            not_before=later(event.at, event.retry_in) if event.retry_in > 0 else None,
            items=before.items,
            forgiven=before.forgiven + uncounted,
            losses=before.losses + lost,
            unsettled=before.unsettled if lost else 0,
        )
        return
    node = NodeState(
        FAILED,
        event.attempt,
        before.strand,
        output=event.output,
        handled=event.handled or "fail",
        code=event.code,
        message=event.message,
        items=before.items,
        unsettled=before.unsettled,
    )
    if node.settled:
        _resolve(index, state, event.node_id, node)
    else:
        state.nodes[event.node_id] = node
        state.open.pop(event.node_id, None)


def _skipped(index: PlanIndex, state: RunState, event: e.NodeSkipped) -> None:
    before = state.node(event.node_id)
    _resolve(index, state, event.node_id, NodeState(SKIPPED, before.attempt, before.strand))


def _node_cancelled(index: PlanIndex, state: RunState, event: e.NodeCancelled) -> None:
    state.open.pop(event.node_id, None)
    state.nodes[event.node_id] = _changed(state.node(event.node_id), status=CANCELLED)


def _cancellation_requested(index: PlanIndex, state: RunState, event: e.RunCancellationRequested) -> None:
    state.status = CANCELLING
    state.cancel_reason = event.reason


def _cancelled(index: PlanIndex, state: RunState, event: e.RunCancelled) -> None:
    state.status = CANCELLED
    state.cancel_reason = event.reason


def _succeeded(index: PlanIndex, state: RunState, event: e.RunSucceeded) -> None:
    state.status = SUCCEEDED
    state.output = event.output


def _run_failed(index: PlanIndex, state: RunState, event: e.RunFailed) -> None:
    state.status = FAILED
    state.error = {"code": event.code, "message": event.message, "node_id": event.node_id, "details": event.details}


def _resumed(index: PlanIndex, state: RunState, event: e.RunResumed) -> None:
    state.status = REQUESTED if state.started_at is None else RUNNING
    state.resumed, state.continued = event.number, 0
    state.error = state.cancel_reason = None
    if state.timeout is not None:
        state.deadline = later(event.at, state.timeout)
    for node_id in event.nodes:
        before = state.node(node_id)
        state.open.pop(node_id, None)
        cut_off = before.status in (CANCELLED, SCHEDULED)
        state.nodes[node_id] = NodeState(
            PENDING,
            before.attempt,
            before.strand,
            items=before.items,
            forgiven=before.attempt,
            unsettled=(before.unsettled or before.attempt) if cut_off else 0,
        )


APPLY: dict[type[Any], Callable[[PlanIndex, RunState, Any], None]] = {
    e.RunRequested: _requested,
    e.RunStarted: _started,
    e.RunContinued: _continued,
    e.NodeScheduled: _scheduled,
    e.NodeWaiting: _waiting,
    e.NodeItemsPlanned: _items_planned,
    e.NodeItemsCompleted: _items_completed,
    e.NodeCompleted: _completed,
    e.NodeFailed: _failed,
    e.NodeSkipped: _skipped,
    e.NodeCancelled: _node_cancelled,
    e.RunCancellationRequested: _cancellation_requested,
    e.RunCancelled: _cancelled,
    e.RunSucceeded: _succeeded,
    e.RunFailed: _run_failed,
    e.RunResumed: _resumed,
}
"""What applies an event of a class to a state, in place, with the plan's index at hand."""
