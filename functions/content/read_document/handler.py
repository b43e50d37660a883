"""Read a document's original: what it is, its text, its chunks.

Trigger: state machine ingest_document, state Read
In:      {job} (heddle/application/ports/ingests.py)
Out:     {chunks, pages, truncated}; the text lies beside the original
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from heddle.adapters.content.parse import parse
from heddle.application.documents.read_original import ReadOriginal
from heddle.application.ports.ingests import IngestJob
from heddle.runtime.content import originals_of
from heddle.runtime.content_function import ingest_step
from heddle.runtime.settings import Settings

SECONDS = 840.0


@dataclass(frozen=True, kw_only=True)
class ReadSettings(Settings):
    """Where originals lie."""

    payload_bucket: str


@cache
def read_original() -> ReadOriginal:
    """Build the use case once per sandbox; tests put their own in its place."""
    return ReadOriginal(originals_of(ReadSettings.load().payload_bucket), parse, lambda: SECONDS)


@ingest_step
def lambda_handler(job: IngestJob, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Read it."""
    return read_original()(job)
