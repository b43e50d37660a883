"""What a model says of a text, put in place of what rules said: only what the text bears out."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from heddle.domain.content.objectives import BLOOM
from heddle.domain.content.summary import LONGEST
from heddle.domain.documents.text import storable

REFINABLE = ("summary", "concepts", "entities", "sentiment", "objectives")
CATEGORIES = ("Technical", "Business", "Scientific", "Educational", "General", "Domain")
ENTITY_TYPES = ("Person", "Organization", "Location", "Date", "Money", "Technology", "Concept", "Other")
MOODS = ("positive", "negative", "neutral", "mixed")
_MENTIONS = 20
_CONTEXT = 40
_LONGEST_NAME = 200

_NAME = {"type": "string", "minLength": 1, "maxLength": _LONGEST_NAME}
_SENTENCE = {"type": "string", "minLength": 1, "maxLength": 1000}
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_SCHEMAS: dict[str, dict[str, Any]] = {
    "summary": {"type": "string", "minLength": 1, "maxLength": 2 * LONGEST},
    "concepts": {
        "type": "array",
        "maxItems": 20,
        "items": {
            "type": "object",
            "required": ["name", "category", "description", "relevance"],
            "properties": {
                "name": _NAME,
                "category": {"enum": list(CATEGORIES)},
                "description": _SENTENCE,
                "relevance": _SHARE,
            },
        },
    },
    "entities": {
        "type": "array",
        "maxItems": 100,
        "items": {
            "type": "object",
            "required": ["name", "type"],
            "properties": {"name": _NAME, "type": {"enum": list(ENTITY_TYPES)}},
        },
    },
    "sentiment": {
        "type": "object",
        "required": ["label", "score", "reasoning"],
        "properties": {
            "label": {"enum": list(MOODS)},
            "score": {"type": "number", "minimum": -1, "maximum": 1},
            "reasoning": _SENTENCE,
        },
    },
    "objectives": {
        "type": "array",
        "maxItems": 10,
        "items": {
            "type": "object",
            "required": ["description", "bloom_level", "assessment"],
            "properties": {"description": _SENTENCE, "bloom_level": {"enum": list(BLOOM)}, "assessment": _SENTENCE},
        },
    },
}


def schema_of(wanted: Collection[str]) -> dict[str, Any]:
    """Return the JSON Schema of what a model is to give for these analyses."""
    properties = {name: _SCHEMAS[name] for name in REFINABLE if name in wanted}
    return {"type": "object", "required": list(properties), "properties": properties}


def refined(text: str, said: Mapping[str, Any], offline: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Return results in the form of the offline ones, and how many names were left out because the text lacks them."""
    results: dict[str, Any] = {}
    missing = 0
    for name in (name for name in REFINABLE if name in said):
        value = said[name]
        if name in ("concepts", "entities"):
            found = [(one, _mentions(text, one["name"])) for one in value]
            make = _concept if name == "concepts" else _entity
            results[name] = [make(text, one, places) for one, places in found if places]
            missing += sum(1 for _, places in found if not places)
        elif name == "summary":
            results[name] = {"text": storable(value)[:LONGEST], "sentences": [], "method": "model"}
        elif name == "sentiment":
            shares = dict.fromkeys(("positive", "negative", "neutral")) | (offline.get("sentiment") or {})
            mood = {"label": value["label"], "score": value["score"], "reasoning": storable(value["reasoning"])}
            results[name] = shares | mood | {"confidence": 0.9}
        else:
            results[name] = [_objective(one) for one in value]
    return results, missing


def _concept(text: str, one: Mapping[str, Any], places: list[tuple[int, int]]) -> dict[str, Any]:
    return {
        "name": storable(one["name"]),
        "category": one["category"],
        "relevance": one["relevance"],
        "confidence": 0.9,
        "count": len(places),
        "description": storable(one["description"]),
        "related": [],
        "mentions": [
            {"start": start, "end": end, "context": text[max(0, start - _CONTEXT) : end + _CONTEXT]}
            for start, end in places[:_MENTIONS]
        ],
    }


def _entity(text: str, one: Mapping[str, Any], places: list[tuple[int, int]]) -> dict[str, Any]:
    start, end = places[0]
    return {
        "name": text[start:end],
        "type": one["type"],
        "confidence": 0.9,
        "count": len(places),
        "mentions": [{"start": start, "end": end} for start, end in places[:_MENTIONS]],
    }


def _objective(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "description": storable(one["description"]),
        "bloom_level": one["bloom_level"],
        "confidence": 0.9,
        "concepts": [],
        "assessment": [storable(one["assessment"])],
    }


def _mentions(text: str, name: str) -> list[tuple[int, int]]:
    """Return where it stands; spaces and line ends between its words are alike."""
    words = [re.escape(word) for word in name.split()]
    return [match.span() for match in re.finditer(r"\s+".join(words), text, re.IGNORECASE)] if words else []
