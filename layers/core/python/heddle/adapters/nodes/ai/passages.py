"""Choosing among passages, and cutting texts into parts."""

from collections.abc import Sequence
from typing import Any

from heddle.domain.nodes.relevance import relevance

_MARKS = ("\n\n", "\n", ". ", " ")
"""Where a text may be cut, the best places first."""


def nearest(query: str, passages: Sequence[dict[str, Any]], most: int) -> tuple[dict[str, Any], ...]:
    """Return the passages closest to a question in words, best first; the first ones if none shares a word with it."""
    if len(passages) <= most:
        return tuple(passages)
    scores = relevance(query, [passage["text"] for passage in passages])
    best = sorted((index for index, score in enumerate(scores) if score > 0), key=lambda index: -scores[index])
    return tuple(passages[index] for index in best[:most]) or tuple(passages[:most])


def parts_of(text: str, most: int) -> list[str]:
    """Return the text in parts of at most so many characters, cut between paragraphs, lines or words if it can be."""
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > most:
        end = _cut(rest, most)
        parts.append(rest[:end].strip())
        rest = rest[end:].lstrip()
    return [*parts, rest] if rest else parts


def _cut(text: str, most: int) -> int:
    """Return where to cut off a part; never before its middle, so that parts do not get small."""
    for mark in _MARKS:
        if (found := text.rfind(mark, most // 2, most)) >= 0:
            return found + len(mark)
    return most
