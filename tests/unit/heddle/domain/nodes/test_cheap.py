"""The cheap node types compute what they say, and name the field that they cannot use."""

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle.domain.nodes.aggregates import OPERATIONS
from heddle.domain.nodes.catalogue import NODE_TYPES
from heddle.domain.nodes.cheap import ENGINE_RUNNERS
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import NodeError


def evaluate(value: Any, names: Mapping[str, Any]) -> Any:
    """Stand for the expression language: `$item.a` is looked up, a callable is called, anything else is itself."""
    if callable(value):
        return value(*names.values())
    if isinstance(value, str) and value.startswith("$"):
        found: Any = names
        for part in value[1:].split("."):
            found = found[part]
        return found
    if isinstance(value, dict):
        return {key: evaluate(inner, names) for key, inner in value.items()}
    return value


def run(type_: str, **config: Any) -> NodeResult:
    return ENGINE_RUNNERS[type_](NodeTask("t", "r", "n", 1, type_, config, 1.0, "key", "corr"), evaluate)


def output(type_: str, **config: Any) -> Any:
    return run(type_, **config).output


def test_every_cheap_type_of_the_catalogue_has_a_runner() -> None:
    assert set(ENGINE_RUNNERS) == {name for name, type_ in NODE_TYPES.items() if type_.host == "engine"}


