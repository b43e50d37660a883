"""Finding in an answer which of the numbered passages it cites, as [2] or [1, 3]. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_CITATION = re.compile(r"\[(\d{1,4}(?:\s*,\s*\d{1,4})*)\]")
_QUOTED_CHARS = 1000
PLACE = ("heading", "page")


def citations_in(text: str, passages: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return the passages that a text cites by number, in the order of their first mention."""
    numbers = dict.fromkeys(
        int(number) for group in _CITATION.findall(text) for number in group.split(",") if number.strip()
    )
    return tuple(citation(number, passages[number - 1]) for number in numbers if 1 <= number <= len(passages))


def citation(number: int, passage: Mapping[str, Any], text: str | None = None) -> dict[str, Any]:
    """Return one citation {n, source, heading, page, id, text}; what is not known is None."""
    quoted = str(passage["text"]) if text is None else text
    place = {name: passage.get(name) for name in ("source", *PLACE, "id")}
    return {"n": number, **place, "text": quoted[:_QUOTED_CHARS]}


def place_of(passage: Mapping[str, Any]) -> str:
    """Return where a passage stands, as a reader finds it: `guide.pdf, Retries, page 3`; empty if nobody said."""
    page = passage.get("page")
    parts = (passage.get("source"), passage.get("heading"), f"page {page}" if page else None)
    return ", ".join(str(part) for part in parts if part)
