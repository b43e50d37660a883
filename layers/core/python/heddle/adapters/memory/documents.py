"""Documents in memory: whole words without endings, and every vector compared. Not for tenants that isolate by SQL."""

import math
import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.documents import ChunkText, EmbeddingModel, Kept
from heddle.application.ports.paging import Page
from heddle.domain.documents.document import Chunk, Content, Document, DocumentVersion
from heddle.domain.documents.fusion import fuse
from heddle.domain.documents.search import DEPTH, MARK, UNMARK, Filters, Found, Hit, Search, hit_key
from heddle.domain.documents.words import has_operators, searchable
from heddle.errors import NotFound

_WORD = re.compile(r"\w+")
Key = tuple[str, int]


@dataclass
class _Kept:
    """A document with everything that belongs to it; vectors by model and position."""

    document: Document
    versions: list[DocumentVersion]
    chunks: tuple[Chunk, ...] = ()
    vectors: dict[tuple[str, int], tuple[float, ...]] = field(default_factory=dict)


@dataclass
class MemoryDocumentStore:
    """A DocumentStore."""

    _kept: dict[tuple[str, str], _Kept] = field(default_factory=dict)
    _models: dict[str, EmbeddingModel] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    # documents and versions

    def add(self, document: Document, version: DocumentVersion) -> Kept:
        with self._lock:
            for kept in self._of(document.tenant):
                for known in kept.versions:
                    current = known.version in (kept.document.version, kept.document.ready_version)
                    if current and known.content_hash == document.content_hash and known.status != "failed":
                        return Kept(kept.document, known, new=False)
            self._kept[document.tenant, document.id] = _Kept(document, [version])
            return Kept(document, version, new=True)

    def add_version(self, version: DocumentVersion, *, at: datetime, by: str) -> Kept:
        with self._lock:
            kept = self._find(version.tenant, version.document_id)
            newest = kept.versions[-1]
            if newest.content_hash == version.content_hash and newest.status != "failed":
                return Kept(kept.document, newest, new=False)
            fresh = replace(version, version=newest.version + 1, status="pending")
            kept.versions.append(fresh)
            kept.document = replace(
                kept.document,
                version=fresh.version,
                content_hash=version.content_hash,
                bytes=version.bytes,
                filename=version.filename,
                status="ready" if kept.document.ready_version else "pending",
                updated_at=at,
                updated_by=by,
            )
            return Kept(kept.document, fresh, new=True)

    def document(self, tenant: str, document_id: str) -> Document | None:
        kept = self._kept.get((tenant, document_id))
        return kept.document if kept and kept.document.status != "deleting" else None

    def documents(
        self, tenant: str, *, limit: int, cursor: str | None = None, filters: Filters | None = None
    ) -> Page[Document]:
        scope = f"{tenant}#documents"
        rows = [kept.document for kept in self._of(tenant) if _passes(kept.document, filters or Filters())]
        rows.sort(key=lambda row: (row.updated_at, row.id), reverse=True)
        if cursor is not None:
            changed, ident = decode_cursor(cursor, scope, parts=2)
            rows = [row for row in rows if (row.updated_at, row.id) < (datetime.fromisoformat(changed), ident)]
        found = tuple(rows[:limit])
        more = len(rows) > limit
        return Page(found, encode_cursor(scope, found[-1].updated_at.isoformat(), found[-1].id) if more else None)

    def version(self, tenant: str, document_id: str, version: int) -> DocumentVersion | None:
        kept = self._kept.get((tenant, document_id))
        return next((each for each in kept.versions if each.version == version), None) if kept else None

    def versions(
        self, tenant: str, document_id: str, *, limit: int, cursor: str | None = None
    ) -> Page[DocumentVersion]:
        scope = f"{tenant}#document#{document_id}#versions"
        before = None if cursor is None else int(decode_cursor(cursor, scope)[0])
        kept = self._kept.get((tenant, document_id))
        rows = [each for each in reversed(kept.versions if kept else []) if before is None or each.version < before]
        found = tuple(rows[:limit])
        return Page(found, encode_cursor(scope, str(found[-1].version)) if len(rows) > limit else None)

    def describe(
        self, tenant: str, document_id: str, *, title: str | None, tags: tuple[str, ...] | None, at: datetime, by: str
    ) -> Document:
        with self._lock:
            kept = self._find(tenant, document_id)
            kept.document = replace(
                kept.document,
                title=kept.document.title if title is None else title,
                tags=kept.document.tags if tags is None else tags,
                updated_at=at,
                updated_by=by,
            )
            return kept.document

    # what ingesting gives

    def make_ready(
        self, tenant: str, document_id: str, version: int, content: Content, *, at: datetime, again: bool = False
    ) -> Document:
        with self._lock:
            kept = self._find(tenant, document_id)
            _finish(kept, version, again=again, status="ready", facts=content.facts, error=None, finished_at=at)
            ready = kept.document.ready_version
            if ready > version or (ready == version and not again):
                return kept.document
            kept.chunks, kept.vectors = content.chunks, {}
            if (embedding := content.embedding) is not None:
                self._models.setdefault(tenant, EmbeddingModel(embedding.model, embedding.dimensions, at))
                for chunk, vector in zip(content.chunks, embedding.vectors, strict=True):
                    kept.vectors[embedding.model, chunk.position] = vector
            kept.document = replace(
                kept.document,
                status="ready",
                ready_version=version,
                title=kept.document.title or content.title,
                media_type=content.media_type,
                language=content.language,
                quality=content.quality,
                chunks=len(content.chunks),
                metadata=content.metadata,
                updated_at=at,
            )
            return kept.document

    def make_failed(
        self, tenant: str, document_id: str, version: int, *, code: str, message: str, at: datetime
    ) -> Document:
        with self._lock:
            kept = self._find(tenant, document_id)
            _finish(kept, version, status="failed", error={"code": code, "message": message}, finished_at=at)
            if kept.document.status == "pending" and kept.document.version == version:
                kept.document = replace(kept.document, status="failed", updated_at=at)
            return kept.document

    def begin_delete(self, tenant: str, document_id: str, *, at: datetime, by: str) -> None:
        with self._lock:
            kept = self._kept.get((tenant, document_id))
            if kept is None:
                raise _no_document(document_id)
            kept.document = replace(kept.document, status="deleting", updated_at=at, updated_by=by)
            kept.chunks, kept.vectors = (), {}

    def finish_delete(self, tenant: str, document_id: str) -> None:
        with self._lock:
            kept = self._kept.get((tenant, document_id))
            if kept is not None and kept.document.status == "deleting":
                del self._kept[tenant, document_id]

    # searching

    def search(self, tenant: str, search: Search) -> Found:
        pieces = {
            (kept.document.id, chunk.position): (kept, chunk)
            for kept in self._of(tenant)
            if kept.document.status == "ready" and _passes(kept.document, search.filters)
            for chunk in kept.chunks
        }
        rankings: dict[str, list[Key]] = {}
        if search.by_words:
            rankings["words"] = _by_words(pieces, search.text)
        if search.vector is not None and any(search.vector):
            rankings["meaning"] = _by_meaning(pieces, search)
        fused = fuse(rankings)
        after = search.after
        rest = [
            (key, score, ranks)
            for key, score, ranks in fused
            if after is None or (-score, hit_key(*key)) > (-after[0], after[1])
        ]
        hits = tuple(_hit(*pieces[key], score, ranks, search.text) for key, score, ranks in rest[: search.limit])
        reached = {pieces[key][0].document.id: pieces[key][0].document for key, _, _ in fused}
        facets = _facets(list(reached.values())) if search.facets else {}
        return Found(hits, len(fused), len(rest) > search.limit, facets, exact=True)

    # vectors

    def embedding_model(self, tenant: str) -> EmbeddingModel | None:
        return self._models.get(tenant)

    def change_model(self, tenant: str, model: str | None, *, state: dict[str, Any] | None) -> EmbeddingModel:
        with self._lock:
            known = self._model(tenant)
            self._models[tenant] = replace(known, next_model=model, next_state=state)
            return self._models[tenant]

    def without_vector(self, tenant: str, model: str, *, limit: int) -> list[ChunkText]:
        missing = [
            ChunkText(kept.document.id, chunk.position, kept.document.ready_version, chunk.text)
            for kept in sorted(self._of(tenant), key=lambda kept: kept.document.id)
            for chunk in kept.chunks
            if (model, chunk.position) not in kept.vectors
        ]
        return missing[:limit]

    def add_vectors(self, tenant: str, model: str, chunks: list[ChunkText], vectors: list[tuple[float, ...]]) -> int:
        written = 0
        with self._lock:
            for chunk, vector in zip(chunks, vectors, strict=True):
                kept = self._kept.get((tenant, chunk.document_id))
                if kept and kept.chunks and kept.document.ready_version == chunk.version:
                    written += (model, chunk.position) not in kept.vectors
                    kept.vectors.setdefault((model, chunk.position), vector)
        return written

    def use_model(self, tenant: str, model: str, dimensions: int, *, at: datetime) -> bool:
        with self._lock:
            self._model(tenant)
            if self.without_vector(tenant, model, limit=1):
                return False
            self._models[tenant] = EmbeddingModel(model, dimensions, at)
            for kept in self._of(tenant):
                kept.vectors = {key: vector for key, vector in kept.vectors.items() if key[0] == model}
            return True

    def _model(self, tenant: str) -> EmbeddingModel:
        if tenant not in self._models:
            raise NotFound("no document has been embedded yet", code="embedding_model_not_found")
        return self._models[tenant]

    def _of(self, tenant: str) -> list[_Kept]:
        return [
            kept for (owner, _), kept in self._kept.items() if owner == tenant and kept.document.status != "deleting"
        ]

    def _find(self, tenant: str, document_id: str) -> _Kept:
        kept = self._kept.get((tenant, document_id))
        if kept is None or kept.document.status == "deleting":
            raise _no_document(document_id)
        return kept


