"""Reading bytes for an analysis, by the parsers of the `parse` node, and programs by our own."""

import time

from heddle.adapters.content.code import language_of_name, language_of_text, parse_code
from heddle.adapters.nodes.documents.document import Document, Limits, empty
from heddle.adapters.nodes.documents.plain import decode
from heddle.adapters.nodes.documents.read import Source, media_type_of, read
from heddle.adapters.nodes.documents.sniff import MARKDOWN, PDF, PLAIN, type_of_bytes
from heddle.application.content.analyze_bytes import CODE, Content

_HEAD = 20_000


def read_content(data: bytes, *, declared: str, filename: str, seconds: float, max_chars: int) -> Content:
    """Return the content, see `ReadContent`."""
    if not data.strip(b" \t\r\n\x00"):
        raise empty()
    limits = Limits(deadline=time.monotonic() + seconds, max_chars=max_chars)
    if _is_code(data, declared, filename):
        document, comments = parse_code(data, limits, filename)
        language = document.metadata["programming_language"]
        return _content(document, f"text/x-{language}", prose=comments)
    media_type = media_type_of(Source(data, declared, filename or None))
    document = read(Source(data, declared, filename or None), media_type, limits)
    if not document.text.strip() and not document.pages and not document.structure:
        raise empty()
    return _content(document, media_type)


def _is_code(data: bytes, declared: str, filename: str) -> bool:
    """Whether it is a program: said so, named so, or, where nothing is said, by the look of it."""
    kind = declared.partition(";")[0].strip().lower()
    if type_of_bytes(data) == PDF:
        return False
    if kind == CODE or (kind.startswith("text/x-") and kind != "text/x-markdown"):
        return True
    if kind and kind not in (PLAIN, "application/octet-stream"):
        return False
    if language_of_name(filename) is not None:
        return True
    if kind == PLAIN or filename or type_of_bytes(data) not in (PLAIN, MARKDOWN):
        return False
    return language_of_text(decode(data[:_HEAD])[0]) is not None


def _content(document: Document, media_type: str, prose: str | None = None) -> Content:
    return Content(
        text=document.text,
        prose=prose,
        title=document.title,
        media_type=media_type,
        structure=document.structure,
        links=document.links,
        pages=document.pages,
        metadata=document.metadata,
        media=document.media,
    )
