"""Documents: hand in, read, describe, download, delete, and search."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from heddle.errors import NotFound
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.services import Services

if TYPE_CHECKING:
    from heddle.application.documents.add_document import Draft
    from heddle.application.models.caller import Caller
    from heddle.application.ports.documents import EmbeddingModel, Kept
    from heddle.domain.documents.document import Document, DocumentVersion
    from heddle.domain.documents.search import Filters, Hit
    from heddle.runtime.api.bodies.documents import DocumentBytesBody, SearchFiltersBody

LINK_SECONDS = 300


@endpoint("add_document")
def add_document(services: Services, request: Request) -> Reply:
    """POST /documents: 202 if it is to be read now, 200 if these bytes were there already."""
    from heddle.runtime.api.bodies.documents import DocumentBody

    body = request.model(DocumentBody)
    draft = _draft(body, title=body.title.strip(), source=body.source, tags=tuple(dict.fromkeys(body.tags)))
    kept = services.add_document(request.tenant, draft, by=request.principal.id, correlation_id=request.correlation_id)
    return _added(kept, f"documents/{kept.document.id}")


@endpoint("add_document_version")
def add_document_version(services: Services, request: Request) -> Reply:
    """POST /documents/{document}/versions."""
    from heddle.runtime.api.bodies.documents import DocumentBytesBody

    draft = _draft(request.model(DocumentBytesBody))
    kept = services.add_document.version(
        request.tenant,
        request.params["document"],
        draft,
        by=request.principal.id,
        correlation_id=request.correlation_id,
    )
    return _added(kept, f"../{kept.document.id}")


@endpoint("ingest_document")
def ingest_document(services: Services, request: Request) -> Reply:
    """POST /documents/{document}/ingest."""
    version = services.add_document.again(
        request.tenant, request.params["document"], by=request.principal.id, correlation_id=request.correlation_id
    )
    return Reply(202, _version(version))


@endpoint("list_documents")
def list_documents(services: Services, request: Request) -> Reply:
    """GET /documents."""
    from heddle.domain.documents.search import Filters

    query = request.query
    filters = Filters(tags=_one(query["tag"]), media_types=_one(query["media_type"]), languages=_one(query["language"]))
    page = services.ports.documents.documents(
        request.tenant, limit=query["limit"], cursor=query["cursor"], filters=filters
    )
    return Reply(200, {"items": [_document(row) for row in page.items], "cursor": page.cursor})


@endpoint("get_document")
def get_document(services: Services, request: Request) -> Reply:
    """GET /documents/{document}."""
    document = _found(services, request)
    return Reply(200, {**_document(document), "newest": _version(_version_of(services, document, document.version))})


@endpoint("describe_document")
def describe_document(services: Services, request: Request) -> Reply:
    """PATCH /documents/{document}."""
    from heddle.domain.documents.text import storable
    from heddle.runtime.api.bodies.documents import DescribeDocumentBody

    body = request.model(DescribeDocumentBody)
    document = services.ports.documents.describe(
        request.tenant,
        request.params["document"],
        title=None if body.title is None else storable(body.title).strip(),
        tags=None if body.tags is None else tuple(dict.fromkeys(storable(tag) for tag in body.tags)),
        at=services.now(),
        by=request.principal.id,
    )
    return Reply(200, _document(document))


@endpoint("delete_document")
def delete_document(services: Services, request: Request) -> Reply:
    """DELETE /documents/{document}."""
    services.delete_document(
        request.tenant, request.params["document"], by=request.principal.id, correlation_id=request.correlation_id
    )
    return Reply(204)


@endpoint("list_document_versions")
def list_document_versions(services: Services, request: Request) -> Reply:
    """GET /documents/{document}/versions."""
    document = _found(services, request)
    page = services.ports.documents.versions(
        request.tenant, document.id, limit=request.query["limit"], cursor=request.query["cursor"]
    )
    return Reply(200, {"items": [_version(row) for row in page.items], "cursor": page.cursor})


@endpoint("download_document")
def download_document(services: Services, request: Request) -> Reply:
    """GET /documents/{document}/download."""
    document = _found(services, request)
    version = _version_of(services, document, request.query["version"] or document.version)
    filename = version.filename or document.title or document.id
    media_type = version.media_type.partition(";")[0] or "application/octet-stream"
    url = services.ports.originals.link(request.tenant, version.object, filename=filename, media_type=media_type)
    answer = {
        "url": url,
        "filename": filename,
        "media_type": media_type,
        "bytes": version.bytes,
        "expires_in": LINK_SECONDS,
    }
    return Reply(200, answer)


@endpoint("search_documents")
def search_documents(services: Services, request: Request) -> Reply:
    """POST /documents/search."""
    from heddle.runtime.api.bodies.documents import SearchBody

    body = request.model(SearchBody)
    searched = services.search_documents(
        _caller(services, request),
        body.query,
        mode=body.mode,
        filters=_filters(body.filters),
        limit=body.limit,
        cursor=body.cursor,
        facets=body.facets,
    )
    found = searched.found
    answer = {
        "items": [_hit(hit) for hit in found.hits],
        "cursor": searched.cursor,
        "reached": found.reached,
        "facets": {name: dict(counts) for name, counts in found.facets.items()},
        "exact": found.exact,
        "cost_usd": searched.billed.usage()["cost_usd"] if searched.billed else "0",
        "warnings": list(searched.warnings),
    }
    return Reply(200, answer)


@endpoint("get_embedding_model")
def get_embedding_model(services: Services, request: Request) -> Reply:
    """GET /documents/embedding-model."""
    return Reply(200, _model(services.ports.documents.embedding_model(request.tenant)))


@endpoint("change_embedding_model")
def change_embedding_model(services: Services, request: Request) -> Reply:
    """PUT /documents/embedding-model."""
    from heddle.runtime.api.bodies.documents import EmbeddingModelBody

    body = request.model(EmbeddingModelBody)
    return Reply(202, _model(services.begin_reembed(_caller(services, request), body.model)))


def _draft(body: "DocumentBytesBody", **more: Any) -> "Draft":
    from heddle.application.documents.add_document import Draft
    from heddle.domain.documents.text import storable

    tags = tuple(storable(tag) for tag in more.pop("tags", ()))
    return Draft(
        text=body.text,
        upload=body.object,
        filename=body.filename,
        media_type=body.media_type or "",
        language=body.language or "",
        tags=tags,
        **more,
    )


def _added(kept: "Kept", location: str) -> Reply:
    answer = {**_document(kept.document), "newest": _version(kept.version), "new": kept.new}
    return Reply(202 if kept.new else 200, answer, {"Location": location})


def _found(services: Services, request: Request) -> "Document":
    document = services.ports.documents.document(request.tenant, request.params["document"])
    if document is None:
        raise NotFound(f"there is no document {request.params['document']!r}", code="document_not_found")
    return document


def _version_of(services: Services, document: "Document", number: int) -> "DocumentVersion":
    version = services.ports.documents.version(document.tenant, document.id, number)
    if version is None:
        raise NotFound(f"document {document.id!r} has no version {number}", code="document_version_not_found")
    return version


def _caller(services: Services, request: Request) -> "Caller":
    from heddle.application.models.caller import Caller

    return Caller(request.tenant, request.principal.id, services.new_id(), correlation_id=request.correlation_id)


def _one(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)


def _filters(body: "SearchFiltersBody") -> "Filters":
    from heddle.domain.documents.search import Filters

    return Filters(
        media_types=tuple(body.media_types),
        tags=tuple(body.tags),
        languages=tuple(body.languages),
        documents=tuple(body.documents),
        min_quality=body.min_quality,
        since=_utc(body.since),
        until=_utc(body.until),
    )


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _document(row: "Document") -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "status": row.status,
        "version": row.version,
        "ready_version": row.ready_version,
        "content_hash": row.content_hash,
        "bytes": row.bytes,
        "filename": row.filename,
        "media_type": row.media_type.partition(";")[0],
        "source": row.source,
        "tags": list(row.tags),
        "language": row.language,
        "quality": row.quality,
        "chunks": row.chunks,
        "metadata": dict(row.metadata),
        "created_at": row.created_at.isoformat(),
        "created_by": row.created_by,
        "updated_at": row.updated_at.isoformat(),
        "updated_by": row.updated_by,
    }


def _version(row: "DocumentVersion") -> dict[str, Any]:
    return {
        "document": row.document_id,
        "version": row.version,
        "status": row.status,
        "content_hash": row.content_hash,
        "bytes": row.bytes,
        "media_type": row.media_type.partition(";")[0],
        "filename": row.filename,
        "facts": dict(row.facts),
        "error": None if row.error is None else dict(row.error),
        "created_at": row.created_at.isoformat(),
        "created_by": row.created_by,
        "finished_at": row.finished_at.isoformat() if row.finished_at else None,
    }


def _hit(hit: "Hit") -> dict[str, Any]:
    from heddle.domain.documents.highlight import as_html

    document = hit.document
    return {
        "document": {
            "id": document.id,
            "title": document.title,
            "source": document.source,
            "filename": document.filename,
            "media_type": document.media_type,
            "language": document.language,
            "tags": list(document.tags),
            "updated_at": document.updated_at.isoformat(),
        },
        "position": hit.position,
        "text": hit.text,
        "highlight": as_html(hit.marked),
        "heading": hit.heading,
        "page": hit.page,
        "start": hit.start,
        "end": hit.end,
        "score": round(hit.score, 6),
        "ranks": dict(hit.ranks),
    }


def _model(model: "EmbeddingModel | None") -> dict[str, Any]:
    if model is None:
        return {"model": None, "dimensions": None, "since": None, "change": None}
    state = model.next_state
    change = None
    if state is not None:
        change = {
            "model": model.next_model,
            "done": state["done"],
            "cost_usd": state["cost_usd"],
            "started_at": state["started_at"],
            "error": state.get("error"),
        }
    return {"model": model.model, "dimensions": model.dimensions, "since": model.since.isoformat(), "change": change}
