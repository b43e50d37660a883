"""Ask models through the anthropic SDK: all node types that ask models, in a function that starts with that SDK.

Trigger: state machine, state RunTask
In:      Work (heddle/application/execution/step.py)
Out:     Step
"""

from functools import cache
from typing import Any

import anthropic  # noqa: F401  (here, so that it is imported while the function starts)

from heddle.application.execution.step import Step, Work
from heddle.application.execution.strand import StrandRunner
from heddle.runtime.ai_nodes import ModelFunctionSettings, ai_runners_of
from heddle.runtime.engine_function import engine_function, seconds_left
from heddle.runtime.stores import Stores
from heddle.runtime.strands import strand_runner_of


@cache
def strand_runner() -> StrandRunner:
    """Build the kernel with the AI node types once per sandbox; tests put their own in its place."""
    settings = ModelFunctionSettings.load()
    stores = Stores(settings)
    return strand_runner_of(settings, ai_runners_of(settings, stores), stores)


@engine_function
def lambda_handler(work: Work, context: Any) -> Step:
    """Run the node, keep its result, and carry the strand on."""
    return strand_runner().step(work, seconds_left(context))
