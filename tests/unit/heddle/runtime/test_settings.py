"""Settings are read once, by field name, and complain by variable name."""

from dataclasses import dataclass, field

import pytest

from heddle.runtime.settings import BadEnvironment, Settings


@dataclass(frozen=True, kw_only=True)
class Example(Settings):
    event_table: str
    runs_table: str
    limit: int = 5
    hosted: tuple[str, ...] = ()
    functions: dict[str, str] = field(default_factory=dict)


def test_each_kind_of_field_is_read_from_its_variable() -> None:
    settings = Example.load(
        {"EVENT_TABLE": "e", "RUNS_TABLE": "r", "LIMIT": "9", "HOSTED": "a, b,", "FUNCTIONS": '{"a": "arn"}'}
    )

    assert settings == Example(event_table="e", runs_table="r", limit=9, hosted=("a", "b"), functions={"a": "arn"})


def test_what_is_absent_or_empty_takes_its_default() -> None:
    assert Example.load({"EVENT_TABLE": "e", "RUNS_TABLE": "r", "LIMIT": ""}).limit == 5


def test_all_missing_variables_are_named_at_once() -> None:
    with pytest.raises(BadEnvironment, match="EVENT_TABLE, RUNS_TABLE"):
        Example.load({})


@pytest.mark.parametrize(("name", "text"), [("LIMIT", "many"), ("FUNCTIONS", "{"), ("FUNCTIONS", "[1]")])
def test_an_unreadable_variable_is_named_with_what_it_holds(name: str, text: str) -> None:
    with pytest.raises(BadEnvironment, match=name):
        Example.load({"EVENT_TABLE": "e", "RUNS_TABLE": "r", name: text})
