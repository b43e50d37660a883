"""Documents that can be searched: hand in, wait for, search, download, delete.

document = heddle.documents.add("looms.pdf", tags=["manual"])
heddle.documents.wait(document.id, 60)
for hit in heddle.documents.search("how is the warp threaded"):
    print(hit.score, hit.document["title"], hit.text)
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from heddle_sdk.errors import ConnectionFailed, HeddleError, api_error
from heddle_sdk.models import Answer
from heddle_sdk.pages import pages
from heddle_sdk.resources import Uploads
from heddle_sdk.transport import Transport

POLL_SECONDS = 0.5


class DocumentFailed(HeddleError):
    """A document could not be read; `code` says why."""

    def __init__(self, document_id: str, code: str, message: str) -> None:
        super().__init__(f"{document_id} could not be read ({code}): {message}")
        self.document_id, self.code = document_id, code


class DocumentPending(HeddleError):
    """A document was not ready in time; it goes on being read."""


@dataclass(frozen=True, kw_only=True)
class DocumentVersion(Answer):
    """A version; `facts` say what reading it gave, `error` {code, message} why it failed."""

    document: str
    version: int
    status: str
    content_hash: str = ""
    bytes: int = 0
    media_type: str = ""
    filename: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, Any] | None = None
    created_at: str = ""
    created_by: str = ""
    finished_at: str | None = None


@dataclass(frozen=True, kw_only=True)
class Document(Answer):
    """A document. `version` is the newest, `ready_version` the one that is searched; lists leave `newest` empty."""

    id: str
    title: str
    status: str
    version: int
    ready_version: int
    bytes: int = 0
    filename: str = ""
    media_type: str = ""
    source: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    quality: float | None = None
    chunks: int = 0
    content_hash: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    created_at: str = ""
    updated_at: str = ""
    newest: Mapping[str, Any] = field(default_factory=dict)
    new: bool = False


@dataclass(frozen=True, kw_only=True)
class Hit(Answer):
    """A chunk that was found: text[start:end] of its `document`. `highlight` is HTML with `<mark>`."""

    document: Mapping[str, Any]
    position: int
    text: str
    highlight: str = ""
    heading: str = ""
    page: int | None = None
    start: int = 0
    end: int = 0
    score: float = 0.0
    ranks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SearchPage(Answer):
    """The best chunks, the cursor to the next ones, and what else is known of the search."""

    items: tuple[Mapping[str, Any], ...]
    cursor: str | None = None
    reached: int = 0
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    exact: bool = True
    cost_usd: str = "0"
    warnings: tuple[Mapping[str, str], ...] = ()

    @property
    def hits(self) -> tuple[Hit, ...]:
        """The items as hits."""
        return tuple(Hit.from_json(item) for item in self.items)


@dataclass(frozen=True)
class Documents:
    """The tenant's documents."""

    _transport: Transport

    def add(
        self,
        file: "str | Path | None" = None,
        *,
        text: str | None = None,
        title: str = "",
        tags: Sequence[str] = (),
        source: str = "",
        language: str | None = None,
        media_type: str | None = None,
    ) -> Document:
        """Hand in a file, or a text. `new` is False if the tenant has these bytes already."""
        body: dict[str, Any] = {"title": title, "tags": list(tags), "source": source}
        body |= self._content(file, text, media_type, language)
        return Document.from_json(self._transport.json("POST", "/documents", body=body))

    def add_version(
        self,
        document_id: str,
        file: "str | Path | None" = None,
        *,
        text: str | None = None,
        language: str | None = None,
        media_type: str | None = None,
    ) -> Document:
        """Hand in other bytes of a document."""
        body = self._content(file, text, media_type, language)
        return Document.from_json(self._transport.json("POST", f"{_path(document_id)}/versions", body=body))

    def wait(self, document_id: str, seconds: float = 60.0) -> Document:
        """Wait until the newest version is ready. Raises DocumentFailed, or DocumentPending when the time is over."""
        until = time.monotonic() + seconds
        while True:
            document = self.get(document_id)
            newest = DocumentVersion.from_json(document.newest)
            if newest.status == "ready":
                return document
            if newest.status == "failed":
                error = newest.error or {}
                raise DocumentFailed(document_id, str(error.get("code")), str(error.get("message")))
            if time.monotonic() > until:
                raise DocumentPending(f"{document_id} is still being read after {seconds:.0f} s")
            time.sleep(POLL_SECONDS)

    def get(self, document_id: str) -> Document:
        """One document with its newest version."""
        return Document.from_json(self._transport.json("GET", _path(document_id)))

    def list(
        self,
        *,
        tag: str | None = None,
        media_type: str | None = None,
        language: str | None = None,
        limit: int = 50,
    ) -> Iterator[Document]:
        """All documents, newest change first."""
        filters = {"tag": tag, "media_type": media_type, "language": language}
        given = {name: value for name, value in filters.items() if value is not None}
        return pages(self._transport, "/documents", Document.from_json, limit=limit, **given)

    def versions(self, document_id: str, *, limit: int = 50) -> Iterator[DocumentVersion]:
        """Return the versions, newest first."""
        return pages(self._transport, f"{_path(document_id)}/versions", DocumentVersion.from_json, limit=limit)

    def describe(self, document_id: str, *, title: str | None = None, tags: Sequence[str] | None = None) -> Document:
        """Change title or tags."""
        body = {"title": title, "tags": None if tags is None else [*tags]}
        given = {name: value for name, value in body.items() if value is not None}
        return Document.from_json(self._transport.json("PATCH", _path(document_id), body=given))

    def ingest(self, document_id: str) -> DocumentVersion:
        """Read the newest version again."""
        return DocumentVersion.from_json(self._transport.json("POST", f"{_path(document_id)}/ingest"))

    def delete(self, document_id: str) -> None:
        """Delete it everywhere."""
        self._transport.json("DELETE", _path(document_id))

    def link(self, document_id: str, version: int | None = None) -> dict[str, Any]:
        """Return {url, filename, media_type, bytes, expires_in} of the original."""
        params = {} if version is None else {"version": version}
        value: dict[str, Any] = self._transport.json("GET", f"{_path(document_id)}/download", params=params)
        return value

    def download(self, document_id: str, to: "str | Path", version: int | None = None) -> Path:
        """Write the original to a file, or into a folder under its own name; return where it is."""
        place, target = self.link(document_id, version), Path(to)
        if target.is_dir():
            # A name that somebody else chose must not lead out of the folder.
            target = target / (Path(place["filename"]).name or document_id)
        try:
            with httpx.stream("GET", place["url"], timeout=self._transport.timeout) as answer:
                if answer.status_code >= 400:
                    raise api_error(answer.status_code, {"code": "download_failed", "detail": "the file was not given"})
                with target.open("wb") as file:
                    for piece in answer.iter_bytes():
                        file.write(piece)
        except httpx.TransportError as error:
            raise ConnectionFailed(f"the download broke: {error!r}") from None
        return target

    def search_page(
        self,
        query: str,
        *,
        mode: str = "hybrid",
        filters: Mapping[str, Any] | None = None,
        limit: int = 20,
        cursor: str | None = None,
        facets: bool = False,
    ) -> SearchPage:
        """Search, one page. `filters`: tags, media_types, languages, documents, min_quality, since, until."""
        body: dict[str, Any] = {"query": query, "mode": mode, "limit": limit, "facets": facets}
        body |= {"filters": dict(filters)} if filters else {}
        body |= {"cursor": cursor} if cursor else {}
        return SearchPage.from_json(self._transport.json("POST", "/documents/search", body=body))

    def search(self, query: str, **options: Any) -> Iterator[Hit]:
        """Yield the best chunks, page after page; options as of `search_page`."""
        cursor: str | None = None
        while True:
            page = self.search_page(query, cursor=cursor, **options)
            yield from page.hits
            cursor = page.cursor
            if cursor is None:
                return

    def embedding_model(self) -> dict[str, Any]:
        """Return the model that vectors are from, and a change of it that is under way."""
        value: dict[str, Any] = self._transport.json("GET", "/documents/embedding-model")
        return value

    def change_embedding_model(self, model: str | None = None) -> dict[str, Any]:
        """Make all vectors anew by another model, in the background."""
        body = {} if model is None else {"model": model}
        value: dict[str, Any] = self._transport.json("PUT", "/documents/embedding-model", body=body)
        return value

    def _content(
        self, file: "str | Path | None", text: str | None, media_type: str | None, language: str | None
    ) -> dict[str, Any]:
        body: dict[str, Any] = {} if language is None else {"language": language}
        if file is None:
            return body | {"text": text} | ({} if media_type is None else {"media_type": media_type})
        uploaded = Uploads(self._transport).file(file, media_type)
        return body | {"object": uploaded.object, "filename": Path(file).name}


def _path(document_id: str) -> str:
    return f"/documents/{quote(document_id, safe='')}"
