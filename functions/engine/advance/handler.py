"""Decide what a strand does next; the cheap nodes that come up run right here.

Trigger: state machine, state Advance
In:      Work (heddle/application/execution/step.py)
Out:     Step
"""

from functools import cache
from typing import Any

from heddle.application.execution.step import Step, Work
from heddle.application.execution.strand import StrandRunner
from heddle.runtime.engine_function import engine_function, seconds_left
from heddle.runtime.strands import StrandSettings, strand_runner_of


@cache
def strand_runner() -> StrandRunner:
    """Build the kernel once per sandbox; tests put their own in its place."""
    return strand_runner_of(StrandSettings.load())


@engine_function
def lambda_handler(work: Work, context: Any) -> Step:
    """Carry the strand on as far as this function can."""
    return strand_runner().step(work, seconds_left(context))
