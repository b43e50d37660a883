"""The answers about documents."""

from typing import Any, Literal

from pydantic import Field

from heddle.runtime.api.answers.answer import Answer, Answers


class DocumentVersionAnswer(Answer):
    """A version. `facts`: words, pages, chunks, its vectors' model and what they cost; `error` says why it failed."""

    document: str
    version: int
    status: Literal["pending", "ready", "failed"]
    content_hash: str
    bytes: int
    media_type: str
    filename: str
    facts: dict[str, Any]
    error: dict[str, Any] | None
    created_at: str
    created_by: str
    finished_at: str | None


class DocumentAnswer(Answer):
    """A document. `version` is the newest, `ready_version` the one that is searched (0: none yet)."""

    id: str
    title: str
    status: Literal["pending", "ready", "failed", "deleting"]
    version: int
    ready_version: int
    content_hash: str = Field(description="SHA-256 of the newest version's bytes.")
    bytes: int
    filename: str
    media_type: str
    source: str
    tags: list[str]
    language: str
    quality: float | None
    chunks: int
    metadata: dict[str, Any]
    created_at: str
    created_by: str
    updated_at: str
    updated_by: str


class WholeDocumentAnswer(DocumentAnswer):
    """A document with its newest version."""

    newest: DocumentVersionAnswer


class AddedDocumentAnswer(WholeDocumentAnswer):
    """What was handed in; `new` is false if these bytes were there already."""

    new: bool


class DocumentPage(Answer):
    """Documents, newest change first."""

    items: list[DocumentAnswer]
    cursor: str | None


class DocumentVersionPage(Answer):
    """Versions, newest first."""

    items: list[DocumentVersionAnswer]
    cursor: str | None


class DownloadAnswer(Answer):
    """Where the original is, for five minutes."""

    url: str
    filename: str
    media_type: str
    bytes: int
    expires_in: int = Field(description="Seconds.")


class HitDocumentAnswer(Answer):
    """The document that a hit is in."""

    id: str
    title: str
    source: str
    filename: str
    media_type: str
    language: str
    tags: list[str]
    updated_at: str


class HitAnswer(Answer):
    """A chunk that was found: text[start:end] of its document. `highlight` is HTML with `<mark>`, all else escaped."""

    document: HitDocumentAnswer
    position: int
    text: str
    highlight: str
    heading: str
    page: int | None
    start: int
    end: int
    score: float
    ranks: dict[str, int] = Field(description="Where it stood by `words` and by `meaning`, from 1.")


class WarningAnswer(Answer):
    """What went less well than it could."""

    code: str
    message: str


class SearchAnswer(Answer):
    """The best chunks. `reached` is how many can be paged through; `facets` count the documents among them."""

    items: list[HitAnswer]
    cursor: str | None
    reached: int
    facets: dict[str, dict[str, int]]
    exact: bool = Field(description="Every vector was compared, so that none was missed.")
    cost_usd: str
    warnings: list[WarningAnswer]


class ReembedAnswer(Answer):
    """A change that is under way, or why it stopped."""

    model: str | None
    done: int
    cost_usd: str
    started_at: str
    error: WarningAnswer | None


class EmbeddingModelAnswer(Answer):
    """The model that vectors are from."""

    model: str | None
    dimensions: int | None
    since: str | None
    change: ReembedAnswer | None


ANSWERS: Answers = {
    "add_document": {200: AddedDocumentAnswer, 202: AddedDocumentAnswer},
    "list_documents": {200: DocumentPage},
    "search_documents": {200: SearchAnswer},
    "get_embedding_model": {200: EmbeddingModelAnswer},
    "change_embedding_model": {202: EmbeddingModelAnswer},
    "get_document": {200: WholeDocumentAnswer},
    "describe_document": {200: DocumentAnswer},
    "delete_document": {204: None},
    "list_document_versions": {200: DocumentVersionPage},
    "add_document_version": {200: AddedDocumentAnswer, 202: AddedDocumentAnswer},
    "ingest_document": {202: DocumentVersionAnswer},
    "download_document": {200: DownloadAnswer},
}
