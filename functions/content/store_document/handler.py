"""Store what was worked out of a document, all at once, and say that it can be searched.

Trigger: state machine ingest_document, state Store
In:      {job, embedded}: the job, and what embed_chunks answered
Out:     {status, version}
"""

from functools import cache
from typing import Any

from heddle.application.documents.store_document import StoreDocument
from heddle.application.ports.ingests import IngestJob
from heddle.runtime.content import StoringSettings, store_document_of
from heddle.runtime.content_function import ingest_step


@cache
def store_document() -> StoreDocument:
    """Build the use case once per sandbox; tests put their own in its place."""
    return store_document_of(StoringSettings.load())


@ingest_step
def lambda_handler(job: IngestJob, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Store it."""
    return store_document()(job, event["embedded"])
