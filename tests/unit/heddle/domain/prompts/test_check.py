"""What a prompt document must be, and that everything wrong with it is said at once."""

from typing import Any

import pytest

from heddle.domain.prompts.check import check
from heddle.domain.prompts.prompt import Variable
from tests.support.prompts import problems_of


def codes(document: dict[str, Any]) -> list[str]:
    return [problem.code for problem in problems_of(document)]


def test_a_document_becomes_a_draft_with_defaults_filled_in() -> None:
    draft = check({"name": "hello", "content": "Hello {{ who }}", "variables": {"who": "String"}})

    assert draft.content == draft.templates == {"user": "Hello {{ who }}"}
    assert draft.variables == {"who": Variable("String", required=True)}
    assert (draft.syntax, draft.output_format, draft.tags, draft.tests) == ("jinja", "Text", (), ())


def test_a_default_makes_a_variable_optional() -> None:
    draft = check({"name": "hello", "content": "{{ a }}", "variables": {"a": {"type": "Number", "default": 3}}})

    assert draft.variables["a"] == Variable("Number", required=False, default=3)


def test_the_hash_covers_what_is_rendered_and_nothing_else() -> None:
    base: dict[str, Any] = {"name": "a", "content": "x", "variables": {}}
    same = [{**base, "name": "b"}, {**base, "tags": ["t"]}, {**base, "note": "n"}, {**base, "description": "d"}]
    other = [{**base, "content": "y"}, {**base, "variables": {"v": "Any"}}, {**base, "output_format": "Html"}]
    other += [{**base, "syntax": "handlebars"}, {**base, "content": {"system": "x"}}]
    other += [{**base, "tests": [{"variables": {}, "expect": "x"}]}]

    digest = check(base).content_hash

    assert {check(document).content_hash for document in same} == {digest}
    assert len({check(document).content_hash for document in other} | {digest}) == len(other) + 1


def test_all_problems_are_told_at_once_with_their_places() -> None:
    document = {
        "name": "Not A Name",
        "content": {"system": "one\n{{ who }}", "user": "<script>\n{{ x.__class__ }}\n{% if %}"},
        "variables": {"a__b": {"type": "Text"}},
        "colour": "red",
        "tests": [{"variables": {}}],
    }

    found = {(problem.code, problem.path, problem.line) for problem in problems_of(document)}

    assert found == {
        ("PROMPT_UNKNOWN_FIELD", "colour", None),
        ("PROMPT_INVALID_NAME", "name", None),
        ("PROMPT_DANGEROUS_NAME", "variables.a__b", None),
        ("PROMPT_INVALID_FIELD", "variables.a__b.type", None),
        ("PROMPT_UNDECLARED_VARIABLE", "content.system", 2),
        ("PROMPT_SCRIPT_TAG", "content.user", 1),
        ("PROMPT_DUNDER", "content.user", 2),
        ("PROMPT_INVALID_FIELD", "tests[0]", None),
    }


def test_an_undeclared_variable_is_named_with_those_that_are_declared() -> None:
    (problem,) = problems_of(
        {"name": "p", "content": "a\n\n{{ whom }}", "variables": {"who": "String", "why": "String"}}
    )

    assert problem.message == "line 3: `whom` is not declared in `variables`; declared are who, why"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<ScRiPt src='x'>", "PROMPT_SCRIPT_TAG"),
        ("</ script>", "PROMPT_SCRIPT_TAG"),
        ("[a](JavaScript :alert(1))", "PROMPT_JAVASCRIPT_URL"),
        ("<img\n src=x onerror = 'y'>", "PROMPT_INLINE_HANDLER"),
        ("a.__proto__", "PROMPT_PROTOTYPE"),
        ("constructor ['x']", "PROMPT_PROTOTYPE"),
        ("{{ a.constructor }}", "PROMPT_PROTOTYPE"),
        ("{{ a['prototype'] }}", "PROMPT_PROTOTYPE"),
        ("{{ a.__class__ }}", "PROMPT_DUNDER"),
        ("{{ a['__class__'] }}", "PROMPT_DUNDER"),
        ("{{ secrets.key }}", "PROMPT_SECRET"),
        ("{{ secrets['key'] }}", "PROMPT_SECRET"),
        ("{% if secrets %}{% endif %}", "PROMPT_SECRET"),
        ("{% set x = env %}", "PROMPT_SECRET"),
        ("{{ environ.HOME }}", "PROMPT_SECRET"),
        ("{{ exec('ls') }}", "PROMPT_DANGEROUS_FUNCTION"),
        ("{{ a.system('ls') }}", "PROMPT_DANGEROUS_FUNCTION"),
        ("{{ eval('1') }}", "PROMPT_DANGEROUS_FUNCTION"),
        ("{{ a.append(1) }}", "PROMPT_NOT_ALLOWED"),
        ("{{ a | attr('x') }}", "PROMPT_NOT_ALLOWED"),
        ("{{ a | nonsense }}", "PROMPT_NOT_ALLOWED"),
        ("{{ debug() }}", "PROMPT_NOT_ALLOWED"),
        ("{% import 'x' as y %}", "PROMPT_NOT_ALLOWED"),
        ("{{ a", "PROMPT_SYNTAX"),
        ("{% for %}", "PROMPT_SYNTAX"),
        ("{# open", "PROMPT_SYNTAX"),
        ("{% include a %}", "PROMPT_INCLUDE_INVALID"),
        ("{% include ['x', 'y'] %}", "PROMPT_INCLUDE_INVALID"),
        ("{% include 'x' ignore missing %}", "PROMPT_INCLUDE_INVALID"),
        ("{% include '../etc/passwd' %}", "PROMPT_INCLUDE_INVALID"),
        ("{% extends a %}", "PROMPT_INCLUDE_INVALID"),
        ("{% if a %}" * 11 + "{% endif %}" * 11, "PROMPT_TOO_DEEP"),
        ("x" * (128 * 1024 + 1), "PROMPT_TOO_LARGE"),
        ("x" * (5 * 1024 * 1024), "PROMPT_TOO_LARGE"),
        ("\ud800", "PROMPT_INVALID_FIELD"),
        (" \n", "PROMPT_INVALID_FIELD"),
    ],
)
def test_a_dangerous_or_broken_text_is_refused(text: str, code: str) -> None:
    assert code in codes({"name": "p", "content": text, "variables": {"a": "Any"}})


