"""A schema is asked for in a form that decoders can be held to, or in words if that form would say something else."""

from typing import Any

import pytest

from heddle.adapters.models.schemas import closed, instruction, is_strict

PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}},
    "required": ["name"],
}


def test_objects_are_closed_all_the_way_down() -> None:
    schema = {"type": "object", "properties": {"people": {"type": "array", "items": PERSON}}}

    result = closed(schema)

    assert result is not None
    assert result["additionalProperties"] is False
    assert result["properties"]["people"]["items"]["additionalProperties"] is False
    assert result["properties"]["people"]["items"]["required"] == ["name"]


def test_bounds_are_told_in_words() -> None:
    age = {"type": "integer", "minimum": 0, "maximum": 130, "description": "In years."}

    result = closed({"type": "object", "properties": {"age": age}})

    assert result is not None
    assert result["properties"]["age"] == {"type": "integer", "description": "In years. (minimum: 0, maximum: 130)"}


def test_the_schema_that_was_given_stays_as_it_is() -> None:
    before = repr(PERSON)

    closed(PERSON)

    assert repr(PERSON) == before


def test_definitions_are_kept_and_closed() -> None:
    schema = {
        "type": "object",
        "properties": {"author": {"$ref": "#/$defs/person"}},
        "$defs": {"person": PERSON},
    }

    result = closed(schema)

    assert result is not None
    assert result["$defs"]["person"]["additionalProperties"] is False
    assert result["properties"]["author"] == {"$ref": "#/$defs/person"}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": PERSON},
        {"anyOf": [PERSON]},
        {},
        {"type": "object"},
        {"type": "object", "properties": {"a": {}}},
        {"type": "object", "properties": {}, "additionalProperties": True},
        {"type": "object", "properties": {"a": {"type": "object", "additionalProperties": {"type": "string"}}}},
        {"type": "object", "properties": {"a": {"type": "array"}}},
        {"type": "object", "properties": {"a": {"oneOf": [PERSON, PERSON]}}},
        {"type": "object", "properties": {"a": {"not": PERSON}}},
        {"type": "object", "properties": {"a": {"$ref": "#"}}},
        {"type": "object", "properties": {"a": {"allOf": [PERSON, PERSON]}}},
        {"type": "object", "properties": {"a": {"enum": [{"b": 1}]}}},
        {
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/tree"}},
            "$defs": {"tree": {"type": "object", "properties": {"next": {"$ref": "#/$defs/tree"}}}},
        },
    ],
)
def test_what_cannot_be_closed_is_left_to_words(schema: dict[str, Any]) -> None:
    assert closed(schema) is None
    assert not is_strict(schema)


def test_a_schema_of_absurd_depth_is_left_to_words() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(200):
        schema = {"type": "object", "properties": {"a": schema}}

    assert closed(schema) is None


@pytest.mark.parametrize(
    ("change", "strict"),
    [
        ({}, False),
        ({"required": ["name", "tags"]}, False),
        ({"additionalProperties": False}, False),
        ({"required": ["tags", "name"], "additionalProperties": False}, True),
    ],
)
def test_strict_is_what_has_all_properties_and_no_others(change: dict[str, Any], strict: bool) -> None:
    assert is_strict({**PERSON, **change}) is strict


@pytest.mark.parametrize(
    ("name", "strict"),
    [
        ({"type": "string", "minLength": 1}, False),
        ({"type": "string", "format": "uri"}, False),
        ({"type": "string", "default": "x"}, False),
        ({"type": "string", "format": "date"}, True),
        ({"type": "number", "minimum": 1}, True),
        ({"type": ["string", "null"]}, True),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, True),
    ],
)
def test_strict_knows_only_some_words(name: dict[str, Any], strict: bool) -> None:
    schema = {"type": "object", "properties": {"a": name}, "required": ["a"], "additionalProperties": False}

    assert is_strict(schema) is strict


def test_words_hold_the_whole_schema() -> None:
    assert '"tags"' in instruction(PERSON)
    assert "JSON only" in instruction(PERSON)
