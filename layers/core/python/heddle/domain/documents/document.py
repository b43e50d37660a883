"""Documents of a tenant, and their versions: what is known of them, without their text.

            bytes arrive            ingested                      other bytes arrive
    (none) ─────────────► pending ───────────► ready (version 1) ────────────────────► ready (1), version 2 pending
                             │                                                              │ ingested
                             └─ failed, with the reason                                     └─► ready (version 2)

A version that is being read, or that could not be, leaves the one before it to be searched.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any, Literal

from heddle.records import dataclass

Status = Literal["pending", "ready", "failed", "deleting"]

MAX_DOCUMENT_BYTES = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Document:
    """A document as lists show it.

    `version` is the newest, `ready_version` the one that is searched (0: none yet). `content_hash` (SHA-256, hex),
    `bytes` and `media_type` are of the newest; `language` (two letters, "" if unknown), `quality` (0 to 1) and `chunks`
    of the one that is searched.
    """

    tenant: str
    id: str
    title: str
    content_hash: str
    bytes: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    status: Status = "pending"
    version: int = 1
    ready_version: int = 0
    filename: str = ""
    media_type: str = ""
    source: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    quality: float | None = None
    chunks: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DocumentVersion:
    """One version: where its original lies, and what came of reading it.

    `facts`: words, pages, chunks, the model of its vectors, what embedding cost, warnings. `error` {code, message} of a
    failed one.
    """

    tenant: str
    document_id: str
    version: int
    status: Status
    content_hash: str
    object: str
    bytes: int
    created_at: datetime
    created_by: str
    media_type: str = ""
    filename: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, Any] | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A searchable piece: text[start:end] of the document's text, under the nearest heading, on a page if it has any.

    `tokens` is an estimate for budgets and prompts, not a provider's own count.
    """

    position: int
    text: str
    start: int
    end: int
    tokens: int
    heading: str = ""
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Embedding:
    """Vectors of all chunks of a version, in their order, and the model that they are from (`provider/model`)."""

    model: str
    dimensions: int
    vectors: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Content:
    """What ingesting gives a version: what is searched, and what is known of it now."""

    title: str
    media_type: str
    language: str
    quality: float | None
    chunks: tuple[Chunk, ...]
    embedding: Embedding | None
    facts: Mapping[str, Any]
    metadata: Mapping[str, Any] = field(default_factory=dict)
