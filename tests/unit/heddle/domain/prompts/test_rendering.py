"""What rendering a prompt gives, and how it refuses."""

import hashlib
from typing import Any

import pytest

from heddle.domain.prompts.built_in import built_in
from heddle.domain.prompts.check import check
from heddle.domain.prompts.words import format_date
from heddle.errors import HeddleError
from tests.support.prompts import prompt_of, rendered


def refusal(content: Any, partials: Any = None, fields: dict[str, Any] | None = None, **variables: Any) -> HeddleError:
    with pytest.raises(HeddleError) as caught:
        rendered(prompt_of(content, **(fields or {})), partials, **variables)
    return caught.value


def test_system_and_user_text_are_rendered_and_hashed_together() -> None:
    version = prompt_of(
        {"system": "Be {{ tone }}.", "user": "{{ question }}"}, variables={"tone": "String", "question": "String"}
    )

    made = rendered(version, tone="kind", question="Why?")

    assert (made.system, made.text) == ("Be kind.", "Why?")
    assert made.to_json() == {"name": "p", "version": 1, "hash": hashlib.sha256(b"Be kind.\0Why?").hexdigest()}


def test_the_hash_of_a_single_text_is_that_of_the_text() -> None:
    made = rendered(prompt_of("Grüße\n"))

    assert made.hash == hashlib.sha256("Grüße\n".encode()).hexdigest()


def test_variables_that_are_not_given_take_their_default_or_null() -> None:
    version = prompt_of(
        "{{ a }}|{{ b }}|{{ b is none }}", variables={"a": {"default": [1]}, "b": {"type": "String", "required": False}}
    )

    assert rendered(version).text == "[1]||true"


def test_every_wrong_variable_is_named_with_what_it_must_be() -> None:
    error = refusal(
        "{{ a }}{{ b }}{{ c }}",
        fields={"variables": {"a": "Number", "b": "String", "c": "Boolean"}},
        a=True,
        c=None,
        d=1,
    )

    assert error.code == "prompt_variables_invalid"
    assert error.details["errors"] == [
        {"field": "d", "message": "is not declared; declared are a, b, c"},
        {"field": "a", "message": "must be Number, not Boolean"},
        {"field": "b", "message": "is required (String)"},
        {"field": "c", "message": "must be Boolean, not null"},
    ]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("String", "x", 1),
        ("Number", 1.5, "1"),
        ("Boolean", False, 0),
        ("Array", [1], {}),
        ("Object", {"a": 1}, [1]),
    ],
)
def test_types_are_checked_and_never_guessed(kind: str, good: Any, bad: Any) -> None:
    version = prompt_of("{{ a }}", variables={"a": kind})

    assert rendered(version, a=good).text
    with pytest.raises(HeddleError, match=f"must be {kind}"):
        rendered(version, a=bad)


def test_what_is_missing_is_named_with_its_line() -> None:
    error = refusal("one\n{{ a.b }}", fields={"variables": {"a": "Object"}}, a={})

    assert (error.code, error.message) == (
        "prompt_undefined",
        "prompt 'p' version 1: user text, line 2: `a.b` is undefined",
    )


def test_what_is_missing_in_a_partial_is_named_with_the_partial() -> None:
    inner = prompt_of("x\n{{ who.name }}", name="inner", variables={"who": {"default": {}}})
    partials = {"outer": prompt_of('{% include "inner" %}', name="outer"), "inner": inner}

    error = refusal('{% include "outer" %}', partials)

    assert (error.code, error.message) == (
        "prompt_undefined",
        "prompt 'p' version 1: user text of inner, line 2: `who.name` is undefined",
    )


def test_a_partial_sees_the_variables_and_brings_its_defaults() -> None:
    partial = prompt_of(
        "{{ greeting }}, {{ who }}", name="hello", variables={"greeting": {"default": "Hi"}, "who": "String"}
    )
    version = prompt_of('[{% include "hello" %}]', variables={"who": "String"})

    made = rendered(version, {"hello": partial}, who="Ada")

    assert made.text == "[Hi, Ada]"
    assert made.to_json()["includes"] == {"hello": 1}


def test_of_a_partial_with_two_texts_the_one_of_the_same_part_is_included() -> None:
    partial = prompt_of({"system": "S", "user": "U"}, name="both")
    version = prompt_of({"system": '{% include "both" %}', "user": '{% include "both" %}'})

    made = rendered(version, {"both": partial})

    assert (made.system, made.text) == ("S", "U")


def test_a_child_overrides_blocks_of_its_parent() -> None:
    parent = prompt_of("[{% block a %}a{% endblock %}{% block b %}b{% endblock %}]", name="parent")
    child = prompt_of('{% extends "parent" %}{% block a %}{{ super() }}+{{ x }}{% endblock %}', variables={"x": "Any"})

    assert rendered(child, {"parent": parent}, x=1).text == "[a+1b]"


@pytest.mark.parametrize(
    "content",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(999999999) %}x{% endfor %}",
        "{% macro f() %}{% for b in range(99999) %}{% endfor %}{% endmacro %}" + "{{ f() }}" * 999,
    ],
)
def test_an_endless_template_runs_out_of_fuel(content: str) -> None:
    assert refusal(content).code == "prompt_fuel_exhausted"


