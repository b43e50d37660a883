"""What a text speaks of: phrases scored by how often, how long, how early and whether they are written large."""

from bisect import bisect_right
from typing import Any

from heddle.domain.content.fields import category_of
from heddle.domain.content.text import Text, size_of

LIMIT = 20
_MENTIONS = 20
_CONTEXT = 40


def concepts_of(text: Text) -> list[dict[str, Any]]:
    """Return the concepts, most important first, each with its mentions as offsets.

    score = 2 x count + 3 x words + 5 x (1 - place of the first) + 2 if capitalised; confidence is a tenth of it, at
    most 1; relevance is the score by that of the best. A phrase that stands there once, and is no name, is a chance
    meeting of words: its further words count 1 instead of 3.
    """
    length = max(1, len(text.text))
    begins = {start for start, _ in text.sentences}
    scored = []
    for gram, places in text.grams.items():
        start = places[0][0]
        capital = text.text[start].isupper() and start not in begins
        size = size_of(gram)
        words = 3 * size if capital or len(places) > 1 else 2 + size
        score = 2 * len(places) + words + 5 * (1 - start / length) + (2 if capital else 0)
        scored.append((score, gram, places))
    scored.sort(key=lambda item: (-item[0], item[2][0][0], item[1]))
    chosen: list[tuple[float, str, list[tuple[int, int]]]] = []
    singulars: set[str] = set()
    covered: dict[int, int] = {}  # place in the text to how often the phrase chosen there stands in it
    for item in scored[: LIMIT * 10]:
        (start, end), count, singular = item[2][0], len(item[2]), item[1].removesuffix("s")
        if singular not in singulars and count > covered.get(start, 0) and count > covered.get(end - 1, 0):
            chosen.append(item)
            singulars.add(singular)
            covered |= dict.fromkeys(range(start, end), count)
            if len(chosen) == LIMIT:
                break
    with_word: dict[str, list[str]] = {}
    for _, gram, _ in chosen:
        for word in gram.split(" "):
            with_word.setdefault(word, []).append(gram)
    sentence_at = _Sentences(text)
    return [_concept(text.text, item, chosen[0][0], with_word, sentence_at) for item in chosen]


def _concept(
    text: str,
    item: tuple[float, str, list[tuple[int, int]]],
    best: float,
    with_word: dict[str, list[str]],
    sentence_at: "_Sentences",
) -> dict[str, Any]:
    score, gram, places = item
    related = dict.fromkeys(other for word in gram.split(" ") for other in with_word[word] if other != gram)
    start, end = places[0]
    return {
        "name": " ".join(text[start:end].split()),
        "category": category_of(gram),
        "relevance": round(score / best, 4),
        "confidence": round(min(1.0, score * 0.1), 4),
        "count": len(places),
        "description": sentence_at(start),
        "related": list(related)[:5],
        "mentions": [_mention(text, *place) for place in places[:_MENTIONS]],
    }


def _mention(text: str, start: int, end: int) -> dict[str, Any]:
    return {"start": start, "end": end, "context": text[max(0, start - _CONTEXT) : end + _CONTEXT]}


class _Sentences:
    """The sentences by what stands in them, each put together once."""

    def __init__(self, text: Text) -> None:
        self._text = text.text
        self._spans = text.sentences
        self._made: dict[int, str] = {}

    def __call__(self, position: int) -> str:
        index = max(0, bisect_right(self._spans, (position, len(self._text) + 1)) - 1)
        if index not in self._made:
            start, end = self._spans[index]
            self._made[index] = " ".join(self._text[start : min(end, start + 300)].split())
        return self._made[index]
