"""Run `search` and `ingest` nodes: the function of nodes that has the database.

Trigger: state machine, state RunTask
In:      Work (heddle/application/execution/step.py)
Out:     Step
"""

import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from heddle.adapters.aws.ingests import StepFunctionsIngests
from heddle.adapters.nodes.ingest import IngestNode
from heddle.adapters.nodes.search import SearchNode
from heddle.application.documents.add_document import AddDocument
from heddle.application.documents.search_documents import SearchDocuments
from heddle.application.execution.step import Step, Work
from heddle.application.execution.strand import StrandRunner
from heddle.domain.nodes.spec import NodeRunner
from heddle.runtime.clients import client
from heddle.runtime.clock import new_id, now
from heddle.runtime.content import document_store_of, embed_texts_of, originals_of
from heddle.runtime.database import DatabaseSettings
from heddle.runtime.engine_function import engine_function, seconds_left
from heddle.runtime.stores import Stores
from heddle.runtime.strands import StrandSettings, strand_runner_of


@dataclass(frozen=True, kw_only=True)
class DocumentNodeSettings(StrandSettings, DatabaseSettings):
    """This function's environment: who embeds, and what ingests."""

    ingest_state_machine_arn: str
    default_provider: str = "extractive"


@cache
def strand_runner() -> StrandRunner:
    """Build the kernel with this function's node types once per sandbox; tests put their own in its place."""
    settings = DocumentNodeSettings.load()
    stores = Stores(settings)
    documents = document_store_of(settings)
    ingests = StepFunctionsIngests(client("stepfunctions"), settings.ingest_state_machine_arn)
    add = AddDocument(documents, originals_of(settings.payload_bucket), ingests, now, new_id)
    search = SearchDocuments(documents, embed_texts_of(stores, settings.default_provider))
    runners: dict[str, NodeRunner] = {
        "search": SearchNode(search, new_id),
        "ingest": IngestNode(add, documents, time.sleep, time.monotonic),
    }
    return strand_runner_of(settings, runners, stores)


@engine_function
def lambda_handler(work: Work, context: Any) -> Step:
    """Run the node, keep its result, and carry the strand on."""
    return strand_runner().step(work, seconds_left(context))
