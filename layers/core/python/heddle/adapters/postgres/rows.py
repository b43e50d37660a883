"""Rows of documents and versions, as the domain has them."""

from typing import Any

from heddle.domain.documents.document import Document, DocumentVersion

DOCUMENT = (
    "d.tenant, d.id, d.title, d.filename, d.media_type, d.source, d.tags, d.language, d.quality, d.status, d.version, "
    "d.ready_version, d.content_hash, d.bytes, d.chunks, d.metadata, d.created_at, d.created_by, d.updated_at, "
    "d.updated_by"
)
VERSION = (
    "tenant, document_id, version, status, content_hash, object, bytes, media_type, filename, facts, error, "
    "created_at, created_by, finished_at"
)


def document_of(row: dict[str, Any]) -> Document:
    """Return the document of a row with DOCUMENT's columns; further columns are left aside."""
    return Document(
        tenant=row["tenant"],
        id=row["id"],
        title=row["title"],
        content_hash=row["content_hash"],
        bytes=row["bytes"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        updated_at=row["updated_at"],
        updated_by=row["updated_by"],
        status=row["status"],
        version=row["version"],
        ready_version=row["ready_version"],
        filename=row["filename"],
        media_type=row["media_type"],
        source=row["source"],
        tags=tuple(row["tags"]),
        language=row["language"],
        # A `real` comes back with the digits of a double.
        quality=None if row["quality"] is None else round(row["quality"], 6),
        chunks=row["chunks"],
        metadata=row["metadata"],
    )


def version_of(row: dict[str, Any]) -> DocumentVersion:
    """Return the version of a row with VERSION's columns."""
    return DocumentVersion(
        tenant=row["tenant"],
        document_id=row["document_id"],
        version=row["version"],
        status=row["status"],
        content_hash=row["content_hash"],
        object=row["object"],
        bytes=row["bytes"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        media_type=row["media_type"],
        filename=row["filename"],
        facts=row["facts"],
        error=row["error"],
        finished_at=row["finished_at"],
    )
