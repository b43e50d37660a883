"""Cutting a document's text into passages: whole paragraphs where they fit, so that a quotation makes sense alone."""

import bisect
import re
from typing import Any

from heddle.adapters.nodes.documents.document import Document

_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|\n+")


def passages_of(document: Document, *, chars: int, source: str | None) -> list[dict[str, Any]]:
    """Return passages {index, text, offset, heading, page, source} of about `chars` characters at most.

    Short paragraphs are put together, but never across a heading or a page; long ones are cut between sentences.
    """
    headings = [entry for entry in document.structure if isinstance(entry.get("offset"), int)]
    heading_starts = [int(entry["offset"]) for entry in headings]
    walls = {*heading_starts, *document.page_starts}
    passages: list[dict[str, Any]] = []
    for offset, text in _gather(_pieces(document.text, chars), walls, chars):
        heading = bisect.bisect_right(heading_starts, offset) - 1
        page = bisect.bisect_right(document.page_starts, offset)
        passages.append(
            {
                "index": len(passages),
                "text": text,
                "offset": offset,
                "heading": headings[heading]["title"] if heading >= 0 else None,
                "page": page or None,
                "source": source,
            }
        )
    return passages


def _pieces(text: str, chars: int) -> list[tuple[int, str]]:
    """Return paragraphs with their offsets, the too long ones cut in sentences, and these, if need be, anywhere."""
    pieces: list[tuple[int, str]] = []
    offset = 0
    for paragraph in text.split("\n\n"):
        if paragraph.strip():
            start, end = offset, offset + len(paragraph)
            while end - start > chars:
                cut = _cut(text, start, start + chars)
                pieces.append((start, text[start:cut].rstrip()))
                start = cut
            pieces.append((start, text[start:end].rstrip()))
        offset += len(paragraph) + 2
    return [(start, piece) for start, piece in pieces if piece.strip()]


def _cut(text: str, start: int, limit: int) -> int:
    """Return where to cut text[start:limit]: after the last sentence, else after the last word, else at the limit."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text, start, limit)]
    if ends and ends[-1] > start:
        return ends[-1]
    space = text.rfind(" ", start + 1, limit)
    return space + 1 if space > start else limit


def _gather(pieces: list[tuple[int, str]], walls: set[int], chars: int) -> list[tuple[int, str]]:
    """Put neighbours together while they fit and no heading or page begins between them."""
    gathered: list[tuple[int, str]] = []
    for offset, piece in pieces:
        if gathered and offset not in walls and len(gathered[-1][1]) + 2 + len(piece) <= chars:
            gathered[-1] = (gathered[-1][0], f"{gathered[-1][1]}\n\n{piece}")
        else:
            gathered.append((offset, piece))
    return gathered
