"""Where documents, their chunks and vectors are kept and searched."""

from datetime import datetime
from typing import Any, Protocol

from heddle.application.ports.paging import Page
from heddle.domain.documents.document import Content, Document, DocumentVersion
from heddle.domain.documents.search import Filters, Found, Search
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of bytes that arrived: `new` False if the tenant had them already."""

    document: Document
    version: DocumentVersion
    new: bool


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """The model that a tenant's queries are embedded with (`provider/model`), and a change of it under way."""

    model: str
    dimensions: int
    since: datetime
    next_model: str | None = None
    next_state: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ChunkText:
    """A chunk that has no vector of some model yet."""

    document_id: str
    position: int
    version: int
    text: str


class DocumentStore(Protocol):
    """Documents of tenants. Every method raises UpstreamUnavailable `database_unavailable` if it cannot be reached."""

    def add(self, document: Document, version: DocumentVersion) -> Kept:
        """Keep a new document with its first version, pending.

        If the tenant has a document of the same content that has not failed, that one is returned and nothing written.
        """
        ...

    def add_version(self, version: DocumentVersion, *, at: datetime, by: str) -> Kept:
        """Keep another version of a document; its number is given here, whatever `version.version` says.

        If the newest version has the same content and has not failed, that one is returned and nothing written.
        NotFound if there is no such document.
        """
        ...

    def document(self, tenant: str, document_id: str) -> Document | None:
        """Return a document, unless it is being deleted."""
        ...

    def documents(
        self, tenant: str, *, limit: int, cursor: str | None = None, filters: Filters | None = None
    ) -> Page[Document]:
        """List documents, newest change first."""
        ...

    def version(self, tenant: str, document_id: str, version: int) -> DocumentVersion | None:
        """Return one version."""
        ...

    def versions(
        self, tenant: str, document_id: str, *, limit: int, cursor: str | None = None
    ) -> Page[DocumentVersion]:
        """List versions, newest first."""
        ...

    def describe(
        self, tenant: str, document_id: str, *, title: str | None, tags: tuple[str, ...] | None, at: datetime, by: str
    ) -> Document:
        """Change what people say of a document; None leaves it. NotFound if there is none."""
        ...

    def make_ready(
        self, tenant: str, document_id: str, version: int, content: Content, *, at: datetime, again: bool = False
    ) -> Document:
        """Put the content in place of what was searched before, all at once, and say that the version is ready.

        Doing it twice changes nothing more, unless it is read `again`: then the content of a version that was ready is
        replaced too. A newer version that is ready already stays. NotFound if the document is gone, or is being
        deleted.
        """
        ...

    def make_failed(
        self, tenant: str, document_id: str, version: int, *, code: str, message: str, at: datetime
    ) -> Document:
        """Say why a version could not be read; what was searched before stays. NotFound as for `make_ready`."""
        ...

    def begin_delete(self, tenant: str, document_id: str, *, at: datetime, by: str) -> None:
        """Take a document out of lists and searches, with its chunks and vectors. NotFound if there is none."""
        ...

    def finish_delete(self, tenant: str, document_id: str) -> None:
        """Forget a document and its versions; nothing happens if it is gone."""
        ...

    def search(self, tenant: str, search: Search) -> Found:
        """Return the best chunks by words and by meaning, fused."""
        ...

    def embedding_model(self, tenant: str) -> EmbeddingModel | None:
        """Return the model of a tenant's vectors; None before the first document was embedded."""
        ...

    def change_model(self, tenant: str, model: str | None, *, state: dict[str, Any] | None) -> EmbeddingModel:
        """Note the model that vectors are made by now, and how far that is; None: no longer. NotFound: no model."""
        ...

    def without_vector(self, tenant: str, model: str, *, limit: int) -> list[ChunkText]:
        """Return chunks that have no vector of this model."""
        ...

    def add_vectors(self, tenant: str, model: str, chunks: list[ChunkText], vectors: list[tuple[float, ...]]) -> int:
        """Keep vectors of chunks that are still what they were; return how many that are."""
        ...

    def use_model(self, tenant: str, model: str, dimensions: int, *, at: datetime) -> bool:
        """Search by this model from now on, and forget the vectors of all others.

        False, and nothing changes, while chunks without a vector of this model are left.
        """
        ...
