"""Names in a text: people, organisations, places, dates, sums of money, technologies; by patterns and short lists."""

import re
from typing import Any

from heddle.domain.content.names import NAMES
from heddle.domain.content.text import Text

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_PATTERNS = (
    (
        "Date",
        0.95,
        re.compile(
            rf"\b\d{{4}}-\d\d-\d\d\b|\b\d{{1,2}} (?:{_MONTHS}) \d{{4}}\b"
            rf"|\b(?:{_MONTHS}) \d{{1,2}}, \d{{4}}\b"
        ),
    ),
    (
        "Money",
        0.95,
        re.compile(
            r"[$€£¥] ?\d[\d,]*(?:\.\d+)?(?: ?(?:million|billion|thousand|bn|[kKmM])\b)?"
            r"|\b\d[\d,]*(?:\.\d+)? ?(?:USD|EUR|GBP|JPY|dollars|euros|pounds)\b"
        ),
    ),
    ("Other", 0.9, re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+\b")),
)
_NAME = re.compile(r"\b[A-Z][\w'’]*(?:(?: (?:of|de|van|von|and) | )[A-Z][\w'’.]*)*", re.UNICODE)
_LONGEST = 100
LIMIT = 100


def entities_of(text: Text) -> list[dict[str, Any]]:
    """Return [{name, type, confidence, count, mentions: [{start, end}]}] in the order of their first mention."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    begins = {start for start, _ in text.sentences}
    for type_, confidence, pattern in _PATTERNS:
        for match in pattern.finditer(text.text):
            _add(found, match.group(), type_, confidence, match.span())
    for match in _NAME.finditer(text.text):
        name, (start, end) = match.group().rstrip(".'’"), match.span()
        end = start + len(name)
        if end - start <= _LONGEST and (kind := _kind(name, start in begins)):
            _add(found, name, kind[0], kind[1], (start, end))
    ordered = sorted(found.values(), key=lambda entity: entity["mentions"][0]["start"])
    return ordered[:LIMIT]


def _kind(name: str, begins_sentence: bool) -> tuple[str, float] | None:
    """Return what a capitalised name is and how sure that is; None for what is only the beginning of a sentence."""
    words = name.replace(".", "").split()
    if name in NAMES["place"] or (len(words) > 1 and words[-1] in NAMES["place"] and not begins_sentence):
        return "Location", 0.85
    if (
        name in NAMES["organisation"]
        or words[-1] in NAMES["part of an organisation"]
        or (words[0] in ("University", "Bank") and len(words) > 2)
    ):
        return "Organization", 0.85
    if name in NAMES["technology"]:
        return "Technology", 0.85
    if len(words) > 1 and words[0] in NAMES["title"]:
        return "Person", 0.9
    if 1 < len(words) < 4 and words[0] in NAMES["first name"]:
        return "Person", 0.85
    if len(words) > 1 and not begins_sentence:
        return "Other", 0.4
    return None


def _add(
    found: dict[tuple[str, str], dict[str, Any]], name: str, type_: str, confidence: float, span: tuple[int, int]
) -> None:
    entity = found.setdefault(
        (name, type_), {"name": name, "type": type_, "confidence": confidence, "count": 0, "mentions": []}
    )
    entity["count"] += 1
    if len(entity["mentions"]) < LIMIT:
        entity["mentions"].append({"start": span[0], "end": span[1]})
