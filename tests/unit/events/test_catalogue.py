"""The event catalogue is what the code says, its samples are true, and its schemas never break a reader."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from events.evolution import breaking_changes
from events.generate import HERE, broken, stale
from events.registry import REGISTRY
from heddle.domain.events.chain import envelope, event_from_envelope
from heddle.domain.events.codec import decode, encode, schema_version
from heddle.domain.events.event_types import EVENT_TYPES

ROOT = HERE.parent


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def sample(name: str) -> Any:
    return read(HERE / "samples" / f"{name}.json")


def test_the_committed_files_are_what_the_code_gives() -> None:
    assert stale() == [], "run python -m events.generate"


def test_no_committed_schema_is_broken_by_the_code() -> None:
    assert broken() == []


def test_every_event_has_an_entry_and_every_named_function_a_folder() -> None:
    assert REGISTRY.keys() == EVENT_TYPES.keys()
    named = {each for entry in REGISTRY.values() for each in (*entry.emitted_by, *entry.reacts)}
    assert [each for each in named if not any(ROOT.glob(each))] == []


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_a_sample_keeps_to_its_schemas(name: str) -> None:
    event = sample(name)

    assert list(jsonschema_rs.validator_for(read(HERE / "schemas/Envelope/1.json")).iter_errors(event)) == []
    schema = read(HERE / "schemas" / name / f"{schema_version(name)}.json")
    assert list(jsonschema_rs.validator_for(schema).iter_errors(event["data"])) == []


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_a_sample_survives_the_way_through_the_codec(name: str) -> None:
    event = event_from_envelope(sample(name))

    decoded = decode(event.type, event.data, event.schema_version)

    assert encode(decoded) == (name, event.data)
    assert envelope(event) == sample(name)


OLD = {"properties": {"a": {"type": "string"}}, "required": ["a"]}


@pytest.mark.parametrize(
    ("new", "problems"),
    [
        (OLD | {"properties": {"a": {"type": "string", "title": "A"}, "b": {"type": "integer"}}}, []),
        (OLD | {"properties": {"a": {"type": "integer"}}}, ["a changed its type"]),
        (OLD | {"properties": {}}, ["a was removed"]),
        (
            {"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a", "b"]},
            ["b became required"],
        ),
    ],
)
def test_a_schema_may_only_gain_optional_fields(new: dict[str, Any], problems: list[str]) -> None:
    assert breaking_changes(OLD, new) == problems


def test_an_enumeration_may_gain_values_and_lose_none() -> None:
    few, many = ({"properties": {"a": {"enum": values}}} for values in (["x"], ["x", "y"]))

    assert breaking_changes(few, many) == []
    assert breaking_changes(many, few) == ["a changed its type"]
