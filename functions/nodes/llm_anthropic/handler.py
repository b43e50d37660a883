"""Ask Anthropic's models for `llm` nodes; a function of its own, because the SDK is slow to import.

Trigger: state machine, state RunTask
In:      Work (heddle/application/execution/step.py)
Out:     Step
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from heddle.adapters.models.keys import ProviderKeys
from heddle.adapters.models.registry import PROVIDERS
from heddle.adapters.nodes.llm import LlmNode
from heddle.application.execution.step import Step, Work
from heddle.application.execution.strand import StrandRunner
from heddle.runtime.engine_function import engine_function, seconds_left
from heddle.runtime.stores import Stores
from heddle.runtime.strands import StrandSettings, strand_runner_of


@dataclass(frozen=True, kw_only=True)
class LlmSettings(StrandSettings):
    """This function's environment: who answers when a node names no provider."""

    default_provider: str = "extractive"


@cache
def strand_runner() -> StrandRunner:
    """Build the kernel with this function's node type once per sandbox; tests put their own in its place."""
    settings = LlmSettings.load()
    stores = Stores(settings)
    node = LlmNode(PROVIDERS, settings.default_provider, keys=ProviderKeys(stores.secrets))
    return strand_runner_of(settings, {"llm": node}, stores)


@engine_function
def lambda_handler(work: Work, context: Any) -> Step:
    """Run the node, keep its result, and carry the strand on."""
    return strand_runner().step(work, seconds_left(context))
