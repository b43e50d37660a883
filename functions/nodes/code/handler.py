"""Run `code` nodes: modules of WebAssembly in a sandbox without files and network.

Trigger: state machine, state RunTask
In:      Work (heddle/application/execution/step.py)
Out:     Step
"""

from functools import cache
from typing import Any

from heddle.adapters.nodes.code import CodeNode
from heddle.application.execution.step import Step, Work
from heddle.application.execution.strand import StrandRunner
from heddle.runtime.engine_function import engine_function, seconds_left
from heddle.runtime.plugins import call_plugin_of, sandbox
from heddle.runtime.stores import Stores
from heddle.runtime.strands import StrandSettings, strand_runner_of


@cache
def strand_runner() -> StrandRunner:
    """Build the kernel with this function's node type once per sandbox; tests put their own in its place."""
    settings = StrandSettings.load()
    stores = Stores(settings)
    code = CodeNode(call_plugin_of(stores), sandbox(), stores.blobs)
    return strand_runner_of(settings, {"code": code}, stores)


@engine_function
def lambda_handler(work: Work, context: Any) -> Step:
    """Run the node, keep its result, and carry the strand on."""
    return strand_runner().step(work, seconds_left(context))
