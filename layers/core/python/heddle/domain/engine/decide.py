"""Deciding: what a command means for a run as it stands. Returns events, changes nothing, refuses nothing.

A command that comes too late, twice, or for another attempt means nothing: it gives no events.
"""

from collections.abc import Callable
from typing import Any

from heddle.domain.engine import commands as c
from heddle.domain.engine.evolve import edge_is_live
from heddle.domain.engine.plan import Plan, RetryPolicy
from heddle.domain.engine.state import (
    CANCELLED,
    CANCELLING,
    COMPLETED,
    FAILED,
    NEW,
    PENDING,
    REQUESTED,
    RUNNING,
    SCHEDULED,
    SKIPPED,
    WAITING,
    NodeState,
    RunState,
)
from heddle.domain.engine.strands import ROOT, PlanIndex, carrier, index_of
from heddle.domain.engine.times import seconds_between
from heddle.domain.events import run_events as e

INTERRUPTED = "node_interrupted"
RUN_TIMED_OUT = "run_timed_out"
FORGIVEN_LOSSES = 2
"""How often a node whose function died is simply begun again, before its own retry policy and on_error decide."""

Events = list[e.RunEvent]
Outcome = tuple[str, str | None, tuple[str, ...] | None]
"""How a node was settled: status, what on_error made of it, branches taken."""

_SKIPPED: Outcome = (SKIPPED, None, None)


def decide(plan: Plan, state: RunState, command: c.RunCommand) -> Events:
    """Return the events that follow from the command, in order."""
    return _DECIDE[type(command)](index_of(plan), state, command)


def consequences(index: PlanIndex, state: RunState, command: c.RunCommand) -> Events:
    """Decide with the plan's index at hand."""
    return _DECIDE[type(command)](index, state, command)


def retry_delay(policy: RetryPolicy, tried: int, chance: float) -> float:
    """Return the seconds before the attempt after the `tried`-th; `chance` 0..1 spreads it by ±`policy.jitter`."""
    match policy.backoff:
        case "fixed":
            delay = policy.delay
        case "linear":
            delay = policy.delay * tried
        case _:
            delay = policy.delay * 2.0 ** min(tried - 1, 60)
    return min(delay, policy.max_delay) * (1 + policy.jitter * (2 * chance - 1))


def _open(state: RunState, node_id: str, attempt: int) -> NodeState | None:
    """Return the node if this attempt at it is still open in a run that goes on."""
    node = state.nodes.get(node_id)
    if node is None or node.attempt != attempt or node.status not in (SCHEDULED, WAITING) or state.ended:
        return None
    return node


def _cut_off(index: PlanIndex, state: RunState, node_id: str, attempt: int) -> NodeState | None:
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


def _follow(index: PlanIndex, state: RunState, settled: list[tuple[str, Outcome, str]], at: str) -> Events:
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
                    settled.append((target, _SKIPPED, carried_by))
    return events


def _in_flight(index: PlanIndex, state: RunState, at: str, without: str | None = None) -> bool:
    return any(node != without and _is_in_flight(index, state, node, at) for node in state.open)


def _is_in_flight(index: PlanIndex, state: RunState, node_id: str, at: str) -> bool:
    """Tell whether a function may be at work on the node right now."""
    node = state.nodes[node_id]
    if node.status != SCHEDULED or index.plan.nodes[node_id].host != "function":
        return False
    return node.not_before is None or seconds_between(node.not_before, at) >= 0


def _duration_ms(state: RunState, at: str) -> float:
    return round(seconds_between(state.started_at, at) * 1000, 3) if state.started_at else 0.0


def _cancelled(state: RunState, at: str) -> e.RunCancelled:
    return e.RunCancelled(state.cancel_reason or "", at, _duration_ms(state, at))


def _settled(
    index: PlanIndex, state: RunState, fact: e.RunEvent, node_id: str, outcome: Outcome, strand: str, at: str
) -> Events:
    """Return the fact that settles a node, and what follows from it."""
    if state.status == CANCELLING:
        return [fact] if _in_flight(index, state, at, without=node_id) else [fact, _cancelled(state, at)]
    return [fact, *_follow(index, state, [(node_id, outcome, strand)], at)]


def _fail_run(state: RunState, failed: e.RunFailed, without: str | None = None) -> Events:
    return [*(e.NodeCancelled(node, failed.at) for node in state.open if node != without), failed]


def _start(index: PlanIndex, state: RunState, command: c.StartRun) -> Events:
    if state.status != REQUESTED:
        return []
    started = e.RunStarted(command.mode, command.reason, command.at, command.execution, command.deadline)
    return [started, *(e.NodeScheduled(node, 1, ROOT, command.at) for node in state.ready)]


