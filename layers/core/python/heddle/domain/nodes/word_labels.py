"""Choosing labels by the words that they and their descriptions share with a text (BM25). Pure, and no model.

The confidence is how much of all the labels' scores the chosen ones have: 0 if no label shares a word with the text.
"""

from collections.abc import Mapping
from typing import Any

from heddle.domain.nodes.relevance import relevance_of_words, words

WORTH_NAMING = 0.5
"""Of several labels those count that score at least this share of the best one."""


def by_words(text: str, labels: Mapping[str, str], multi: bool) -> dict[str, Any]:
    """Return {labels, confidence, reason}; `labels` maps names to descriptions. No shared word: no label."""
    names = list(labels)
    told = [words(f"{name.replace('_', ' ').replace('-', ' ')} {labels[name]}") for name in names]
    said = words(text)
    scores = relevance_of_words(said, told)
    total, best = sum(scores), max(scores)
    if best <= 0:
        return {"labels": [], "confidence": 0.0, "reason": "no label shares a word with the text; no model was asked"}
    ranked = sorted(range(len(names)), key=lambda index: -scores[index])
    chosen = [index for index in ranked if scores[index] >= WORTH_NAMING * best] if multi else ranked[:1]
    shared = sorted({word for index in chosen for word in told[index]} & set(said))
    return {
        "labels": [names[index] for index in chosen],
        "confidence": round(sum(scores[index] for index in chosen) / total, 3),
        "reason": f"shared words: {', '.join(shared[:10])}; no model was asked",
    }
