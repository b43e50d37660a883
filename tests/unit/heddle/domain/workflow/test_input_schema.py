"""A run's input against its workflow's schema."""

import time
from typing import Any

import pytest

from heddle.domain.workflow.input_schema import validate_input
from heddle.errors import InvalidInput

SCHEMA = {
    "type": "object",
    "properties": {
        "question": {"type": "string", "default": "Why?"},
        "options": {"type": "object", "default": {}, "properties": {"deep": {"type": "boolean", "default": True}}},
        "documents": {"type": "array", "items": {"type": "object", "properties": {"kind": {"default": "text"}}}},
    },
    "required": ["question"],
    "additionalProperties": False,
}


def errors(schema: dict[str, Any], value: Any) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        validate_input(schema, value)
    return [error["field"] for error in caught.value.details["errors"]]


def test_defaults_are_filled_in_at_any_depth_without_changing_what_came() -> None:
    given: dict[str, Any] = {"documents": [{"name": "a"}]}
    assert validate_input(SCHEMA, given) == {
        "question": "Why?",
        "options": {"deep": True},
        "documents": [{"name": "a", "kind": "text"}],
    }
    assert given == {"documents": [{"name": "a"}]}
    assert validate_input(SCHEMA, None)["question"] == "Why?"
    assert validate_input({}, {"a": 1}) == {"a": 1}


def test_every_field_that_is_wrong_is_named() -> None:
    assert sorted(errors(SCHEMA, {"question": 1, "documents": [1], "x": 2})) == ["", "documents[0]", "question"]
    assert errors(SCHEMA, [1]) == [""]


def test_a_pattern_cannot_make_validation_slow() -> None:
    schema = {"properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}
    begun = time.process_time()
    assert errors(schema, {"a": "a" * 40 + "b"}) == ["a"]
    assert time.process_time() - begun < 2
