"""What functions that work for batches have in common, and how the operations are wired."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from heddle.application.ports.batches import Task
from heddle.runtime.batch_settings import BatchSettings
from heddle.runtime.batches import Batches
from heddle.runtime.clients import client
from heddle.runtime.clock import new_id, now
from heddle.runtime.database import DatabaseSettings
from heddle.runtime.queue_function import each
from heddle.runtime.stores import Stores

if TYPE_CHECKING:
    from heddle.application.batches.work import Work
    from heddle.application.ports.fetching import Fetch

MOST_SECONDS = 60.0
"""What one item may keep a worker busy; an ingest, which is done elsewhere, may take longer."""


@dataclass(frozen=True, kw_only=True)
class AnalyzeBatchSettings(BatchSettings):
    """The environment of the workers that analyse."""

    plugin_function: str
    default_provider: str = "extractive"
    http_allowed_hosts: str = ""


@dataclass(frozen=True, kw_only=True)
class IngestBatchSettings(BatchSettings, DatabaseSettings):
    """The environment of the workers that ingest."""

    ingest_state_machine_arn: str
    http_allowed_hosts: str = ""


def each_task(event: dict[str, Any], context: Any, handle: Callable[[Task, bool], str]) -> dict[str, Any]:
    """Handle the tasks of an SQS event one by one, each with whether it comes again; returns those that failed."""

    def one(record: dict[str, Any]) -> str:
        received = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
        return handle(Task.from_json(orjson.loads(record["body"])), received > 1)

    return each(event, context, one)


def analyze_batch_of(settings: AnalyzeBatchSettings) -> "Work":
    """Wire the workers that analyse."""
    from heddle.adapters.aws.plugin_runner import LambdaPluginRunner
    from heddle.adapters.content.detect_language import detect_language
    from heddle.adapters.content.read_content import read_content
    from heddle.application.batches.analyze_item import AnalyzeItem
    from heddle.application.content.analyze import AnalyzeContent
    from heddle.application.content.analyze_bytes import AnalyzeBytes
    from heddle.application.content.full_analysis import FullAnalysis
    from heddle.application.content.refine import RefineAnalysis
    from heddle.application.plugins.join_analysis import JoinAnalysis

    stores = Stores(settings)

    def refine() -> RefineAnalysis:
        from heddle.runtime.asking import ask_models_of

        return RefineAnalysis(ask_models_of(stores, settings.default_provider), time.monotonic)

    def join() -> JoinAnalysis:
        runner = LambdaPluginRunner(client("lambda", patient=True), settings.plugin_function)
        return JoinAnalysis(runner, time.monotonic)

    analyze = AnalyzeContent(stores.blobs, AnalyzeBytes(read_content, time.monotonic, detect_language))
    operate = AnalyzeItem(FullAnalysis(analyze, refine, join), _fetch(settings.http_allowed_hosts), new_id)
    return Batches(settings, stores).work(operate, most_seconds=MOST_SECONDS)


def ingest_batch_of(settings: IngestBatchSettings) -> "Work":
    """Wire the workers that ingest."""
    from heddle.adapters.aws.ingests import StepFunctionsIngests
    from heddle.application.batches.ingest_item import IngestItem
    from heddle.application.documents.add_document import AddDocument
    from heddle.runtime.content import document_store_of, originals_of

    stores = Stores(settings)
    documents = document_store_of(settings)
    ingests = StepFunctionsIngests(client("stepfunctions"), settings.ingest_state_machine_arn)
    add = AddDocument(documents, originals_of(settings.payload_bucket), ingests, now, new_id)
    operate = IngestItem(add, documents, stores.blobs, _fetch(settings.http_allowed_hosts))
    return Batches(settings, stores).work(operate, most_seconds=MOST_SECONDS)


def give_up_of(settings: BatchSettings) -> Callable[[Task], str]:
    """Wire what sees to tasks at which every worker failed."""
    return Batches(settings, Stores(settings)).work(_nothing, most_seconds=MOST_SECONDS).give_up


def _fetch(allowed_hosts: str) -> "Fetch":
    from heddle.adapters.nodes.fetch import GuardedClient
    from heddle.adapters.nodes.fetch_document import FetchDocument

    return FetchDocument(GuardedClient(allowed=allowed_hosts))


def _nothing(*arguments: Any, **named: Any) -> Any:
    raise AssertionError("who sees to what was given up does no operation")
