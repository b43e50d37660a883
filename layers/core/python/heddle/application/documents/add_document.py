"""Taking in a document, or another version of one: bytes first, then rows, then the reading is started.

    upload or text ─► hash, size ─► original in its place ─► rows, pending ─► ingest started

Whatever breaks off in between is mended by asking again: the same bytes are the same document, and an ingest that was
started before is not started twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from heddle.application.ports.documents import DocumentStore, Kept
from heddle.application.ports.ingests import IngestJob, Ingests
from heddle.application.ports.originals import Original, Originals
from heddle.domain.documents.document import MAX_DOCUMENT_BYTES, Document, DocumentVersion
from heddle.domain.documents.text import storable, storable_json
from heddle.errors import InvalidInput, NotFound, PayloadTooLarge


@dataclass(frozen=True)
class Draft:
    """What somebody hands in: either `text`, or `upload`, the `object` that POST /uploads answered.

    An upload is forgotten once its document is ready, unless it is to be kept.
    """

    text: str | None = None
    upload: str | None = None
    filename: str = ""
    media_type: str = ""
    title: str = ""
    source: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    keep_upload: bool = False


@dataclass(frozen=True)
class AddDocument:
    """Takes documents in."""

    store: DocumentStore
    originals: Originals
    ingests: Ingests
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def __call__(self, tenant: str, draft: Draft, *, by: str, correlation_id: str) -> Kept:
        """Take a new document in; if the tenant has these bytes already, that document is the answer.

        Raises InvalidInput, NotFound `upload_not_found`, PayloadTooLarge `document_too_large`.
        """
        at, document_id = self.now(), f"doc_{self.new_id()}"
        original = self._place(tenant, document_id, draft)
        document = Document(
            tenant=tenant,
            id=document_id,
            title=storable(draft.title),
            content_hash=original.sha256,
            bytes=original.bytes,
            created_at=at,
            created_by=by,
            updated_at=at,
            updated_by=by,
            filename=storable(draft.filename),
            media_type=original.media_type,
            source=storable(draft.source),
            tags=draft.tags,
            metadata=_object(storable_json(dict(draft.metadata))),
        )
        kept = self.store.add(document, self._version(document, original, at, by))
        if not kept.new:
            self.originals.remove_all(tenant, document_id)
        self._start(kept, draft, by, correlation_id)
        return kept

    def version(self, tenant: str, document_id: str, draft: Draft, *, by: str, correlation_id: str) -> Kept:
        """Take in other bytes of a document; the same bytes again are no new version.

        Raises as above, and NotFound `document_not_found`.
        """
        document = self.store.document(tenant, document_id)
        if document is None:
            raise NotFound(f"there is no document {document_id!r}", code="document_not_found")
        original = self._place(tenant, document_id, draft)
        at = self.now()
        kept = self.store.add_version(self._version(document, original, at, by, draft.filename), at=at, by=by)
        self._start(kept, draft, by, correlation_id)
        return kept

    def again(self, tenant: str, document_id: str, *, by: str, correlation_id: str) -> DocumentVersion:
        """Read the newest version again, whatever came of it before. NotFound `document_not_found`."""
        document = self.store.document(tenant, document_id)
        version = self.store.version(tenant, document_id, document.version) if document else None
        if document is None or version is None:
            raise NotFound(f"there is no document {document_id!r}", code="document_not_found")
        self.ingests.start(self._job(version, f"{self.new_id()}", by, correlation_id, "", None, again=True))
        return version

    def _place(self, tenant: str, document_id: str, draft: Draft) -> Original:
        if (draft.text is None) == (draft.upload is None):
            raise InvalidInput(
                "give either text or object",
                code="invalid_body",
                errors=[{"field": "object", "message": "exactly one of text and object must be given"}],
            )
        if draft.upload is not None:
            measured = self.originals.measure(tenant, draft.upload, most=MAX_DOCUMENT_BYTES)
            return self.originals.take(tenant, document_id, measured)
        data = (draft.text or "").encode("utf-8", "replace")
        if not data.strip():
            raise InvalidInput(
                "the document is empty",
                code="document_empty",
                errors=[{"field": "text", "message": "must not be empty"}],
            )
        if len(data) > MAX_DOCUMENT_BYTES:
            raise too_large(len(data))
        declared = draft.media_type.partition(";")[0] or ("" if draft.filename else "text/plain")
        kept = self.originals.keep(tenant, document_id, data, media_type=f"{declared or 'text/plain'}; charset=utf-8")
        # Without a declared type its name tells what it is; a text is UTF-8 in any case.
        return replace(kept, media_type=f"{declared}; charset=utf-8")

    def _version(
        self, document: Document, original: Original, at: datetime, by: str, filename: str | None = None
    ) -> DocumentVersion:
        return DocumentVersion(
            tenant=document.tenant,
            document_id=document.id,
            version=1,
            status="pending",
            content_hash=original.sha256,
            object=original.object,
            bytes=original.bytes,
            created_at=at,
            created_by=by,
            media_type=original.media_type,
            filename=storable(filename or document.filename),
        )

    def _start(self, kept: Kept, draft: Draft, by: str, correlation_id: str) -> None:
        """Start reading a version that waits for it; of one that waited before, whoever took it in may have died."""
        if kept.version.status == "pending":
            forgotten = None if draft.keep_upload else draft.upload
            self.ingests.start(self._job(kept.version, "1", by, correlation_id, draft.language, forgotten))

    def _job(
        self,
        version: DocumentVersion,
        attempt: str,
        by: str,
        correlation_id: str,
        language: str,
        upload: str | None,
        *,
        again: bool = False,
    ) -> IngestJob:
        model = self.store.embedding_model(version.tenant)
        return IngestJob(
            id=f"{version.document_id}-{version.version}-{attempt}",
            tenant=version.tenant,
            document_id=version.document_id,
            version=version.version,
            object=version.object,
            media_type=version.media_type,
            filename=version.filename,
            principal=by,
            correlation_id=correlation_id,
            language=language,
            model=model.model if model else None,
            upload=upload,
            again=again,
        )


def too_large(size: int) -> PayloadTooLarge:
    """Return the error for a document that is larger than any may be."""
    return PayloadTooLarge(
        f"the document has {size} bytes; at most {MAX_DOCUMENT_BYTES} (100 MiB) are taken",
        code="document_too_large",
        bytes=size,
        max_bytes=MAX_DOCUMENT_BYTES,
    )


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
