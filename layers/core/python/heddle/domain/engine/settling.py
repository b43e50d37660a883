"""What deciding has in common: which attempts are open, what follows once a node is settled, how a run ends."""

from heddle.domain.engine.evolve import edge_is_live
from heddle.domain.engine.state import (
    CANCELLED,
    CANCELLING,
    FAILED,
    PENDING,
    RUNNING,
    SCHEDULED,
    SKIPPED,
    WAITING,
    NodeState,
    RunState,
)
from heddle.domain.engine.strands import PlanIndex, carrier
from heddle.domain.engine.times import seconds_between
from heddle.domain.events import run_events as e

Events = list[e.RunEvent]
Outcome = tuple[str, str | None, tuple[str, ...] | None]
"""How a node was settled: status, what on_error made of it, branches taken."""

SKIPPED_OUTCOME: Outcome = (SKIPPED, None, None)


def open_attempt(state: RunState, node_id: str, attempt: int) -> NodeState | None:
    """Return the node if this attempt at it is still open in a run that goes on."""
    node = state.nodes.get(node_id)
    if node is None or node.attempt != attempt or node.status not in (SCHEDULED, WAITING) or state.ended:
        return None
    return node


def cut_off(index: PlanIndex, state: RunState, node_id: str, attempt: int) -> NodeState | None:
    """Return the node if a function was at work on this attempt when the run ended, and nothing is known of it yet.

    What such a function then tells is a fact like any other: it was done, and resuming must not do it again. It may
    even come after the run was resumed, while the next attempt is open; then it settles the node in its place.
    """
    node = state.nodes.get(node_id)
    if node is None or node.settled or index.plan.nodes[node_id].host != "function":
        return None
    if node.status == CANCELLED and node.attempt == attempt and state.status in (FAILED, CANCELLED):
        return node
    if node.status == PENDING or not 0 < node.unsettled <= attempt < node.attempt:
        return None
    return node if state.status in (RUNNING, FAILED, CANCELLED) else None


def follow(index: PlanIndex, state: RunState, settled: list[tuple[str, Outcome, str]], at: str) -> Events:
    """Return what becomes of the nodes after the settled ones: scheduled, or skipped, and so on from there.

    `settled` holds (node, outcome, strand that settled it) and is used up.
    """
    events: Events = []
    counts: dict[str, tuple[int, int]] = {}
    while settled:
        source_id, (status, handled, route), by = settled.pop()
        source = index.plan.nodes[source_id]
        for edge in index.outgoing[source_id]:
            target = edge.target
            unresolved, live = counts.get(target) or state.edges.get(target) or (index.incoming[target], 0)
            unresolved -= 1
            if edge_is_live(edge, source, status, handled, route):
                live += 1
            counts[target] = (unresolved, live)
            if unresolved == 0 and target not in state.nodes:
                carried_by = carrier(index, by, target)
                if live:
                    events.append(e.NodeScheduled(target, 1, carried_by, at))
                else:
                    events.append(e.NodeSkipped(target, "branch", at))
                    settled.append((target, SKIPPED_OUTCOME, carried_by))
    return events


def any_in_flight(index: PlanIndex, state: RunState, at: str, without: str | None = None) -> bool:
    """Tell whether a function may be at work on any node but `without`."""
    return any(node != without and is_in_flight(index, state, node, at) for node in state.open)


def is_in_flight(index: PlanIndex, state: RunState, node_id: str, at: str) -> bool:
    """Tell whether a function may be at work on the node right now."""
    node = state.nodes[node_id]
    if node.status != SCHEDULED or index.plan.nodes[node_id].host != "function":
        return False
    return node.not_before is None or seconds_between(node.not_before, at) >= 0


def run_duration_ms(state: RunState, at: str) -> float:
    """Return the milliseconds since the run started, 0 if it has not."""
    return round(seconds_between(state.started_at, at) * 1000, 3) if state.started_at else 0.0


def run_cancelled(state: RunState, at: str) -> e.RunCancelled:
    """Return the end of a run that was asked to stop."""
    return e.RunCancelled(state.cancel_reason or "", at, run_duration_ms(state, at))


def settle(
    index: PlanIndex, state: RunState, fact: e.RunEvent, node_id: str, outcome: Outcome, strand: str, at: str
) -> Events:
    """Return the fact that settles a node, and what follows from it."""
    if state.status == CANCELLING:
        return [fact] if any_in_flight(index, state, at, without=node_id) else [fact, run_cancelled(state, at)]
    return [fact, *follow(index, state, [(node_id, outcome, strand)], at)]


def fail_run(state: RunState, failed: e.RunFailed, without: str | None = None) -> Events:
    """Return the end of a run that cannot go on, and of its open nodes but `without`."""
    return [*(e.NodeCancelled(node, failed.at) for node in state.open if node != without), failed]