@pytest.mark.parametrize(
    "content",
    [
        "{% for a in range(99999) %}" + "x" * 1000 + "{% endfor %}",
        "{% for a in range(99999) %}" + " " * 1000 + "{% endfor %}",
        "{% for a in range(99999) %}{# #}" + "( " * 450 + "{% endfor %}",
        "{% for a in range(99999) %}{% raw %}" + "{{" * 500 + "{% endraw %}{% endfor %}",
        "{% for a in range(99999) %}{{ x }}{% endfor %}",
    ],
)
def test_a_text_that_grows_without_end_is_stopped_while_it_grows(content: str) -> None:
    assert refusal(content, fields={"variables": {"x": "String"}}, x="y" * 1000).code == "prompt_too_large"


def test_counting_long_texts_does_not_change_them() -> None:
    text = (
        "{% if true -%}   "
        + "a" * 100
        + "   {%- endif %}\n"
        + "{# "
        + "c" * 100
        + " #}"
        + " " * 100
        + "{%- if true %}{% endif %}"
    )
    text += "{% raw %}{{" + "b" * 100 + "{% endraw %}" + " " * 80 + "{{ x }}\n"

    made = rendered(prompt_of(text, variables={"x": "Any"}), x=1).text

    assert made == "a" * 100 + "\n" + "{{" + "b" * 100 + " " * 80 + "1\n"


def test_html_is_escaped_unless_it_is_called_safe() -> None:
    version = prompt_of("<p>{{ a }}{{ a | safe }}</p>", variables={"a": "String"}, output_format="Html")

    assert rendered(version, a="<b>").text == "<p>&lt;b&gt;<b></p>"


def test_no_other_format_is_escaped() -> None:
    assert rendered(prompt_of("{{ a }}", variables={"a": "String"}, output_format="Markdown"), a="<b>&").text == "<b>&"


@pytest.mark.parametrize(
    ("output_format", "good", "bad"),
    [("Json", '{"a": {{ a | tojson }}}', '{"a": "{{ a }}"}'), ("Yaml", "a: {{ a | tojson }}", "a: {{ a }}")],
)
def test_a_text_that_is_not_of_its_format_is_an_error(output_format: str, good: str, bad: str) -> None:
    fields: dict[str, Any] = {"variables": {"a": "String"}, "output_format": output_format}

    assert rendered(prompt_of(good, **fields), a='x": [').text
    assert refusal(bad, fields=fields, a='x": [').code == "prompt_output_invalid"


def test_the_time_is_the_one_that_is_passed_in() -> None:
    version = prompt_of("{{ now }} {{ now | format_date('%A, %-d %B %Y, %I:%M %p %z') }}")

    assert rendered(version).text == "2026-01-31T09:05:07+00:00 Saturday, 31 January 2026, 09:05 AM +0000"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("%Y-%m-%dT%H:%M:%S", "2026-03-04T15:06:07"),
        ("%F %T.%f", "2026-03-04 15:06:07.000089"),
        ("%a %b %j %y %-m 100%%", "Wed Mar 063 26 3 100%"),
        ("%-I %p %z", "3 PM -0330"),
    ],
)
def test_dates_are_written_in_english_everywhere(pattern: str, text: str) -> None:
    assert format_date("2026-03-04T15:06:07.000089-03:30", pattern) == text


@pytest.mark.parametrize("value", ["yesterday", "", 3, None])
def test_what_is_no_date_is_refused(value: Any) -> None:
    assert refusal("{{ a | format_date('%Y') }}", fields={"variables": {"a": {"required": False}}}, a=value).code == (
        "prompt_render_failed"
    )


def test_an_unknown_directive_is_named() -> None:
    assert "`%Q`" in refusal("{{ now | format_date('%Q') }}").message


@pytest.mark.parametrize("name", list(built_in()))
def test_built_in_prompts_pass_the_checks_of_any_prompt(name: str) -> None:
    version = built_in()[name]
    variables = {key: variable.to_json() for key, variable in version.variables.items()}

    assert (
        check({"name": "copy", "content": dict(version.content), "variables": variables}).templates == version.templates
    )


@pytest.mark.parametrize(
    ("name", "variables", "text"),
    [
        ("system_prompt", {"role": "a clerk", "rules": ["Be brief."]}, "You are a clerk.\n\nRules:\n- Be brief.\n"),
        ("system_prompt", {}, "You are a careful assistant.\n"),
        ("user_message", {"message": "Why?"}, "Why?\n"),
        (
            "user_message",
            {"message": "Why?", "passages": ["A.", "B."]},
            "Use only these passages; name the number of each one that you rely on.\n\n[1] A.\n\n[2] B.\n\nWhy?\n",
        ),
        (
            "json_response",
            {"task": "Count.", "schema": {"type": "integer"}},
            "Count.\n\nAnswer with one JSON value and nothing else: no sentence before it, no code fence around it.\n"
            'It must be valid under this JSON Schema:\n{"type": "integer"}\n',
        ),
        (
            "tool_selection",
            {"task": "Add.", "tools": [{"name": "sum", "description": "adds"}, {"name": "ask"}]},
            "Which of these tools helps most with the task below?\n\n- sum: adds\n- ask\n\nTask: Add.\n\n"
            'Answer with the tool\'s name alone, or with "none".\n',
        ),
    ],
)
def test_built_in_prompts_read_well(name: str, variables: dict[str, Any], text: str) -> None:
    made = rendered(built_in()[f"heddle.{name}"], **variables)

    assert made.system + made.text == text
