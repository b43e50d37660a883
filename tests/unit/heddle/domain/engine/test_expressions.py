"""What expressions give, and how they refuse."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle.domain.engine.expressions import evaluator, is_expression, references, render
from heddle.errors import NodeError

ROOTS: dict[str, Any] = {
    "input": {"list": [1, 2, 3], "none": None, "text": "hi", "big": 2**80, "items": ["x"], "nested": {"b": 1, "a": 2}},
    "nodes": {"read": {"output": {"text": "<b>hello</b>"}}},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ input.list }}", [1, 2, 3]),
        ("{{ input.list[1] }}", 2),
        ("{{ input['text'] }}", "hi"),
        (" {{ input.none }}\n", None),
        ("{{ input.items | length }}", 1),
        ("{{ input.items }}", ["x"]),
        ("{{ input.big + 1 }}", 2**80 + 1),
        ("{{ {'a': {'b': 1}} }}", {"a": {"b": 1}}),
        ("{{ '}}' }}", "}}"),
        ("{{- input.text -}}", "hi"),
        ("{{ input.text.upper() }}", "HI"),
        ("{{ input.missing | default(3) }}", 3),
        ("{{ input.missing is defined }}", False),
        ("{{ 1 if false }}", None),
        ("{{ input.nested | items }}", [["b", 1], ["a", 2]]),
        ("{{ input.nested | tojson }}", '{"b": 1, "a": 2}'),
        ("{{ '[1, null]' | fromjson }}", [1, None]),
        ("{{ input.nested | merge({'c': 3}) }}", {"b": 1, "a": 2, "c": 3}),
        ("{{ [[1], [2, [3]]] | flatten }}", [1, 2, [3]]),
        ("{{ 'hé' | b64encode | b64decode }}", "hé"),
        ("{{ nodes.read.output.text }}!", "<b>hello</b>!"),
        ("a {{ input.none }}{{ input.nested }}{{ true }}", 'a {"b": 1, "a": 2}true'),
        ("{{ 1 }}{{ 2 }}", "12"),
        ("{% for i in input.list %}{{ loop.index }}{% endfor %}\n", "123\n"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("{% macro f(x) %}<{{ x }}>{% endmacro %}{{ f(input.text) }}", "<hi>"),
        ("plain } text {", "plain } text {"),
        (
            "{{ input.list[:2] }}{{ input.list[1:] }}{{ input.list[::2] }}{{ input.list[:] }}",
            "[1, 2][2, 3][1, 3][1, 2, 3]",
        ),
        ("{{ input.list[input.list[0]:] }}", [2, 3]),
    ],
)
def test_an_expression_gives_its_value(template: str, expected: Any) -> None:
    assert render(template, ROOTS) == expected


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ("{{ input.missing }}", "expression_undefined"),
        ("{{ input.missing.deeper | default(1) }}", "expression_undefined"),
        ("{{ input.list[9] }}", "expression_undefined"),
        ("{{ input.keys }}", "expression_undefined"),
        ("{{ nobody }}", "expression_undefined"),
        ("x {{ input.missing }}", "expression_undefined"),
        ("{{ input.missing + 1 }}", "expression_undefined"),
        ("{% for i in range(10**9) %}{% endfor %}", "expression_fuel_exhausted"),
        ("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", "expression_fuel_exhausted"),
        ("{{ 1 + }}", "expression_failed"),
        ("{{ 1 / 0 }}", "expression_failed"),
        ("{{ 'x' | fromjson }}", "expression_failed"),
        ("{{ input.text | nosuch }}", "expression_failed"),
        ("{{ input.list.append(4) }}", "expression_failed"),
        ("{{ input.list.__class__() }}", "expression_failed"),
        ("{{ input.list | attr('append') }}", "expression_failed"),
        ("{{ (input.list)(1) }}", "expression_failed"),
        ("{% set range = input.list.append %}{{ range(4) }}", "expression_failed"),
        ("{% macro f(x) %}{% endmacro %}{% set f = input.list.append %}{{ f(4) }}", "expression_failed"),
        ("{% for dict in [input.list.append] %}{{ dict(4) }}{% endfor %}", "expression_failed"),
        ("{% macro f(range) %}{{ range(4) }}{% endmacro %}{{ f(input.list.append) }}", "expression_failed"),
        ("{% set f = input.list.append %}{{ f(4) }}", "expression_failed"),
        ("{% include '/etc/passwd' %}", "expression_failed"),
        ("{{ now() }}", "expression_failed"),
        ("{{ 'x", "expression_failed"),
    ],
)
def test_what_cannot_be_evaluated_is_a_node_error(template: str, code: str) -> None:
    with pytest.raises(NodeError) as caught:
        render(template, ROOTS)
    assert caught.value.code == code
    assert "line 1" in caught.value.message
    assert ROOTS["input"]["list"] == [1, 2, 3]


def test_the_message_names_the_line_and_the_expression() -> None:
    with pytest.raises(NodeError, match=r"`b \{\{ input.gone \}\}`, line 2: .*`input.gone` is undefined"):
        render("a\nb {{ input.gone }}\nc", ROOTS)


@pytest.mark.timeout(30)
def test_a_template_that_loops_for_ever_runs_out_of_fuel() -> None:
    with pytest.raises(NodeError) as caught:
        render("{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}", ROOTS)

    assert caught.value.code == "expression_fuel_exhausted"


@given(JSON)
def test_json_goes_through_unchanged(value: Any) -> None:
    assert render("{{ input }}", {"input": value}) == value
    assert render({"a": ["{{ [input] }}"]}, {"input": value}) == {"a": [[value]]}


@given(st.text())
def test_any_text_is_classified_without_an_error(text: str) -> None:
    references("{{" + text)
    references(text)


def test_only_roots_that_are_named_are_looked_up() -> None:
    class Lazy(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            assert name == "input"
            return super().__getitem__(name)

    roots = Lazy(input={"a": 1}, nodes={})
    assert render(["{{ input.a }}", "{{ input.a + 1 }}", "n={{ input.a }}"], roots) == [1, 2, "n=1"]


def test_deferred_fields_see_further_names() -> None:
    evaluate = evaluator(ROOTS)
    assert evaluate({"x": "{{ item.a ~ input.text }}"}, {"item": {"a": 1}}) == {"x": "1hi"}


def test_references_name_nodes_secrets_and_undeclared_names() -> None:
    found = references(
        ["{{ nodes.a.output.x }}{{ nodes['b'].output }}", {"k": "{{ secrets.crm }} {{ foo }}"}, "{{ nodes.c }}", 7]
    )
    assert found.nodes == {"a", "b", "c"}
    assert found.bare == {"c"}
    assert found.secrets == {"crm"}
    assert found.roots == {"nodes", "secrets"}
    assert found.undeclared == {"foo"}
    assert references("{{ nodes.a.output[nodes.b.output:][:2] }}").nodes == {"a", "b"}
    assert references("{{ nodes[input.k].output }}").dynamic == {"nodes"}
    assert references("{% for nodes in input.list %}{{ nodes }}{% endfor %}").roots == {"input"}
    assert not is_expression("none") and is_expression("{{ 1 }}")
