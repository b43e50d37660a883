"""Analyse a document at once: read it, and run the analyses that were asked for, within the time given."""

import base64
import binascii
import hashlib
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Protocol

from heddle.application.ports.blobs import BlobInfo
from heddle.domain.content.analyses import NAMES, analyse
from heddle.domain.content.language import DetectLanguage
from heddle.domain.content.outline import contents_of, link_kind, sections_of
from heddle.domain.documents.text import storable
from heddle.errors import HeddleError, InvalidInput, NotFound, PayloadTooLarge
from heddle.records import dataclass

MAX_BYTES = 10 * 1024 * 1024
MAX_TEXT = 200_000
"""Characters that are analysed and returned: some 30,000 words, which take about a second."""
MAX_LINKS = 1_000
MAX_OUTLINE = 1_000
MAX_VALUE = 2_000
"""Characters of one title, address or value of metadata: an answer of Lambda holds 6 MB."""

CODE = "text/x-unknown"
"""A program, in a language that is to be found out; one in a known language has its name after `text/x-`."""
TYPES = {
    "html": "text/html",
    "pdf": "application/pdf",
    "markdown": "text/markdown",
    "json": "application/json",
    "xml": "application/xml",
    "text": "text/plain",
    "code": CODE,
}
"""Short names that `content_type` may have instead of a media type."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a parser gives; `structure` has {level, title, offset} of headings where the format has any.

    `prose` is what of the text was written for people, with blanks for the rest; None if all of it was.
    """

    text: str
    title: str | None
    media_type: str
    structure: list[dict[str, Any]]
    links: list[dict[str, str]]
    pages: int | None
    metadata: Mapping[str, Any]
    prose: str | None = None


class ReadContent(Protocol):
    """Reads bytes of any format that we know."""

    def __call__(self, data: bytes, *, declared: str, filename: str, seconds: float, max_chars: int) -> Content:
        """Return the content.

        Raises NodeError document_empty, _corrupt, _encrypted, _unsupported, _unsafe, _timeout.
        """
        ...


class Blobs(Protocol):
    """The part of BlobStore that is needed here."""

    def get(self, tenant: str, key: str) -> bytes:
        """As BlobStore.get."""
        ...

    def stat(self, tenant: str, key: str) -> BlobInfo | None:
        """As BlobStore.stat."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be analysed: exactly one of `content` (text), `base64` and `object` (an upload); and how."""

    content: str | None = None
    base64: str | None = None
    object: str | None = None
    content_type: str = ""
    filename: str = ""
    language: str | None = None
    wanted: tuple[str, ...] = field(default=NAMES)
    timeout_seconds: float = 25.0


