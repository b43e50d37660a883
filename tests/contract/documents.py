"""What the suites of documents share: rows as short as they can be."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from heddle.application.ports.documents import DocumentStore, Kept
from heddle.domain.documents.document import Chunk, Content, Document, DocumentVersion, Embedding

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MODEL = "stage/hashed-3"

Store = Callable[[], DocumentStore]


def document(tenant: str, ident: str = "d1", *, hash: str = "h1", minute: int = 0, **fields: Any) -> Document:
    at = NOW + timedelta(minutes=minute)
    return Document(tenant, ident, fields.pop("title", ident), hash, 10, at, "user:ada", at, "user:ada", **fields)


def version(tenant: str, ident: str = "d1", *, hash: str = "h1", number: int = 1) -> DocumentVersion:
    return DocumentVersion(
        tenant, ident, number, "pending", hash, f"{tenant}/documents/{ident}/{hash}", 10, NOW, "user:ada"
    )


def add(store: DocumentStore, tenant: str, ident: str = "d1", **fields: Any) -> Kept:
    row = document(tenant, ident, **{"hash": f"hash of {ident}", **fields})
    return store.add(row, version(tenant, ident, hash=row.content_hash))


def content(
    *texts: str, vectors: Sequence[tuple[float, ...]] | None = None, model: str = MODEL, **fields: Any
) -> Content:
    chunks = tuple(Chunk(number, text, number * 100, number * 100 + len(text), 3) for number, text in enumerate(texts))
    embedding = None if vectors is None else Embedding(model, len(vectors[0]), tuple(vectors))
    given = Content("", "text/plain", "en", None, chunks, embedding, {"words": 3})
    return replace(given, **fields)


def ingest(
    store: DocumentStore,
    tenant: str,
    ident: str,
    *texts: str,
    vectors: Sequence[tuple[float, ...]] | None = None,
    minute: int = 0,
    tags: tuple[str, ...] = (),
    **fields: Any,
) -> Document:
    """Add a document and make it ready."""
    add(store, tenant, ident, minute=minute, tags=tags)
    at = NOW + timedelta(minutes=minute)
    return store.make_ready(tenant, ident, 1, content(*texts, vectors=vectors, **fields), at=at)
