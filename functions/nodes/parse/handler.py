"""Read documents of `parse` and `analyze` nodes: inline, uploaded, or fetched from addresses that were checked.

Trigger: state machine, state RunTask
In:      Work (heddle/application/execution/step.py)
Out:     Step
"""

import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from heddle.adapters.content.detect_language import detect_language
from heddle.adapters.content.read_content import read_content
from heddle.adapters.nodes.analyze import AnalyzeNode
from heddle.adapters.nodes.documents.sources import DocumentSources
from heddle.adapters.nodes.fetch import GuardedClient
from heddle.adapters.nodes.parse import ParseNode
from heddle.application.content.analyze_bytes import AnalyzeBytes
from heddle.application.content.refine import RefineAnalysis
from heddle.application.execution.step import Step, Work
from heddle.application.execution.strand import StrandRunner
from heddle.runtime.clock import new_id
from heddle.runtime.engine_function import engine_function, seconds_left
from heddle.runtime.stores import Stores
from heddle.runtime.strands import StrandSettings, strand_runner_of


@dataclass(frozen=True, kw_only=True)
class ParseSettings(StrandSettings):
    """This function's environment: hosts that may be called though their addresses are private, and who answers."""

    http_allowed_hosts: str = ""
    default_provider: str = "extractive"


@cache
def strand_runner() -> StrandRunner:
    """Build the kernel with this function's node type once per sandbox; tests put their own in its place."""
    settings = ParseSettings.load()
    stores = Stores(settings)
    sources = DocumentSources(GuardedClient(allowed=settings.http_allowed_hosts), stores.blobs)

    @cache
    def refine() -> RefineAnalysis:
        """Only nodes that name a model need what asks one."""
        from heddle.runtime.asking import ask_models_of

        return RefineAnalysis(ask_models_of(stores, settings.default_provider), time.monotonic)

    analyze = AnalyzeNode(sources, AnalyzeBytes(read_content, time.monotonic, detect_language), refine, new_id)
    return strand_runner_of(settings, {"parse": ParseNode(sources), "analyze": analyze}, stores)


@engine_function
def lambda_handler(work: Work, context: Any) -> Step:
    """Run the node, keep its result, and carry the strand on."""
    return strand_runner().step(work, seconds_left(context))
