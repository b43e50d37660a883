"""A summary made of the text's own sentences: those whose words are commonest in it, the early ones a little ahead."""

from collections import Counter
from typing import Any

from heddle.domain.content.function_words import FUNCTION_WORDS
from heddle.domain.content.text import Text

LONGEST = 500
_HEADING = 0.1
"""What has no full stop is a heading or a line of a list: it says little alone."""
_ENDS = tuple(".!?…؟۔।。！？")
_QUOTES = "\"'”’)]»」』"
_SENTENCES = 2000
"""Sentences that are weighed: enough for a book's first hundred pages."""


def summary_of(text: Text) -> dict[str, Any]:
    """Return {text: at most 500 characters, sentences: [{start, end}] in the order of the text, method}."""
    small = FUNCTION_WORDS.get(text.language, frozenset())
    counts = Counter(text.lower)
    spans = text.spans
    scored: list[tuple[float, int, int]] = []
    at = 0
    for number, (start, end) in enumerate(text.sentences[:_SENTENCES]):
        weight, size = 0, 0
        while at < len(spans) and spans[at][0] < end:
            word = text.lower[at]
            if word not in small and spans[at][0] >= start:
                weight, size = weight + counts[word], size + 1
            at += 1
        if size:
            early = 1.2 if number < 2 else 1.0
            whole = 1.0 if text.text[start:end].rstrip(_QUOTES).endswith(_ENDS) else _HEADING
            scored.append((weight / (size + 4) * early * whole, start, end))
    chosen: list[tuple[int, int]] = []
    room = LONGEST
    for _, start, end in sorted(scored, key=lambda item: (-item[0], item[1])):
        if end - start + 1 <= room:
            chosen.append((start, end))
            room -= end - start + 1
            if len(chosen) == 3:
                break
    if not chosen and text.sentences:
        start, end = text.sentences[0]
        chosen = [(start, min(end, start + LONGEST))]
    chosen.sort()
    return {
        "text": " ".join(" ".join(text.text[start:end].split()) for start, end in chosen),
        "sentences": [{"start": start, "end": end} for start, end in chosen],
        "method": "extractive",
    }
