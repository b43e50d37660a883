"""Cutting a text into chunks: along headings, pages, paragraphs, sentences, words, never over so many tokens.

Each chunk is a piece of the text as it is, text[start:end]. Chunks follow each other, do not overlap, and together
have everything but white space.
"""

import bisect
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from heddle.domain.documents.document import Chunk

TOKENS = 400
"""About 1,600 characters of English: enough to make sense alone, little enough for several to fit into a prompt."""

_PARAGRAPH = re.compile(r"\n\s*\n")
_SENTENCE = re.compile(r"(?<=[.!?])[\"')\]]*\s+|(?<=[。！？])|\n")
_SPACELESS = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")

Span = tuple[int, int]


def tokens_of(text: str) -> int:
    """Estimate: a token is four characters of ASCII, two of other alphabets, one where no spaces are written."""
    spaceless = len(_SPACELESS.findall(text))
    ascii_characters = len(text.encode("ascii", "ignore"))
    others = len(text) - ascii_characters - spaceless
    return max(1, -(-ascii_characters // 4) + -(-others // 2) + spaceless)


def chunks_of(
    text: str,
    *,
    headings: Sequence[Mapping[str, Any]] = (),
    page_starts: Sequence[int] = (),
    tokens: int = TOKENS,
) -> list[Chunk]:
    """Return the chunks of at most `tokens` tokens each.

    `headings` are {offset, title} as parsers give them, `page_starts` the offsets of pages: no chunk reaches over
    either, so that what is quoted stands under that heading and on that page.
    """
    marks = sorted((int(entry["offset"]), str(entry.get("title") or "")) for entry in headings if _has_offset(entry))
    starts = [offset for offset, _ in marks]
    walls = frozenset([*starts, *page_starts])
    chunks: list[Chunk] = []
    for start, end in _gathered(text, _pieces(text, walls, tokens), walls, tokens):
        heading = bisect.bisect_right(starts, start) - 1
        page = bisect.bisect_right(page_starts, start)
        piece = text[start:end]
        title = marks[heading][1] if heading >= 0 else ""
        chunks.append(Chunk(len(chunks), piece, start, end, tokens_of(piece), title, page or None))
    return chunks


def _has_offset(entry: Mapping[str, Any]) -> bool:
    return isinstance(entry.get("offset"), int)


def _pieces(text: str, walls: frozenset[int], tokens: int) -> Iterator[Span]:
    """Yield the smallest spans that chunks are made of: paragraphs, or parts of those that are too long."""
    cuts = {0, len(text), *(match.end() for match in _PARAGRAPH.finditer(text)), *(w for w in walls if w <= len(text))}
    ordered = sorted(cuts)
    for start, end in pairwise(ordered):
        yield from _fitting(text, _stripped(text, start, end), tokens)


def _fitting(text: str, span: Span, tokens: int) -> Iterator[Span]:
    start, end = span
    if start >= end:
        return
    if tokens_of(text[start:end]) <= tokens:
        yield span
        return
    ends = [match.end() for match in _SENTENCE.finditer(text, start, end)]
    for cut_from, cut_to in zip([start, *ends], [*ends, end], strict=True):
        yield from _words(text, _stripped(text, cut_from, cut_to), tokens)


def _words(text: str, span: Span, tokens: int) -> Iterator[Span]:
    """Yield a sentence whole, or, if it is too long, cut behind words, or anywhere if it has none."""
    start, end = span
    while start < end and tokens_of(text[start:end]) > tokens:
        limit = _longest(text, start, end, tokens)
        space = max(text.rfind(" ", start + 1, limit), text.rfind("\t", start + 1, limit))
        cut = space if space > start else limit
        yield _stripped(text, start, cut)
        start, end = _stripped(text, cut, end)
    if start < end:
        yield start, end


def _longest(text: str, start: int, end: int, tokens: int) -> int:
    """Return the end of the longest piece from `start` that has no more tokens."""
    low, high = start + 1, min(end, start + 4 * tokens)
    while low < high:
        middle = (low + high + 1) // 2
        if tokens_of(text[start:middle]) <= tokens:
            low = middle
        else:
            high = middle - 1
    return low


def _gathered(text: str, pieces: Iterator[Span], walls: frozenset[int], tokens: int) -> Iterator[Span]:
    """Put neighbours together while they fit and neither heading nor page begins between them."""
    held: Span | None = None
    for start, end in pieces:
        if held is None:
            held = (start, end)
        elif start not in walls and tokens_of(text[held[0] : end]) <= tokens:
            held = (held[0], end)
        else:
            yield held
            held = (start, end)
    if held is not None:
        yield held


def _stripped(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    if not piece.strip():
        return end, end
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
