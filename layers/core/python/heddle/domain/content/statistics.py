"""How long a text is, and how long it takes to read."""

from typing import Any

from heddle.domain.content.text import Text

WORDS_PER_MINUTE = 225
CHARACTERS_PER_MINUTE = 500
"""Of Chinese and Japanese, where a character counts as a word."""


def statistics_of(text: Text) -> dict[str, Any]:
    """Return counts of characters, words (distinct too), sentences and paragraphs."""
    return {
        "characters": len(text.text),
        "words": len(text.words),
        "distinct_words": len(set(text.lower)),
        "sentences": len(text.sentences),
        "paragraphs": sum(1 for part in text.text.split("\n\n") if part.strip()),
    }


def reading_minutes(text: Text, complexity: float) -> float:
    """Return minutes: 225 words each minute (500 characters of Chinese or Japanese), down to half of it if complex."""
    minutes = (len(text.words) - text.spaceless) / WORDS_PER_MINUTE + text.spaceless / CHARACTERS_PER_MINUTE
    return round(minutes / (1 - 0.5 * complexity), 2)
