"""Send HTTP requests of `http` nodes, to addresses that were checked.

Trigger: state machine, state RunTask
In:      Work (heddle/application/execution/step.py)
Out:     Step
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from heddle.adapters.nodes.fetch import GuardedClient
from heddle.adapters.nodes.http import HttpNode
from heddle.application.execution.step import Step, Work
from heddle.application.execution.strand import StrandRunner
from heddle.runtime.engine_function import engine_function, seconds_left
from heddle.runtime.strands import StrandSettings, strand_runner_of


@dataclass(frozen=True, kw_only=True)
class HttpSettings(StrandSettings):
    """This function's environment: hosts that may be called though their addresses are private."""

    http_allowed_hosts: str = ""


@cache
def strand_runner() -> StrandRunner:
    """Build the kernel with this function's node type once per sandbox; tests put their own in its place."""
    settings = HttpSettings.load()
    return strand_runner_of(settings, {"http": HttpNode(GuardedClient(allowed=settings.http_allowed_hosts))})


@engine_function
def lambda_handler(work: Work, context: Any) -> Step:
    """Run the node, keep its result, and carry the strand on."""
    return strand_runner().step(work, seconds_left(context))
