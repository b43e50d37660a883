"""Plain text, and how bytes become text at all."""

import codecs
import re

from heddle.adapters.nodes.documents.document import Document, Limits, corrupt

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PARAGRAPH_END = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
_CONTROL = bytes(byte for byte in range(32) if byte not in b"\t\n\v\f\r\x1b")
_URL = re.compile(r"https?://[^\s<>\"'\])}]+")


def decode(data: bytes, declared: str | None = None) -> tuple[str, str]:
    """Return text and the name of its encoding: byte order mark, declaration, UTF-8, the zeros of UTF-16, Windows-1252.

    A declaration that the bytes contradict is passed over. Raises NodeError `document_corrupt` for bytes that are no
    text at all.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return _normal(data[len(mark) :].decode(name, "replace")), name
    for encoding in (declared, "utf-8"):
        if encoding:
            try:
                return _normal(data.decode(encoding)), codecs.lookup(encoding).name
            except (LookupError, ValueError):
                continue
    head = data[:4096]
    zeros_odd, zeros_even = head[1::2].count(0), head[0::2].count(0)
    if max(zeros_odd, zeros_even) > len(head) // 5:
        name = "utf-16-le" if zeros_odd > zeros_even else "utf-16-be"
        return _normal(data.decode(name, "replace")), name
    if looks_binary(data):
        raise corrupt("text", "these are the bytes of something else")
    return _normal(data.decode("cp1252", "replace")), "cp1252"


def looks_binary(data: bytes) -> bool:
    """Return whether the first bytes hold control characters that no text has."""
    head = data[:4096]
    control = len(head) - len(head.translate(None, _CONTROL))
    return b"\x00" in head or control * 20 > len(head)


def _normal(text: str) -> str:
    """Make line ends alike and take out what JSON stores and databases refuse: NUL and lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", "replace").decode("utf-8")


def parse_plain(data: bytes, limits: Limits, charset: str | None = None) -> Document:
    """Read plain text; its first line is its title if it is short and stands alone."""
    text, encoding = decode(data, charset)
    text = _PARAGRAPH_END.sub("\n\n", text).strip()
    first, _, rest = text.partition("\n\n")
    alone = "\n" not in first and len(first) <= 120 and rest and not first.endswith((".", ",", ";", ":"))
    return Document(
        text=text,
        title=first if alone else None,
        links=links_in(text[: limits.max_chars]),
        metadata={"encoding": encoding},
    )


def links_in(text: str) -> list[dict[str, str]]:
    """Return the web addresses that stand in a text, each once."""
    found = dict.fromkeys(match.rstrip(".,;:!?") for match in _URL.findall(text))
    return [{"url": url, "text": ""} for url in list(found)[:5000]]