def _continue(index: PlanIndex, state: RunState, command: c.ContinueRun) -> Events:
    return [] if state.ended or state.status == NEW else [e.RunContinued(command.execution, command.at)]


def _complete(index: PlanIndex, state: RunState, command: c.CompleteNode) -> Events:
    node = _open(state, command.node_id, command.attempt)
    strand = command.strand
    if node is None:
        node, strand = _cut_off(index, state, command.node_id, command.attempt), None
    if node is None:
        return []
    fact = e.NodeCompleted(
        command.node_id,
        command.attempt,
        command.output,
        command.started_at,
        command.at,
        command.duration_ms,
        command.route,
        command.usage,
        command.cached,
    )
    if state.ended:
        return [fact]
    outcome = (COMPLETED, None, command.route)
    return _settled(index, state, fact, command.node_id, outcome, strand or node.strand, command.at)


def _fail(index: PlanIndex, state: RunState, command: c.FailNode) -> Events:
    node = _open(state, command.node_id, command.attempt)
    if node is None:
        late = _cut_off(index, state, command.node_id, command.attempt)
        known = late is not None and late.status == CANCELLED and late.attempt == command.attempt
        return [_node_failed(command, handled="fail")] if known else []
    planned = index.plan.nodes[command.node_id]
    strand = command.strand or node.strand
    policy = planned.retry
    tried = command.attempt - node.forgiven
    worth_it = command.code in policy.on if policy.on else command.retryable
    if not command.final and worth_it and tried < policy.max_attempts and state.status == RUNNING:
        delay = max(retry_delay(policy, tried, command.chance), command.retry_after)
        return [
            _node_failed(command, retry_in=delay),
            e.NodeScheduled(command.node_id, command.attempt + 1, strand, command.at),
        ]
    if planned.on_error == "fail":
        fact = _node_failed(command, handled="fail")
        if state.status == CANCELLING:
            return (
                [fact]
                if _in_flight(index, state, command.at, command.node_id)
                else [fact, _cancelled(state, command.at)]
            )
        failed = e.RunFailed(
            command.code, command.message, command.at, _duration_ms(state, command.at), command.node_id
        )
        return [fact, *_fail_run(state, failed, without=command.node_id)]
    output = planned.fallback if planned.on_error == "continue" else None
    fact = _node_failed(command, handled=planned.on_error, output=output)
    outcome = (FAILED, planned.on_error, None)
    return _settled(index, state, fact, command.node_id, outcome, strand, command.at)


def _node_failed(command: c.FailNode, **values: Any) -> e.NodeFailed:
    return e.NodeFailed(
        command.node_id,
        command.attempt,
        command.code,
        command.message,
        command.retryable,
        command.at,
        duration_ms=command.duration_ms,
        **values,
    )


def _lose(index: PlanIndex, state: RunState, command: c.LoseNode) -> Events:
    node = _open(state, command.node_id, command.attempt)
    if node is None:
        return []
    if node.losses >= FORGIVEN_LOSSES or state.status == CANCELLING:
        failure = c.FailNode(
            command.node_id, command.attempt, INTERRUPTED, command.message, False, command.at, strand=command.strand
        )
        return _fail(index, state, failure)
    return [
        e.NodeFailed(
            command.node_id, command.attempt, INTERRUPTED, command.message, True, command.at, 0.0, handled="lost"
        ),
        e.NodeScheduled(command.node_id, command.attempt + 1, command.strand or node.strand, command.at),
    ]


def _skip(index: PlanIndex, state: RunState, command: c.SkipNode) -> Events:
    node = _open(state, command.node_id, command.attempt)
    if node is None:
        return []
    fact = e.NodeSkipped(command.node_id, "condition", command.at)
    outcome = _SKIPPED
    return _settled(index, state, fact, command.node_id, outcome, command.strand or node.strand, command.at)


def _wait(index: PlanIndex, state: RunState, command: c.WaitNode) -> Events:
    node = _open(state, command.node_id, command.attempt)
    if node is None or state.status == CANCELLING:
        return []
    if node.status == WAITING and node.strand == (command.strand or node.strand):
        return []
    return [
        e.NodeWaiting(
            command.node_id,
            command.attempt,
            command.kind,
            command.at,
            command.until,
            command.details,
            command.strand or node.strand,
        )
    ]


def _plan_items(index: PlanIndex, state: RunState, command: c.PlanItems) -> Events:
    node = _open(state, command.node_id, command.attempt)
    if node is None or node.items is not None:
        return []
    return [
        e.NodeItemsPlanned(command.node_id, command.attempt, command.count, command.chunk, command.items, command.at)
    ]


