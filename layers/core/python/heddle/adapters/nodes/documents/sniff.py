"""What a document is: by declaration, else by the ending of its name, else by its first bytes."""

import posixpath
import re
from urllib.parse import unquote

from heddle.adapters.nodes.documents.plain import looks_binary

HTML = "text/html"
PDF = "application/pdf"
MARKDOWN = "text/markdown"
JSON = "application/json"
XML = "application/xml"
PLAIN = "text/plain"

_ALIASES = {
    HTML: HTML,
    "application/xhtml+xml": HTML,
    PDF: PDF,
    "application/x-pdf": PDF,
    MARKDOWN: MARKDOWN,
    "text/x-markdown": MARKDOWN,
    "application/markdown": MARKDOWN,
    JSON: JSON,
    "text/json": JSON,
    XML: XML,
    "text/xml": XML,
    PLAIN: PLAIN,
    "text/csv": PLAIN,
    "text/tab-separated-values": PLAIN,
    "application/yaml": PLAIN,
    "text/yaml": PLAIN,
    "text/x-rst": PLAIN,
    "application/x-ndjson": PLAIN,
}
_ENDINGS = {
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".pdf": PDF,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".json": JSON,
    ".geojson": JSON,
    ".xml": XML,
    ".rss": XML,
    ".atom": XML,
    ".svg": XML,
    ".txt": PLAIN,
    ".text": PLAIN,
    ".log": PLAIN,
    ".csv": PLAIN,
    ".tsv": PLAIN,
    ".rst": PLAIN,
    ".yaml": PLAIN,
    ".yml": PLAIN,
}
# What servers and browsers say when they do not know.
_UNKNOWN = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/x-download", "*/*"})
_HTML_START = re.compile(
    rb"\s*(?:<!--.{0,2000}?-->\s*)*<(?:!doctype html|html|head|body|title|article|main|p|h1|div)\b",
    re.IGNORECASE | re.DOTALL,
)
_MARKDOWN_LINE = re.compile(rb"^(?:#{1,6} \S|```|[-*] \S.*\n[-*] \S|\[[^\]\n]+\]\([^)\n]+\)|---\n)", re.MULTILINE)


def normal_type(declared: str) -> str | None:
    """Return the media type that a declaration stands for, "" if it says nothing, None if nothing here can read it."""
    media_type = declared.partition(";")[0].strip().lower()
    if media_type in _UNKNOWN:
        return ""
    if media_type in _ALIASES:
        return _ALIASES[media_type]
    if media_type.endswith("+json"):
        return JSON
    if media_type.endswith("+xml"):
        return XML
    return PLAIN if media_type.startswith("text/") else None


def type_of_name(name: str) -> str | None:
    """Return the media type that a file name, key or URL path ends with, if it is one."""
    path = unquote(name.partition("?")[0].partition("#")[0])
    return _ENDINGS.get(posixpath.splitext(path)[1].lower())


def type_of_bytes(data: bytes) -> str | None:
    """Return the media type that the first bytes show, None for the bytes of something else (a picture, an archive)."""
    head = data[:4096]
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if b"%PDF-" in head[:1024]:
        return PDF
    if _HTML_START.match(start):
        return HTML
    if start.startswith((b"<?xml", b"<!DOCTYPE")) or re.match(rb"<[A-Za-z_][\w.:-]*[\s>/]", start):
        return XML
    if start.startswith((b"{", b"[")) and re.match(rb"[{\[]\s*(?:[\"{\[\]}\d-]|true|false|null)", start):
        return JSON
    if looks_binary(data) and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return PLAIN if max(head[1::2].count(0), head[0::2].count(0)) > len(head) // 5 else None
    return MARKDOWN if _MARKDOWN_LINE.search(head) else PLAIN
