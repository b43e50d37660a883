"""What happens to documents. Streams of the type `document`, one per document."""

from typing import Any

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class DocumentIngested:
    """A version of a document can be searched. `embedded_by` is the model of its vectors, if it has any."""

    document_id: str
    version: int
    ingest_id: str
    title: str
    media_type: str
    language: str
    chunks: int
    embedded_by: str | None
    cost_usd: str
    at: str


@dataclass(frozen=True, slots=True)
class DocumentFailed:
    """A version of a document could not be read; `code` says why."""

    document_id: str
    version: int
    ingest_id: str
    code: str
    message: str
    at: str


@dataclass(frozen=True, slots=True)
class DocumentDeleted:
    """A document was deleted: its original, its versions and everything that was worked out of them."""

    document_id: str
    title: str
    at: str


DocumentEvent = DocumentIngested | DocumentFailed | DocumentDeleted

EVENT_TYPES: dict[str, type[Any]] = {
    "DocumentIngested": DocumentIngested,
    "DocumentFailed": DocumentFailed,
    "DocumentDeleted": DocumentDeleted,
}
