"""How hard a text is, for whom, and what it asks its reader to know already."""

from typing import Any

from heddle.domain.content.fields import prerequisites_of
from heddle.domain.content.statistics import reading_minutes
from heddle.domain.content.text import Text

_ABSTRACT = ("tion", "sion", "ity", "ness", "ism", "ance", "ence", "ment", "ship", "heit", "keit", "ung", "ción", "té")
_BANDS = (
    (0.3, "Beginner", "general readers"),
    (0.6, "Intermediate", "readers with some background"),
    (0.8, "Advanced", "practitioners of the field"),
)


def difficulty_of(text: Text, readability: dict[str, Any]) -> dict[str, Any]:
    """Return level, the four scores it is the mean of, cognitive load, audience, prerequisites and reading time.

    Level: up to .3 Beginner, .6 Intermediate, .8 Advanced, else Expert. Load: .30 vocabulary + .25 density
    + .20 sentence + .15 words per sentence by 20 + .10 share of abstract words.
    """
    words = text.lower
    total = max(1, len(words))
    per_sentence = readability["words_per_sentence"]
    vocabulary = min(1.0, 2.5 * readability["complex_share"])
    content = sum([1 for word in words if len(word) > _SHORT])
    density = min(1.0, content / total) if words else 0.0
    sentence = min(1.0, per_sentence / 40)
    hardness = 1 - readability["score"] if words else 0.0
    score = (vocabulary + density + sentence + hardness) / 4
    abstract = sum([1 for word in words if word.endswith(_ABSTRACT)]) / total
    load = 0.30 * vocabulary + 0.25 * density + 0.20 * sentence + 0.15 * min(1.0, per_sentence / 20) + 0.10 * abstract
    level, audience = next(((name, who) for bound, name, who in _BANDS if score <= bound), ("Expert", "experts"))
    return {
        "level": level,
        "score": round(score, 4),
        "vocabulary_complexity": round(vocabulary, 4),
        "concept_density": round(density, 4),
        "sentence_complexity": round(sentence, 4),
        "cognitive_load": round(load, 4),
        "target_audience": audience,
        "prerequisites": prerequisites_of(set(words)),
        "reading_minutes": reading_minutes(text, score),
    }


_SHORT = 5
"""A word of more letters than this carries content in nearly every alphabet."""