def _no_document(document_id: str) -> NotFound:
    return NotFound(f"there is no document {document_id!r}", code="document_not_found")


def _finish(kept: _Kept, version: int, *, again: bool = False, **changes: Any) -> None:
    kept.versions = [
        replace(each, **changes) if each.version == version and (again or each.status != "ready") else each
        for each in kept.versions
    ]


def _passes(document: Document, filters: Filters) -> bool:
    return (
        (not filters.media_types or document.media_type in filters.media_types)
        and set(filters.tags) <= set(document.tags)
        and (not filters.languages or document.language in filters.languages)
        and (not filters.documents or document.id in filters.documents)
        and (filters.min_quality is None or (document.quality is not None and document.quality >= filters.min_quality))
        and (filters.since is None or document.updated_at >= filters.since)
        and (filters.until is None or document.updated_at < filters.until)
    )


def _words(text: str) -> list[str]:
    return _WORD.findall(searchable(text).lower())


def _by_words(pieces: dict[Key, tuple[_Kept, Chunk]], query: str) -> list[Key]:
    """Rank by how many of the words a chunk has, then how often. A `-word` excludes; a quotation must be there."""
    unwanted = set(re.findall(r"(?:^|\s)-(\w+)", query.lower()))
    phrases = [_words(phrase) for phrase in re.findall(r'"([^"]*)"', query)]
    wanted = set(_words(query)) - unwanted
    if has_operators(query):
        wanted -= {"or"}
    scores: dict[Key, tuple[int, float]] = {}
    for key, (kept, chunk) in pieces.items():
        words = _words(f"{kept.document.title} {chunk.heading} {chunk.text}")
        counts = Counter(words)
        quoted = all(f" {' '.join(phrase)} " in f" {' '.join(words)} " for phrase in phrases)
        if wanted & set(counts) and not unwanted & set(counts) and quoted:
            often = sum(counts[word] for word in wanted)
            scores[key] = (len(wanted & set(counts)), often / (1 + math.log(len(words))))
    return sorted(scores, key=lambda key: (tuple(-part for part in scores[key]), key))[:DEPTH]