def test_code_in_a_text_is_only_text() -> None:
    texts = [
        "Explain eval() and exec().",
        "What is in a constructor?",
        "once upon = a time",
        "{% raw %}{{ x }}{% endraw %}",
    ]

    assert [codes({"name": "p", "content": text}) for text in texts] == [[], [], [], []]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("my__name", "PROMPT_DANGEROUS_NAME"),
        ("prototype", "PROMPT_DANGEROUS_NAME"),
        ("theConstructor", "PROMPT_DANGEROUS_NAME"),
        ("$where", "PROMPT_DANGEROUS_NAME"),
        ("secrets", "PROMPT_SECRET"),
        ("env", "PROMPT_SECRET"),
        ("a-b", "PROMPT_INVALID_NAME"),
        ("1a", "PROMPT_INVALID_NAME"),
        ("", "PROMPT_INVALID_NAME"),
        ("loop", "PROMPT_INVALID_NAME"),
        ("if", "PROMPT_INVALID_NAME"),
        ("now", "PROMPT_INVALID_NAME"),
        ("a" * 65, "PROMPT_INVALID_NAME"),
    ],
)
def test_a_variable_with_a_dangerous_name_is_refused(name: str, code: str) -> None:
    assert codes({"name": "p", "content": "x", "variables": {name: "Any"}}) == [code]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"content": 3}, "content"),
        ({"content": {}}, "content"),
        ({"content": {"assistant": "x"}}, "content"),
        ({"syntax": "mustache"}, "syntax"),
        ({"output_format": "Xml"}, "output_format"),
        ({"tags": "mail"}, "tags"),
        ({"tags": ["Mail Box"]}, "tags"),
        ({"tags": [f"t{number}" for number in range(11)]}, "tags"),
        ({"labels": ["3"]}, "labels"),
        ({"description": 3}, "description"),
        ({"variables": []}, "variables"),
        ({"variables": {"a": 3}}, "variables.a"),
        ({"variables": {"a": {"kind": "String"}}}, "variables.a"),
        ({"variables": {"a": {"required": "yes"}}}, "variables.a.required"),
        ({"variables": {"a": {"type": "Number", "default": "3"}}}, "variables.a.default"),
        ({"variables": {"a": {"type": "Number", "default": True}}}, "variables.a.default"),
        ({"tests": {}}, "tests"),
        ({"tests": [{"variables": {}, "expect": 3}]}, "tests[0]"),
    ],
)
def test_a_field_of_the_wrong_shape_is_named(fields: dict[str, Any], path: str) -> None:
    assert [problem.path for problem in problems_of({"name": "p", "content": "x", **fields})] == [path]


def test_names_of_built_in_prompts_are_reserved() -> None:
    assert codes({"name": "heddle.mine", "content": "x"}) == ["PROMPT_RESERVED_NAME"]


def test_includes_are_found_once_each() -> None:
    draft = check(
        {
            "name": "p",
            "content": '{% extends "base@2" %}{% block a %}{% include "f" %}{%- include "f" -%}{% endblock %}',
        }
    )

    assert draft.includes == ("base@2", "f")
