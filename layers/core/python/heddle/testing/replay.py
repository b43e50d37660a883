"""Histories as fixtures: record a run once, and check for ever that its events still add up to the same state."""

from collections.abc import Mapping
from typing import Any

from heddle.domain.engine.evolve import apply
from heddle.domain.engine.plan_json import plan_from_json, plan_to_json
from heddle.domain.engine.state import RunState
from heddle.domain.engine.strands import index_of
from heddle.domain.events.codec import decode, encode, schema_version
from heddle.testing.run_workflow import FinishedRun


def record(run: FinishedRun) -> dict[str, Any]:
    """Return plan, events and state of a finished run as JSON, to be kept in a file."""
    events = []
    for event in run.events:
        name, data = encode(event)
        events.append({"type": name, "schema_version": schema_version(name), "data": data})
    return {"plan": plan_to_json(run.plan), "events": events, "state": run.state.to_json()}


def replayed(recording: Mapping[str, Any]) -> RunState:
    """Return the state that a recording's events add up to, by today's rules."""
    plan = plan_from_json(recording["plan"])
    index, state = index_of(plan), RunState()
    for event in recording["events"]:
        apply(index, state, decode(event["type"], event["data"], event["schema_version"]))
    return state


def recorded(recording: Mapping[str, Any]) -> RunState:
    """Return the state as it was recorded."""
    return RunState.from_json(dict(recording["state"]))
