"""What a command about one node means: it is done, it failed, it waits, it was lost, some of its items are done."""

from collections.abc import Callable
from typing import Any

from heddle.domain.engine import commands as c
from heddle.domain.engine.plan import RetryPolicy
from heddle.domain.engine.settling import (
    SKIPPED_OUTCOME,
    Events,
    any_in_flight,
    cut_off,
    fail_run,
    open_attempt,
    run_cancelled,
    run_duration_ms,
    settle,
)
from heddle.domain.engine.state import (
    CANCELLED,
    CANCELLING,
    COMPLETED,
    FAILED,
    HOLD,
    RUNNING,
    WAITING,
    RunState,
)
from heddle.domain.engine.strands import PlanIndex
from heddle.domain.events import run_events as e

INTERRUPTED = "node_interrupted"
FORGIVEN_LOSSES = 2
"""How often a node whose function died is simply begun again, before its own retry policy and on_error decide."""


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


def _complete(index: PlanIndex, state: RunState, command: c.CompleteNode) -> Events:
    node = open_attempt(state, command.node_id, command.attempt)
    strand = command.strand
    if node is None:
        node, strand = cut_off(index, state, command.node_id, command.attempt), None
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
    return settle(index, state, fact, command.node_id, outcome, strand or node.strand, command.at)


def _fail(index: PlanIndex, state: RunState, command: c.FailNode) -> Events:
    node = open_attempt(state, command.node_id, command.attempt)
    if node is None:
        late = cut_off(index, state, command.node_id, command.attempt)
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
                if any_in_flight(index, state, command.at, command.node_id)
                else [fact, run_cancelled(state, command.at)]
            )
        failed = e.RunFailed(
            command.code, command.message, command.at, run_duration_ms(state, command.at), command.node_id
        )
        return [fact, *fail_run(state, failed, without=command.node_id)]
    output = planned.fallback if planned.on_error == "continue" else None
    fact = _node_failed(command, handled=planned.on_error, output=output)
    outcome = (FAILED, planned.on_error, None)
    return settle(index, state, fact, command.node_id, outcome, strand, command.at)


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
    node = open_attempt(state, command.node_id, command.attempt)
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


def _allow(index: PlanIndex, state: RunState, command: c.AllowNode) -> Events:
    node = open_attempt(state, command.node_id, command.attempt)
    if node is None or node.status != WAITING or node.kind != HOLD or state.status == CANCELLING:
        return []
    return [
        e.NodeFailed(
            command.node_id,
            command.attempt,
            "approval_needed",
            command.message,
            True,
            command.at,
            0.0,
            handled="allowed",
        ),
        e.NodeScheduled(command.node_id, command.attempt + 1, node.strand, command.at),
    ]


def _skip(index: PlanIndex, state: RunState, command: c.SkipNode) -> Events:
    node = open_attempt(state, command.node_id, command.attempt)
    if node is None:
        return []
    fact = e.NodeSkipped(command.node_id, "condition", command.at)
    outcome = SKIPPED_OUTCOME
    return settle(index, state, fact, command.node_id, outcome, command.strand or node.strand, command.at)


def _wait(index: PlanIndex, state: RunState, command: c.WaitNode) -> Events:
    node = open_attempt(state, command.node_id, command.attempt)
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
    node = open_attempt(state, command.node_id, command.attempt)
    if node is None or node.items is not None:
        return []
    return [
        e.NodeItemsPlanned(command.node_id, command.attempt, command.count, command.chunk, command.items, command.at)
    ]


def _complete_items(index: PlanIndex, state: RunState, command: c.CompleteItems) -> Events:
    node = open_attempt(state, command.node_id, command.attempt)
    if node is None:
        node = cut_off(index, state, command.node_id, command.attempt)
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
    if state.status != CANCELLING or open_attempt(state, command.node_id, command.attempt) is None:
        return []
    fact = e.NodeCancelled(command.node_id, command.at)
    if any_in_flight(index, state, command.at, without=command.node_id):
        return [fact]
    return [fact, run_cancelled(state, command.at)]


DECIDE: dict[type[Any], Callable[[PlanIndex, RunState, Any], Events]] = {
    c.CompleteNode: _complete,
    c.FailNode: _fail,
    c.LoseNode: _lose,
    c.AllowNode: _allow,
    c.SkipNode: _skip,
    c.WaitNode: _wait,
    c.PlanItems: _plan_items,
    c.CompleteItems: _complete_items,
    c.CancelNode: _cancel_node,
}
"""The commands about nodes."""