@dataclass(frozen=True, slots=True)
class AnalyzeContent:
    """Reads and analyses. `clock` is monotonic, in seconds."""

    blobs: Blobs
    read: ReadContent
    clock: Callable[[], float]
    detect: DetectLanguage | None = None

    def __call__(self, tenant: str, question: Question) -> dict[str, Any]:
        """Return the analysis; `status` is `partial` if an analysis failed or had no time left.

        Raises InvalidInput, NotFound `upload_not_found`, PayloadTooLarge `document_too_large`, and what `read` raises.
        """
        begun = self.clock()
        data, declared, filename = self._bytes(tenant, question)
        if len(data) > MAX_BYTES:
            raise _too_large(len(data))
        content = self.read(
            data, declared=declared, filename=filename, seconds=question.timeout_seconds, max_chars=MAX_TEXT
        )
        warnings = []
        if question.content_type and not _same_kind(question.content_type, content.media_type):
            message = f"the content was said to be {question.content_type}, and is {content.media_type}"
            warnings.append({"code": "content_type_differs", "message": message, "analysis": "parse"})
        if len(content.text) > MAX_TEXT:
            message = f"only the first {MAX_TEXT} characters were analysed"
            warnings.append({"code": "text_truncated", "message": message, "analysis": "parse"})
        text = storable(content.text[:MAX_TEXT])
        prose = text if content.prose is None else storable(content.prose[:MAX_TEXT])
        if not prose.strip():
            message = "there is no text for readers in it: its pages are pictures, or it has no comments"
            warnings.append({"code": "no_text", "message": message, "analysis": "parse"})
        outline = short(content.structure[:MAX_OUTLINE])
        sections = sections_of(outline, len(text))
        parse_ms = round((self.clock() - begun) * 1000, 3)
        done = analyse(
            prose,
            wanted=question.wanted,
            clock=self.clock,
            deadline=begun + question.timeout_seconds,
            language=question.language,
            headings=len(sections),
            detect=self.detect,
        )
        answer: dict[str, Any] = {
            "status": "partial" if done.errors else "completed",
            "media_type": content.media_type,
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "title": short(content.title),
            "text": text,
            "pages": content.pages,
            "metadata": short(dict(content.metadata)),
            "structure": {"sections": sections, "contents": contents_of(sections), "outline": outline},
            "links": [{**link, "kind": link_kind(link["url"])} for link in short(content.links[:MAX_LINKS])],
            **{name: done.results.get(name) for name in NAMES},
            "timings_ms": {"parse": parse_ms, **done.timings_ms},
            "method": "offline",
            "warnings": [*warnings, *done.warnings],
            "errors": list(done.errors),
            "processing_ms": round((self.clock() - begun) * 1000, 3),
        }
        return answer

    def _bytes(self, tenant: str, question: Question) -> tuple[bytes, str, str]:
        """Return the bytes, their media type as far as somebody said it, and their name."""
        given = [name for name in ("content", "base64", "object") if getattr(question, name) is not None]
        if len(given) != 1:
            message = "give exactly one of content, base64 and object"
            raise InvalidInput(message, errors=[{"field": "content", "message": message}])
        declared = TYPES.get(question.content_type.lower(), question.content_type)
        if question.content is not None:
            data = question.content.encode("utf-8", "replace")
            return data, f"{declared.partition(';')[0]}; charset=utf-8", question.filename
        if question.base64 is not None:
            try:
                return base64.b64decode(question.base64, validate=True), declared, question.filename
            except (binascii.Error, ValueError):
                message = "is not valid base64"
                raise InvalidInput(f"base64 {message}", errors=[{"field": "base64", "message": message}]) from None
        return self._upload(tenant, str(question.object), declared, question.filename)

    def _upload(self, tenant: str, key: str, declared: str, filename: str) -> tuple[bytes, str, str]:
        missing = NotFound("there is no such upload", code="upload_not_found")
        try:
            info = self.blobs.stat(tenant, key)
            if info is None:
                raise missing
            if info.bytes > MAX_BYTES:
                raise _too_large(info.bytes)
            return self.blobs.get(tenant, key), declared or info.media_type, filename or posixpath.basename(key)
        except NotFound:
            raise missing from None


def short(value: Any) -> Any:
    """Return a JSON value whose texts can be stored and are cut at MAX_VALUE."""
    if isinstance(value, str):
        return storable(value[:MAX_VALUE])
    if isinstance(value, dict):
        return {short(key): short(item) for key, item in list(value.items())[:100]}
    return [short(item) for item in value] if isinstance(value, list) else value


def _too_large(size: int) -> HeddleError:
    return PayloadTooLarge(
        f"the document has {size} bytes, more than {MAX_BYTES}; POST /documents takes larger ones",
        code="document_too_large",
    )


def _same_kind(declared: str, found: str) -> bool:
    """Whether the bytes are of the kind that was said; all kinds of plain text are one."""
    kind = TYPES.get(declared.lower(), declared.partition(";")[0].strip().lower())
    return found != "application/pdf" or kind in (found, "application/octet-stream", "application/x-pdf")
