"""Finding out what bytes are, and reading them: the one way from bytes of any format to a Document."""

import re

from heddle.adapters.nodes.documents.document import Document, Limits
from heddle.adapters.nodes.documents.sniff import (
    HTML,
    JSON,
    MARKDOWN,
    PDF,
    PLAIN,
    XML,
    normal_type,
    type_of_bytes,
    type_of_name,
)
from heddle.errors import NodeError
from heddle.records import dataclass

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """A document's bytes, what was said about them, and where they are from."""

    data: bytes
    declared: str
    name: str | None
    url: str | None = None


def media_type_of(source: Source) -> str:
    """Decide what the document is. Bytes of a PDF are one whatever is said; a server's text/plain may be Markdown.

    Raises NodeError `document_unsupported`.
    """
    seen = type_of_bytes(source.data)
    if seen == PDF:
        return PDF
    declared = normal_type(source.declared)
    named = type_of_name(source.name or "")
    if declared is None or (not declared and not named and seen is None):
        raise NodeError(
            "this kind of document cannot be read",
            code="document_unsupported",
            media_type=source.declared.partition(";")[0].strip().lower() or None,
            supported=[HTML, PDF, MARKDOWN, JSON, XML, PLAIN],
        )
    if declared == PLAIN and named is not None and source.url is not None:
        return named
    return declared or named or seen or PLAIN


def read(source: Source, media_type: str, limits: Limits) -> Document:
    """Read it. The formats' libraries are imported when a document of that format comes."""
    found = _CHARSET.search(source.declared)
    charset = found.group(1) if found else None
    if media_type == HTML:
        from heddle.adapters.nodes.documents.html import parse_html

        return parse_html(source.data, limits, charset, source.url)
    if media_type == PDF:
        from heddle.adapters.nodes.documents.pdf import parse_pdf

        return parse_pdf(source.data, limits)
    if media_type == MARKDOWN:
        from heddle.adapters.nodes.documents.markdown import parse_markdown

        return parse_markdown(source.data, limits, charset)
    if media_type == JSON:
        from heddle.adapters.nodes.documents.data import parse_json

        return parse_json(source.data, limits, charset)
    if media_type == XML:
        from heddle.adapters.nodes.documents.xml import parse_xml

        return parse_xml(source.data, limits)
    from heddle.adapters.nodes.documents.plain import parse_plain

    return parse_plain(source.data, limits, charset)
