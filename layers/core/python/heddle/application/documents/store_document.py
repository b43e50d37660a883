"""The end of an ingest: what was worked out is put in place of what was searched before, and the bus hears of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from heddle.application.budgets.record import Record
from heddle.application.documents.embed_chunks import read_embedding
from heddle.application.documents.parsed import Parsed, parsed_key, vectors_key
from heddle.application.ports.documents import DocumentStore
from heddle.application.ports.events import EventStore
from heddle.application.ports.ingests import IngestJob
from heddle.application.ports.originals import Originals
from heddle.domain.documents.document import Content, Document
from heddle.domain.events.document_events import DocumentFailed, DocumentIngested
from heddle.domain.events.envelope import Metadata, StreamId
from heddle.domain.nodes.relevance import STOP_WORDS
from heddle.errors import NotFound

SOURCE = "heddle"


@dataclass(frozen=True)
class Analysed:
    """What an analysis says of a document as a whole; `facts` are kept with the version."""

    language: str = ""
    quality: float | None = None
    facts: Mapping[str, Any] | None = None


class ReadAnalysis(Protocol):
    """Finds what an analysis of this job kept; None if there was none."""

    def __call__(self, job: IngestJob) -> Analysed | None:
        """Return it."""
        ...


@dataclass(frozen=True)
class StoreDocument:
    """Stores, announces, and forgets what was only needed on the way. Doing it again changes nothing more."""

    store: DocumentStore
    originals: Originals
    events: EventStore
    now: Callable[[], datetime]
    analysis: ReadAnalysis = lambda job: None

    def __call__(self, job: IngestJob, embedded: dict[str, Any]) -> dict[str, Any]:
        """Return {status, version}; status `gone` if the document was deleted meanwhile.

        Raises UpstreamUnavailable while the database does not answer.
        """
        try:
            document = self._store(job, embedded)
        except NotFound:
            # Deleted while it was read: what was written since then would stay for ever.
            self.originals.remove_all(job.tenant, job.document_id)
            return {"status": "gone", "version": job.version}
        self._announce(job, document, embedded)
        self._tidy(job, embedded)
        return {"status": "ready", "version": job.version}

    def _store(self, job: IngestJob, embedded: dict[str, Any]) -> Document:
        parsed = Parsed.from_bytes(self.originals.read(job.tenant, parsed_key(job.object)))
        analysed = self.analysis(job) or Analysed()
        language = analysed.language or parsed.language or ("en" if _looks_english(parsed.text) else "")
        facts: dict[str, Any] = {
            "words": parsed.words,
            "pages": parsed.pages,
            "chunks": len(parsed.chunks),
            "truncated": parsed.truncated,
            "embedding": dict(embedded),
            **(analysed.facts or {}),
        }
        content = Content(
            title=parsed.title,
            media_type=parsed.media_type,
            language=language,
            quality=analysed.quality,
            chunks=parsed.chunks,
            embedding=read_embedding(self.originals, job, embedded),
            facts=facts,
            metadata=parsed.metadata,
        )
        return self.store.make_ready(job.tenant, job.document_id, job.version, content, at=self.now(), again=job.again)

    def _announce(self, job: IngestJob, document: Document, embedded: Mapping[str, Any]) -> None:
        event = DocumentIngested(
            document_id=job.document_id,
            version=job.version,
            ingest_id=job.id,
            title=document.title,
            media_type=document.media_type,
            language=document.language,
            chunks=document.chunks,
            embedded_by=embedded.get("model"),
            cost_usd=str(embedded.get("cost_usd", "0")),
            at=self.now().isoformat(),
        )
        record(self.events, self.now, job, event)

    def _tidy(self, job: IngestJob, embedded: Mapping[str, Any]) -> None:
        keys = [parsed_key(job.object), *(vectors_key(job.object, n) for n in range(int(embedded.get("batches", 0))))]
        for key in [*keys, *([job.upload] if job.upload else [])]:
            self.originals.remove(job.tenant, key)


@dataclass(frozen=True)
class FailDocument:
    """Says why a document could not be read. Doing it again changes nothing more."""

    store: DocumentStore
    originals: Originals
    events: EventStore
    now: Callable[[], datetime]

    def __call__(self, job: IngestJob, code: str, message: str) -> dict[str, Any]:
        """Return {status, version, code}."""
        try:
            self.store.make_failed(job.tenant, job.document_id, job.version, code=code, message=message, at=self.now())
        except NotFound:
            self.originals.remove_all(job.tenant, job.document_id)
            return {"status": "gone", "version": job.version, "code": code}
        event = DocumentFailed(
            document_id=job.document_id,
            version=job.version,
            ingest_id=job.id,
            code=code,
            message=message,
            at=self.now().isoformat(),
        )
        record(self.events, self.now, job, event)
        return {"status": "failed", "version": job.version, "code": code}


def record(events: EventStore, now: Callable[[], datetime], job: IngestJob, event: Any) -> None:
    """Append the event to the document's stream once per ingest; the relay carries it to the bus."""
    stream = StreamId(job.tenant, "document", job.document_id)
    metadata = Metadata(job.correlation_id, job.id, job.principal, SOURCE)
    Record(events, now)(stream, event, metadata, known=lambda past: past.data.get("ingest_id") == job.id)


def _looks_english(text: str) -> bool:
    """Whether enough of the beginning are the commonest words of English; only where nobody said the language."""
    words = text[:4_000].lower().split()
    return bool(words) and sum(word in STOP_WORDS for word in words) >= 0.15 * len(words)
