"""Read a document and run the analyses that are wanted, within the time given: offline, the same for ever."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Protocol

from heddle.domain.content.analyses import NAMES, analyse
from heddle.domain.content.language import DetectLanguage
from heddle.domain.content.outline import contents_of, link_kind, sections_of
from heddle.domain.content.references import citations_of
from heddle.domain.documents.text import storable
from heddle.records import dataclass

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

    `prose` is what of the text was written for people, with blanks for the rest; None if all of it was. `media` is what
    stands in it besides text: {kind, start, page, url, text, language, rows, columns}.
    """

    text: str
    title: str | None
    media_type: str
    structure: list[dict[str, Any]]
    links: list[dict[str, str]]
    pages: int | None
    metadata: Mapping[str, Any]
    prose: str | None = None
    media: list[dict[str, Any]] = field(default_factory=list)


class ReadContent(Protocol):
    """Reads bytes of any format that we know."""

    def __call__(self, data: bytes, *, declared: str, filename: str, seconds: float, max_chars: int) -> Content:
        """Return the content.

        Raises NodeError document_empty, _corrupt, _encrypted, _unsupported, _unsafe, _timeout.
        """
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of bytes: as what they are to be read (`said` by somebody, else found out), and which analyses."""

    declared: str = ""
    filename: str = ""
    said: str = ""
    language: str | None = None
    analyses: tuple[str, ...] = NAMES
    seconds: float = 25.0


@dataclass(frozen=True, slots=True)
class AnalyzeBytes:
    """Reads and analyses. `clock` is monotonic, in seconds."""

    read: ReadContent
    clock: Callable[[], float]
    detect: DetectLanguage | None = None

    def __call__(self, data: bytes, wanted: Wanted) -> dict[str, Any]:
        """Return the analysis; `status` is `partial` if one failed or had no time left. Raises what `read` does."""
        begun = self.clock()
        content = self.read(
            data,
            declared=wanted.declared,
            filename=wanted.filename,
            seconds=wanted.seconds,
            max_chars=MAX_TEXT,
        )
        warnings = []
        if wanted.said and not _same_kind(wanted.said, content.media_type):
            message = f"the content was said to be {wanted.said}, and is {content.media_type}"
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
            wanted=wanted.analyses,
            clock=self.clock,
            deadline=begun + wanted.seconds,
            language=wanted.language,
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
            "structure": {
                "sections": sections,
                "contents": contents_of(sections),
                "outline": outline,
                "media": short(content.media),
                "citations": short(citations_of(prose)),
            },
            "links": [{**link, "kind": link_kind(link["url"])} for link in short(content.links[:MAX_LINKS])],
            **{name: done.results.get(name) for name in NAMES},
            "timings_ms": {"parse": parse_ms, **done.timings_ms},
            "method": "offline",
            "warnings": [*warnings, *done.warnings],
            "errors": list(done.errors),
            "processing_ms": round((self.clock() - begun) * 1000, 3),
        }
        return answer


def short(value: Any) -> Any:
    """Return a JSON value whose texts can be stored and are cut at MAX_VALUE."""
    if isinstance(value, str):
        return storable(value[:MAX_VALUE])
    if isinstance(value, dict):
        return {short(key): short(item) for key, item in list(value.items())[:100]}
    return [short(item) for item in value] if isinstance(value, list) else value


def _same_kind(declared: str, found: str) -> bool:
    """Whether the bytes are of the kind that was said; all kinds of plain text are one."""
    kind = TYPES.get(declared.lower(), declared.partition(";")[0].strip().lower())
    return found != "application/pdf" or kind in (found, "application/octet-stream", "application/x-pdf")
