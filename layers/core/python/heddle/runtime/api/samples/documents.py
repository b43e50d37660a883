"""Examples of requests and answers about documents."""

from typing import Any

_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_VERSION = {
    "document": "doc_01KAGN5XG0W3V9ZJ8Q4T7C2M6B",
    "version": 1,
    "status": "ready",
    "content_hash": _HASH,
    "bytes": 48213,
    "media_type": "application/pdf",
    "filename": "looms.pdf",
    "facts": {
        "words": 3120,
        "pages": 12,
        "chunks": 14,
        "truncated": False,
        "embedding": {"model": "extractive/hashed-1", "dimensions": 256, "cost_usd": "0"},
    },
    "error": None,
    "created_at": "2026-01-31T09:00:00+00:00",
    "created_by": "user:6f1c",
    "finished_at": "2026-01-31T09:00:02+00:00",
}
_DOCUMENT = {
    "id": "doc_01KAGN5XG0W3V9ZJ8Q4T7C2M6B",
    "title": "On looms",
    "status": "ready",
    "version": 1,
    "ready_version": 1,
    "content_hash": _HASH,
    "bytes": 48213,
    "filename": "looms.pdf",
    "media_type": "application/pdf",
    "source": "https://acme.example/looms.pdf",
    "tags": ["manual"],
    "language": "en",
    "quality": None,
    "chunks": 14,
    "metadata": {"author": "Ada"},
    "created_at": "2026-01-31T09:00:00+00:00",
    "created_by": "user:6f1c",
    "updated_at": "2026-01-31T09:00:02+00:00",
    "updated_by": "user:6f1c",
}
_PENDING = {**_VERSION, "status": "pending", "facts": {}, "finished_at": None}
_ADDED = {**_DOCUMENT, "status": "pending", "ready_version": 0, "chunks": 0, "newest": _PENDING, "new": True}
_MODEL = {
    "model": "extractive/hashed-1",
    "dimensions": 256,
    "since": "2026-01-31T09:00:02+00:00",
    "change": {
        "model": "openai/text-embedding-3-small",
        "done": 960,
        "cost_usd": "0.0041",
        "started_at": "2026-02-01T10:00:00+00:00",
        "error": None,
    },
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "add_document": {
        "request": {"object": "acme/uploads/3f9c/looms.pdf", "filename": "looms.pdf", "tags": ["manual"]},
        "response": _ADDED,
    },
    "list_documents": {"response": {"items": [_DOCUMENT], "cursor": None}},
    "search_documents": {
        "request": {"query": "how is the warp threaded", "filters": {"tags": ["manual"]}, "limit": 5, "facets": True},
        "response": {
            "items": [
                {
                    "document": {
                        "id": "doc_01KAGN5XG0W3V9ZJ8Q4T7C2M6B",
                        "title": "On looms",
                        "source": "https://acme.example/looms.pdf",
                        "filename": "looms.pdf",
                        "media_type": "application/pdf",
                        "language": "en",
                        "tags": ["manual"],
                        "updated_at": "2026-01-31T09:00:02+00:00",
                    },
                    "position": 3,
                    "text": "Each end of the warp is threaded through the eye of a heddle.",
                    "highlight": "Each end of the <mark>warp</mark> is <mark>threaded</mark> through the eye …",
                    "heading": "Threading",
                    "page": 4,
                    "start": 5210,
                    "end": 5271,
                    "score": 0.0325,
                    "ranks": {"words": 1, "meaning": 2},
                }
            ],
            "cursor": None,
            "reached": 1,
            "facets": {"media_type": {"application/pdf": 1}, "language": {"en": 1}, "tags": {"manual": 1}},
            "exact": True,
            "cost_usd": "0",
            "warnings": [],
        },
    },
    "get_embedding_model": {"response": _MODEL},
    "change_embedding_model": {"request": {"model": "openai/text-embedding-3-small"}, "response": _MODEL},
    "get_document": {"response": {**_DOCUMENT, "newest": _VERSION}},
    "describe_document": {"request": {"title": "On looms", "tags": ["manual"]}, "response": _DOCUMENT},
    "list_document_versions": {"response": {"items": [_VERSION], "cursor": None}},
    "add_document_version": {
        "request": {"object": "acme/uploads/77aa/looms-2.pdf", "filename": "looms-2.pdf"},
        "response": {**_ADDED, "version": 2, "newest": {**_PENDING, "version": 2}},
    },
    "ingest_document": {"response": _VERSION},
    "download_document": {
        "response": {
            "url": "https://bucket.s3.amazonaws.com/acme/documents/doc_01KAGN5XG0W3V9ZJ8Q4T7C2M6B/9f86?X-Amz-Signature=…",
            "filename": "looms.pdf",
            "media_type": "application/pdf",
            "bytes": 48213,
            "expires_in": 300,
        }
    },
}
