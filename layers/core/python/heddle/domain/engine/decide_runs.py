"""What a command about the whole run means: it starts, goes on, ends, is cancelled, is resumed."""

from collections.abc import Callable
from typing import Any

from heddle.domain.engine import commands as c
from heddle.domain.engine.settling import (
    SKIPPED_OUTCOME,
    Events,
    fail_run,
    follow,
    is_in_flight,
    run_cancelled,
    run_duration_ms,
)
from heddle.domain.engine.state import (
    CANCELLED,
    CANCELLING,
    FAILED,
    NEW,
    REQUESTED,
    RUNNING,
    SCHEDULED,
    WAITING,
    RunState,
)
from heddle.domain.engine.strands import ROOT, PlanIndex
from heddle.domain.engine.times import seconds_between
from heddle.domain.events import run_events as e

RUN_TIMED_OUT = "run_timed_out"


def _start(index: PlanIndex, state: RunState, command: c.StartRun) -> Events:
    if state.status != REQUESTED:
        return []
    started = e.RunStarted(command.mode, command.reason, command.at, command.execution, command.deadline)
    return [started, *(e.NodeScheduled(node, 1, ROOT, command.at) for node in state.ready)]


def _continue(index: PlanIndex, state: RunState, command: c.ContinueRun) -> Events:
    return [] if state.ended or state.status == NEW else [e.RunContinued(command.execution, command.at)]


def _cancel(index: PlanIndex, state: RunState, command: c.CancelRun) -> Events:
    if state.ended or state.status in (NEW, CANCELLING):
        return []
    requested = e.RunCancellationRequested(command.reason, command.requested_by, command.at)
    idle = [node for node in state.open if not is_in_flight(index, state, node, command.at)]
    events: Events = [requested, *(e.NodeCancelled(node, command.at) for node in idle)]
    if len(idle) == len(state.open):
        events.append(e.RunCancelled(command.reason, command.at, run_duration_ms(state, command.at)))
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
    return events + follow(index, state, [(node, SKIPPED_OUTCOME, ROOT) for node in dead], command.at)


def _check_deadline(index: PlanIndex, state: RunState, command: c.CheckDeadline) -> Events:
    if state.status not in (RUNNING, CANCELLING) or state.deadline is None:
        return []
    if seconds_between(state.deadline, command.at) < 0:
        return []
    if state.status == CANCELLING:
        return [*(e.NodeCancelled(node, command.at) for node in state.open), run_cancelled(state, command.at)]
    message = f"the run was not done within {state.timeout:g} seconds"
    return fail_run(state, e.RunFailed(RUN_TIMED_OUT, message, command.at, run_duration_ms(state, command.at)))


def _finish(index: PlanIndex, state: RunState, command: c.FinishRun) -> Events:
    if state.status != RUNNING or state.settled < len(index.plan.nodes):
        return []
    return [e.RunSucceeded(command.output, command.at, run_duration_ms(state, command.at), dict(state.usage))]


def _fail_whole_run(index: PlanIndex, state: RunState, command: c.FailRun) -> Events:
    if state.ended or state.status == NEW:
        return []
    failed = e.RunFailed(
        command.code,
        command.message,
        command.at,
        run_duration_ms(state, command.at),
        command.node_id,
        command.details,
    )
    return fail_run(state, failed)


DECIDE: dict[type[Any], Callable[[PlanIndex, RunState, Any], Events]] = {
    c.StartRun: _start,
    c.ContinueRun: _continue,
    c.CancelRun: _cancel,
    c.ResumeRun: _resume,
    c.CheckDeadline: _check_deadline,
    c.FinishRun: _finish,
    c.FailRun: _fail_whole_run,
}
"""The commands about runs."""
