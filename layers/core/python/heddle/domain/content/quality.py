"""How well a text is made, by what can be counted: nothing here knows whether it is true."""

import re
from typing import Any

from heddle.domain.content.text import Text

_WORDS = {
    "transition": (
        "however therefore moreover furthermore consequently thus hence meanwhile nevertheless instead finally first "
        "second third next then because although also besides similarly additionally overall jedoch daher außerdem "
        "deshalb zunächst schließlich cependant donc ensuite enfin sin embargo además por tanto primero"
    ),
    "hedge": "maybe perhaps allegedly supposedly probably somehow obviously clearly everyone always",
}
_TRANSITIONS, _HEDGES = (frozenset(words.split()) for words in _WORDS.values())
_SOURCES = re.compile(r"https?://|\[\d{1,3}\]|\(\w[^()\n]{0,80}\d{4}\)|\b\d+(?:\.\d+)?%")
_DOUBLED = re.compile(r"\b([^\W\d_]{2,}) \1\b", re.IGNORECASE)
_SPACING = re.compile(r" [,;:!?](?=\s)|[,;](?=[^\W\d_])|\(\s|\s\)")
_BUCKETS = ((50, 0.2), (150, 0.4), (300, 0.6), (500, 0.8))
_LONG_SENTENCE = 40


def quality_of(text: Text, readability: dict[str, Any], headings: int) -> dict[str, Any]:
    """Return `overall`, the scores it is made of (0 to 1 each), and `issues` with their offsets.

    overall = .20 readability + .15 completeness + .20 accuracy + .15 coherence + .10 grammar + .10 vocabulary
    + .10 structure. `accuracy` counts sources and figures for it, and words that hedge or boast against it.
    """
    words = text.lower
    total = len(words)
    issues = _issues(text)
    doubled = sum(1 for issue in issues if issue["type"] in ("Grammar", "Formatting"))
    per_100 = max(1.0, total / 100)
    sources = len(_SOURCES.findall(text.text))
    hedges = sum([1 for word in words if word in _HEDGES])
    transitions = sum([1 for word in words if word in _TRANSITIONS])
    paragraphs = text.text.count("\n\n") + 1
    starts_large = sum([1 for start, _ in text.sentences if not text.text[start].islower()])
    large = starts_large / max(1, len(text.sentences))
    scores = {
        "readability": readability["score"],
        "completeness": next((score for bound, score in _BUCKETS if total < bound), 1.0) if total else 0.0,
        "accuracy": _bounded(0.6 + 0.1 * sources / per_100 - 0.1 * hedges / per_100),
        "coherence": _bounded(0.4 + 0.6 * min(1.0, transitions / max(1.0, len(text.sentences) / 4))),
        "grammar": _bounded(large - 0.1 * doubled / per_100),
        "vocabulary": min(1.0, len(set(words)) / min(total, 500)) if total else 0.0,
        "structure": _bounded(0.4 + 0.15 * min(3, headings) + 0.05 * min(3, paragraphs - 1)),
    }
    overall = (
        0.20 * scores["readability"]
        + 0.15 * scores["completeness"]
        + 0.20 * scores["accuracy"]
        + 0.15 * scores["coherence"]
        + 0.10 * scores["grammar"]
        + 0.10 * scores["vocabulary"]
        + 0.10 * scores["structure"]
    )
    return {"overall": round(overall, 4), **{name: round(score, 4) for name, score in scores.items()}, "issues": issues}


def _issues(text: Text) -> list[dict[str, Any]]:
    found = [
        _issue("Grammar", "medium", "the same word twice", match.span(), f"write “{match.group(1)}” once")
        for match in _DOUBLED.finditer(text.text)
    ]
    found += [
        _issue("Formatting", "low", "a space is missing or too many", match.span(), "look at the spacing")
        for match in _SPACING.finditer(text.text)
    ]
    found += [
        _issue("Clarity", "medium", "a very long sentence", (start, end), "make two of it")
        for start, end in text.sentences
        if end - start > 6 * _LONG_SENTENCE and text.text.count(" ", start, end) >= _LONG_SENTENCE
    ]
    return sorted(found, key=lambda issue: issue["start"])[:50]


def _issue(type_: str, severity: str, what: str, span: tuple[int, int], suggestion: str) -> dict[str, Any]:
    return {
        "type": type_,
        "severity": severity,
        "description": what,
        "start": span[0],
        "end": span[1],
        "suggestion": suggestion,
    }


def _bounded(value: float) -> float:
    return min(1.0, max(0.0, value))