def _complete_items(index: PlanIndex, state: RunState, command: c.CompleteItems) -> Events:
    node = _open(state, command.node_id, command.attempt)
    if node is None:
        node = _cut_off(index, state, command.node_id, command.attempt)
        # After a resumption the items are cut anew, so that ranges of before may not fit.
        if node is None or command.attempt != node.attempt or not command.results:
            return []
    if node.items is None or command.start in node.items.results:
        return []
    if not state.ended and command.error is not None and index.plan.nodes[command.node_id].on_error == "fail":
        error = command.error
        failure = c.FailNode(
            command.node_id,
            command.attempt,
            error["code"],
            f"item {error['item']}: {error['message']}",
            False,
            command.at,
            final=True,
            strand=command.strand,
        )
        return _fail(index, state, failure)
    return [
        e.NodeItemsCompleted(
            command.node_id,
            command.attempt,
            command.start,
            command.stop,
            command.results,
            command.at,
            command.usage,
        )
    ]


def _cancel_node(index: PlanIndex, state: RunState, command: c.CancelNode) -> Events:
    if state.status != CANCELLING or _open(state, command.node_id, command.attempt) is None:
        return []
    fact = e.NodeCancelled(command.node_id, command.at)
    if _in_flight(index, state, command.at, without=command.node_id):
        return [fact]
    return [fact, _cancelled(state, command.at)]


def _cancel(index: PlanIndex, state: RunState, command: c.CancelRun) -> Events:
    if state.ended or state.status in (NEW, CANCELLING):
        return []
    requested = e.RunCancellationRequested(command.reason, command.requested_by, command.at)
    idle = [node for node in state.open if not _is_in_flight(index, state, node, command.at)]
    events: Events = [requested, *(e.NodeCancelled(node, command.at) for node in idle)]
    if len(idle) == len(state.open):
        events.append(e.RunCancelled(command.reason, command.at, _duration_ms(state, command.at)))
    return events


def _resume(index: PlanIndex, state: RunState, command: c.ResumeRun) -> Events:
    if state.status not in (FAILED, CANCELLED):
        return []
    again = tuple(
        node
        for node in index.plan.order
        if (s := state.nodes.get(node)) is not None
        and (s.status in (CANCELLED, SCHEDULED, WAITING) or (s.status == FAILED and not s.settled))
    )
    events: Events = [e.RunResumed(again, command.requested_by, command.at, state.resumed + 1)]
    if state.started_at is None:
        return events
    for node in again:
        events.append(e.NodeScheduled(node, state.nodes[node].attempt + 1, ROOT, command.at))
    dead = [node for node, live in state.ready.items() if not live]
    events.extend(e.NodeScheduled(node, 1, ROOT, command.at) for node, live in state.ready.items() if live)
    events.extend(e.NodeSkipped(node, "branch", command.at) for node in dead)
    return events + _follow(index, state, [(node, _SKIPPED, ROOT) for node in dead], command.at)


def _check_deadline(index: PlanIndex, state: RunState, command: c.CheckDeadline) -> Events:
    if state.status not in (RUNNING, CANCELLING) or state.deadline is None:
        return []
    if seconds_between(state.deadline, command.at) < 0:
        return []
    if state.status == CANCELLING:
        return [*(e.NodeCancelled(node, command.at) for node in state.open), _cancelled(state, command.at)]
    message = f"the run was not done within {state.timeout:g} seconds"
    return _fail_run(state, e.RunFailed(RUN_TIMED_OUT, message, command.at, _duration_ms(state, command.at)))


def _finish(index: PlanIndex, state: RunState, command: c.FinishRun) -> Events:
    if state.status != RUNNING or state.settled < len(index.plan.nodes):
        return []
    return [e.RunSucceeded(command.output, command.at, _duration_ms(state, command.at), dict(state.usage))]


def _fail_whole_run(index: PlanIndex, state: RunState, command: c.FailRun) -> Events:
    if state.ended or state.status == NEW:
        return []
    failed = e.RunFailed(
        command.code,
        command.message,
        command.at,
        _duration_ms(state, command.at),
        command.node_id,
        command.details,
    )
    return _fail_run(state, failed)


_DECIDE: dict[type[Any], Callable[[PlanIndex, RunState, Any], Events]] = {
    c.StartRun: _start,
    c.ContinueRun: _continue,
    c.CompleteNode: _complete,
    c.FailNode: _fail,
    c.LoseNode: _lose,
    c.SkipNode: _skip,
    c.WaitNode: _wait,
    c.PlanItems: _plan_items,
    c.CompleteItems: _complete_items,
    c.CancelNode: _cancel_node,
    c.CancelRun: _cancel,
    c.ResumeRun: _resume,
    c.CheckDeadline: _check_deadline,
    c.FinishRun: _finish,
    c.FailRun: _fail_whole_run,
}
