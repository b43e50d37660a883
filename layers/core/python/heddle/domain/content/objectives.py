"""What somebody could learn from a text: its first concepts, along Bloom's levels (Anderson and Krathwohl, 2001)."""

from typing import Any

BLOOM = ("Remember", "Understand", "Apply", "Analyze", "Evaluate", "Create")
_LEVELS = (
    ("Remember", "Name and describe {}", "Ask for a definition of {}."),
    ("Understand", "Explain {} in own words", "Ask to explain {} to a beginner."),
    ("Apply", "Use {} in a new case", "Give a case, and ask to use {} in it."),
    ("Analyze", "Take {} apart and compare its parts", "Ask what {} consists of, and how it differs from the others."),
    ("Evaluate", "Judge when {} is the right choice", "Ask for reasons for and against {}."),
)


def objectives_of(concepts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one objective for each of the first five concepts, a level of Bloom's each."""
    return [
        {
            "description": does.format(concept["name"]),
            "bloom_level": level,
            "confidence": round(concept["confidence"] * 0.8, 4),
            "concepts": [concept["name"]],
            "assessment": [asks.format(concept["name"])],
        }
        for (level, does, asks), concept in zip(_LEVELS, concepts[:5], strict=False)
    ]