def test_runners_import_nothing_heavy() -> None:
    script = (
        "import sys, heddle.domain.nodes.cheap, heddle.domain.nodes.waiting\n"
        "print([name for name in ('pydantic', 'boto3', 'orjson', 'minijinja') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=_env())

    assert done.stdout.strip() == "[]"


def _env() -> dict[str, str]:
    return {"PYTHONPATH": "layers/core/python"}


@pytest.mark.parametrize(
    ("value", "text"), [("hi", "hi"), (None, ""), (True, "true"), (1.5, "1.5"), ({"ä": [1]}, '{"ä": [1]}')]
)
def test_a_template_gives_text_whatever_it_rendered_to(value: Any, text: str) -> None:
    assert output("template", template=value) == {"text": text}


def test_a_template_can_be_trimmed() -> None:
    assert output("template", template="\n a\n\n \n\nb \n", trim=True) == {"text": "a\n\nb"}


def test_set_gives_its_values() -> None:
    assert output("set", values={"a": 1, "b": None}) == {"a": 1, "b": None}


def test_transform_gives_a_value_or_maps_a_list() -> None:
    assert output("transform", value={"a": 1}) == {"a": 1}
    assert output("transform", items=["x", "y"], each={"n": "$index", "v": "$item"}) == [
        {"n": 0, "v": "x"},
        {"n": 1, "v": "y"},
    ]


def test_filter_keeps_sorts_and_cuts() -> None:
    items = [{"n": 3}, {"n": None}, {"n": 1}, {"n": 2}]

    assert output("filter", items=items, where=lambda item, index: index > 0)[0] == {"n": None}
    assert output("filter", items=items, order_by="$item.n") == [{"n": 1}, {"n": 2}, {"n": 3}, {"n": None}]
    assert output("filter", items=items, order_by="$item.n", descending=True, limit=2) == [{"n": 3}, {"n": 2}]
    assert output("filter", items=items, offset=3) == [{"n": 2}]
    assert output("filter", items=items, where=lambda item, index: "false ") == []


def test_filter_ranks_by_relevance_to_a_question() -> None:
    items = [
        {"text": "Bananas are yellow."},
        {"text": "Weaving needs a loom, and a loom needs a weaver."},
        {"text": "A loom."},
    ]

    ranked = output("filter", items=items, query="How do looms help weaving?")

    assert ranked == [items[1], items[2]]
    assert output("filter", items=items, query="yellow bananas", limit=1) == [items[0]]
    assert output("filter", items=["世界和平", "天气"], query="世界") == ["世界和平"]
    assert output("filter", items=[{"a": "x loom"}], query="loom", text="$item.a") == [{"a": "x loom"}]


@pytest.mark.parametrize(
    ("operation", "items", "result"),
    [
        ("count", [1, None, "a"], 3),
        ("sum", [1, None, 2.5], 3.5),
        ("avg", [1, 2], 1.5),
        ("median", [9, 1, 2], 2),
        ("median", [4, 1, 2, 3], 2.5),
        ("min", ["b", "a", None], "a"),
        ("max", [1, 3, 2], 3),
        ("join", ["a", None, 1, {"b": 2}], 'a, 1, {"b": 2}'),
        ("merge", [{"a": 1, "b": 1}, None, {"b": 2}], {"a": 1, "b": 2}),
        ("flatten", [[1, [2]], 3], [1, [2], 3]),
        ("unique", [1, "1", 1, {"a": 1, "b": 2}, {"b": 2, "a": 1}], [1, "1", {"a": 1, "b": 2}]),
        ("first", [1, 2], 1),
        ("last", [1, 2], 2),
    ],
)
def test_aggregate_computes(operation: str, items: list[Any], result: Any) -> None:
    assert output("aggregate", operation=operation, items=items, separator=", ") == result


@pytest.mark.parametrize(
    ("operation", "result"),
    [
        ("count", 0),
        ("sum", 0),
        ("avg", None),
        ("median", None),
        ("min", None),
        ("max", None),
        ("join", ""),
        ("merge", {}),
        ("flatten", []),
        ("unique", []),
        ("first", None),
        ("last", None),
    ],
)
def test_nothing_aggregates_to_something_sensible(operation: str, result: Any) -> None:
    assert output("aggregate", operation=operation, items=[]) == result


def test_aggregate_groups_and_counts_by_key() -> None:
    items = [{"k": "a", "v": 1}, {"k": None, "v": 2}, {"k": "a", "v": 3}]

    assert output("aggregate", operation="group", items=items, by="$item.k", value="$item.v") == {
        "a": [1, 3],
        "null": [2],
    }
    assert output("aggregate", operation="count", items=items, by="$item.k") == {"a": 2, "null": 1}
    assert output("aggregate", operation="unique", items=items, by="$item.k") == items[:2]


def test_a_router_takes_the_first_branch_that_holds_and_tries_no_other() -> None:
    def never(value: Any) -> Any:
        raise AssertionError("tried")

    rules = [
        {"branch": "low", "when": lambda value: value < 1},
        {"branch": "high", "when": lambda value: value > 1},
        {"branch": "late", "when": never},
    ]

    result = run("router", value=5, rules=rules)

    assert result.output == {"branch": "high", "branches": ["high"]}
    assert result.route == ("high",)


def test_a_router_can_take_all_branches_its_default_or_none() -> None:
    rules = [{"branch": "a", "when": "$value"}, {"branch": "b", "when": "$value"}, {"branch": "a", "when": True}]

    assert run("router", value=True, rules=rules, mode="all").route == ("a", "b")
    assert run("router", value=False, rules=rules[:2], default="c").route == ("c",)
    assert run("router", value=0, rules=rules[:2]).output == {"branch": None, "branches": []}


@pytest.mark.parametrize(
    ("type_", "config", "field"),
    [
        ("set", {"values": 1}, "values"),
        ("template", {"template": "", "trim": "maybe"}, "trim"),
        ("transform", {"items": None, "each": 1}, "items"),
        ("filter", {"items": "abc"}, "items"),
        ("filter", {"items": [], "limit": -1}, "limit"),
        ("filter", {"items": [], "limit": 1.5}, "limit"),
        ("filter", {"items": [1, "a"], "order_by": "$item"}, "order_by"),
        ("aggregate", {"items": [], "operation": "guess"}, "operation"),
        ("aggregate", {"items": ["a"], "operation": "sum"}, "items"),
        ("aggregate", {"items": [True], "operation": "avg"}, "items"),
        ("aggregate", {"items": [1e308, 1e308], "operation": "sum"}, "items"),
        ("aggregate", {"items": [2**63], "operation": "sum"}, "items"),
        ("aggregate", {"items": [10**400, 1.5], "operation": "avg"}, "items"),
        ("aggregate", {"items": [1], "operation": "group"}, "by"),
        ("aggregate", {"items": [1], "operation": "merge"}, "items"),
        ("router", {"rules": ["x"]}, "rules[0]"),
        ("router", {"rules": [{"branch": None, "when": True}]}, "branch"),
        ("router", {"rules": [], "mode": "some"}, "mode"),
    ],
)
def test_a_value_that_cannot_be_used_is_a_node_error_that_names_its_field(
    type_: str, config: dict[str, Any], field: str
) -> None:
    with pytest.raises(NodeError) as caught:
        run(type_, **config)

    assert (caught.value.code, caught.value.details["field"]) == ("node_config_invalid", field)
    assert not caught.value.retryable


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


FIELDS = ["items", "value", "values", "by", "where", "limit", "rules", "default", "query", "each", "depth", "mode"]


@given(
    st.sampled_from(sorted(ENGINE_RUNNERS)),
    st.dictionaries(st.sampled_from(FIELDS), JSON),
    st.sampled_from([*OPERATIONS]),
)
def test_no_config_raises_anything_but_a_node_error(type_: str, config: dict[str, Any], operation: str) -> None:
    task = NodeTask("t", "r", "n", 1, type_, {"operation": operation, **config}, 1.0, "key", "corr")

    try:
        ENGINE_RUNNERS[type_](task, lambda value, names: value)
    except NodeError as error:
        assert error.code == "node_config_invalid"
