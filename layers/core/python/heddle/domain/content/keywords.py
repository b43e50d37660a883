"""The phrases that a text is about: what stands often in it, longer phrases counting for more."""

from typing import Any

from heddle.domain.content.text import Text, size_of

_WEIGHTS = (0.0, 1.0, 1.5, 2.0)


def keywords_of(text: Text, limit: int = 15) -> list[dict[str, Any]]:
    """Return [{keyword, score (0 to 1), count, start, end}], best first: count times 1, 1.5 or 2 by words.

    A phrase inside a better one that stands no more often is left out. `start` and `end` are its first place.
    """
    grams = text.grams
    scored = [
        (len(places) * _WEIGHTS[min(size_of(gram), 3)], gram, places)
        for gram, places in grams.items()
        if len(places) > 1 or len(gram) > 3 or gram[0] > "\u3040"
    ]
    scored.sort(key=lambda item: (-item[0], item[2][0][0], -len(item[1])))
    best = scored[0][0] if scored else 1.0
    chosen: list[tuple[float, str, list[tuple[int, int]]]] = []
    for item in scored[: limit * 8]:
        gram, count = item[1], len(item[2])
        for _, other, places in chosen:
            if (gram in other or other in gram) and (count <= len(places) or gram.rstrip("s") == other.rstrip("s")):
                break
        else:
            chosen.append(item)
            if len(chosen) == limit:
                break
    return [
        {
            "keyword": gram,
            "score": round(score / best, 4),
            "count": len(places),
            "start": places[0][0],
            "end": places[0][1],
        }
        for score, gram, places in chosen
    ]
