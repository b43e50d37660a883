"""Deciding: what a command means for a run as it stands. Returns events, changes nothing, refuses nothing.

A command that comes too late, twice, or for another attempt means nothing: it gives no events.
"""

from heddle.domain.engine import commands as c
from heddle.domain.engine import decide_nodes, decide_runs
from heddle.domain.engine.plan import Plan
from heddle.domain.engine.settling import Events
from heddle.domain.engine.state import RunState
from heddle.domain.engine.strands import PlanIndex, index_of


def decide(plan: Plan, state: RunState, command: c.RunCommand) -> Events:
    """Return the events that follow from the command, in order."""
    return _DECIDE[type(command)](index_of(plan), state, command)


def consequences(index: PlanIndex, state: RunState, command: c.RunCommand) -> Events:
    """Decide with the plan's index at hand."""
    return _DECIDE[type(command)](index, state, command)


_DECIDE = {**decide_runs.DECIDE, **decide_nodes.DECIDE}
