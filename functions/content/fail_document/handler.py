"""Say with a document why it could not be read.

Trigger: state machine ingest_document, state NoteFailure
In:      {job, error}: the job, and the error as Step Functions has it
Out:     {status, version, code, expected}; expected: the document is to blame, not we
"""

from functools import cache
from typing import Any

from heddle.application.documents.failure import reason
from heddle.application.documents.store_document import FailDocument
from heddle.application.ports.ingests import IngestJob
from heddle.runtime.content import StoringSettings, fail_document_of
from heddle.runtime.content_function import ingest_step


@cache
def fail_document() -> FailDocument:
    """Build the use case once per sandbox; tests put their own in its place."""
    return fail_document_of(StoringSettings.load())


@ingest_step
def lambda_handler(job: IngestJob, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Note it."""
    code, message, expected = reason(event["error"])
    return fail_document()(job, code, message) | {"expected": expected}