def _by_meaning(pieces: dict[Key, tuple[_Kept, Chunk]], search: Search) -> list[Key]:
    assert search.vector is not None
    near = {
        key: _cosine(search.vector, vector)
        for key, (kept, chunk) in pieces.items()
        if (vector := kept.vectors.get((search.model, chunk.position))) and len(vector) == len(search.vector)
    }
    return sorted(near, key=lambda key: (-near[key], key))[:DEPTH]


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / lengths if lengths else -1.0


def _hit(kept: _Kept, chunk: Chunk, score: float, ranks: dict[str, int], query: str) -> Hit:
    words = sorted(set(_words(query)), key=len, reverse=True)
    pattern = "|".join(map(re.escape, words)) or r"(?!)"
    marked = re.sub(rf"\b(?:{pattern})\b", lambda found: f"{MARK}{found[0]}{UNMARK}", chunk.text, flags=re.IGNORECASE)
    return Hit(
        document=kept.document,
        position=chunk.position,
        text=chunk.text,
        marked=marked,
        heading=chunk.heading,
        page=chunk.page,
        start=chunk.start,
        end=chunk.end,
        score=score,
        ranks=ranks,
    )


def _facets(documents: Sequence[Document]) -> dict[str, dict[str, int]]:
    return {
        "media_type": dict(Counter(row.media_type for row in documents if row.media_type).most_common()),
        "language": dict(Counter(row.language for row in documents if row.language).most_common()),
        "tags": dict(Counter(tag for row in documents for tag in row.tags).most_common(50)),
    }
