"""Records behave as frozen dataclasses of the standard library do."""

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from typing import Any

import orjson
import pytest

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """A frozen one."""

    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list, hash=False, compare=False)
    note: str = field(default="", repr=False)

    @property
    def sum(self) -> int:
        return self.x + self.y


@dataclass(slots=True)
class Counter:
    count: int = 0


@dataclass(frozen=True, slots=True)
class Alone:
    only: str


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list, hash=False, compare=False)
    note: str = field(default="", repr=False)


def test_a_record_has_its_fields_defaults_and_properties() -> None:
    point = Point(1, note="n")
    assert (point.x, point.y, point.tags, point.note, point.sum) == (1, 2, [], "n", 3)
    assert Point(1).tags is not Point(1).tags
    assert [each.name for each in fields(Point)] == ["x", "y", "tags", "note"]


def test_a_frozen_record_refuses_every_change() -> None:
    point: Any = Point(1)
    with pytest.raises(FrozenInstanceError):
        point.x = 3
    with pytest.raises(FrozenInstanceError):
        del point.x
    with pytest.raises(FrozenInstanceError):
        point.other = 3
    assert not hasattr(point, "__dict__")


def test_a_record_that_is_not_frozen_can_be_changed_and_has_no_hash() -> None:
    counter = Counter()
    counter.count += 1
    assert counter == Counter(1)
    with pytest.raises(TypeError):
        hash(counter)


def test_records_are_equal_by_their_compared_fields_within_one_class() -> None:
    assert Point(1, tags=["a"]) == Point(1, tags=["b"]) != Point(1, 3)
    assert Alone("a") == Alone("a") != Alone("b")
    assert {Point(1), Point(1), Point(2)} == {Point(2), Point(1)}
    other: object = Standard(1)
    assert Point(1) != other


def test_a_record_is_shown_as_its_standard_twin() -> None:
    assert repr(Point(1)) == repr(Standard(1)).replace("Standard", "Point")


def test_records_can_be_replaced_copied_pickled_matched_and_written_as_json() -> None:
    point = Point(1, 5, ["a"], "n")
    assert replace(point, x=3) == Point(3, 5, note="n")
    assert copy.copy(point).tags is point.tags
    assert copy.deepcopy(point).tags == ["a"] and copy.deepcopy(point).tags is not point.tags
    assert pickle.loads(pickle.dumps(point)) == point
    assert asdict(point) == {"x": 1, "y": 5, "tags": ["a"], "note": "n"} == orjson.loads(orjson.dumps(point))
    match point:
        case Point(x, 5):
            assert x == 1
        case _:
            raise AssertionError


def test_missing_and_unknown_arguments_are_type_errors() -> None:
    make: Any = Point
    for arguments in ({}, {"x": 1, "z": 2}):
        with pytest.raises(TypeError):
            make(**arguments)


def test_a_class_that_needs_more_is_refused_when_it_is_made() -> None:
    class Initialised:
        x: int

        def __post_init__(self) -> None: ...

    for declared in (Initialised, type("Child", (Counter,), {})):
        with pytest.raises(TypeError, match="standard library"):
            dataclass(slots=True)(declared)
