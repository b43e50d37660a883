"""Put the events of `emit` nodes on the bus.

Trigger: state machine, state RunTask
In:      Work (heddle/application/execution/step.py)
Out:     Step
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from heddle.adapters.nodes.emit import EmitNode
from heddle.application.execution.step import Step, Work
from heddle.application.execution.strand import StrandRunner
from heddle.runtime.clients import client
from heddle.runtime.engine_function import engine_function, seconds_left
from heddle.runtime.strands import StrandSettings, strand_runner_of


@dataclass(frozen=True, kw_only=True)
class EmitSettings(StrandSettings):
    """This function's environment: the bus."""

    event_bus: str


@cache
def strand_runner() -> StrandRunner:
    """Build the kernel with this function's node type once per sandbox; tests put their own in its place."""
    settings = EmitSettings.load()
    return strand_runner_of(settings, {"emit": EmitNode(client("events").put_events, settings.event_bus)})


@engine_function
def lambda_handler(work: Work, context: Any) -> Step:
    """Run the node, keep its result, and carry the strand on."""
    return strand_runner().step(work, seconds_left(context))
