"""Templates in Handlebars syntax: what each block, helper and tag gives, and what is refused with what to write."""

from typing import Any

import pytest

from heddle.domain.prompts.handlebars import translate
from heddle.domain.prompts.handlebars_helpers import HELPERS
from heddle.errors import HeddleError
from tests.support.prompts import handlebars, problems_of, prompt_of, rendered

PEOPLE = {"people": [{"name": "Ada", "tags": ["x", "y"]}, {"name": "Bob", "tags": []}], "title": "Team"}

HELPER_CASES: list[tuple[str, dict[str, Any], str]] = [
    ("{{json a}}", {"a": {"b": [1, None, True, "é"]}}, '{"b": [1, null, true, "é"]}'),
    ("{{json a}}", {"a": "x"}, '"x"'),
    ("{{json a.b}}", {"a": {}}, "null"),
    ("{{uppercase a}}", {"a": "straße x"}, "STRASSE X"),
    ("{{uppercase a}}", {"a": None}, ""),
    ("{{lowercase a}}", {"a": "ÉCOLE"}, "école"),
    ("{{capitalize a}}", {"a": "hello WORLD"}, "Hello WORLD"),
    ("{{capitalize a}}", {"a": ""}, ""),
    ('{{#if (eq a "x")}}y{{else}}n{{/if}}', {"a": "x"}, "y"),
    ("{{eq a 1}}{{eq a 1.0}}{{eq a '1'}}{{eq a true}}", {"a": 1}, "truetruefalsefalse"),
    ("{{eq a b}}", {"a": [1, {"x": None}], "b": [1, {"x": None}]}, "true"),
    ("{{eq a null}}{{eq a.b undefined}}", {"a": {}}, "falsetrue"),
    ("{{ne a 1}}{{ne a 2}}", {"a": 1}, "falsetrue"),
    ("{{gt a 1}}{{gt a 2}}{{gt 'b' 'a'}}", {"a": 2}, "truefalsetrue"),
    ("{{lt a 2}}{{lt a 3}}", {"a": 2}, "falsetrue"),
    ("{{gt a.b 1}}{{lt a.b 1}}", {"a": {}}, "falsefalse"),
    ("{{len a}}{{len b}}{{len c}}{{len d}}", {"a": [1, 2], "b": "abc", "c": {"x": 1}, "d": None}, "2310"),
    ("{{contains a 'b'}}{{contains a 'x'}}", {"a": "abc"}, "truefalse"),
    ("{{contains a 2}}{{contains a true}}", {"a": [1, 2]}, "truefalse"),
    ("{{contains a 'k'}}{{contains b 'k'}}", {"a": {"k": 1}, "b": None}, "truefalse"),
    ("{{now}}", {}, "2026-01-31T09:05:07+00:00"),
    ('{{format_date "%d.%m.%Y"}}', {}, "31.01.2026"),
    ('{{format_date a "%-d %b %Y"}}', {"a": "2020-02-03T04:05:06Z"}, "3 Feb 2020"),
    ("{{uppercase (json (len a))}}{{capitalize (lowercase 'ABC')}}", {"a": [1]}, "1Abc"),
]

BLOCK_CASES: list[tuple[str, dict[str, Any], str]] = [
    ("Hello {{who}}!", {"who": "Ada"}, "Hello Ada!"),
    ("{{ a.b.c }}|{{a.b.x.y}}|{{a/b/c}}", {"a": {"b": {"c": 1}}}, "1||1"),
    ("{{a.0}}{{a.[1]}}{{a.9}}{{a.length}}{{b.[c d]}}{{s.length}}", {"a": [7, 8], "b": {"c d": 9}, "s": "abc"}, "78293"),
    ("{{a}} {{b}} {{c}} {{d}}", {"a": True, "b": [1, "x"], "c": None, "d": {"k": 1.5}}, 'true [1, "x"]  {"k": 1.5}'),
    *[
        ("{{#if a}}y{{else}}n{{/if}}{{#unless a}}Y{{else}}N{{/unless}}", {"a": value}, result)
        for value, result in (
            (1, "yN"),
            (0, "nY"),
            (0.0, "nY"),
            ("", "nY"),
            ("0", "yN"),
            ([], "nY"),
            ([0], "yN"),
            ({}, "yN"),
            (None, "nY"),
            (True, "yN"),
            (False, "nY"),
        )
    ],
    ("{{#if a}}1{{else if b}}2{{else unless c}}3{{else}}4{{/if}}", {"a": 0, "b": 0, "c": 1}, "4"),
    ("{{#if a}}1{{else if b}}2{{else unless c}}3{{else}}4{{/if}}", {"a": 0, "b": 0, "c": 0}, "3"),
    ("{{#if a}}1{{else each b}}{{this}}{{../c}}{{else}}4{{c}}{{/if}}", {"a": 0, "b": [5], "c": 6}, "56"),
    ("{{#if a}}1{{else each b}}{{this}}{{../c}}{{else}}4{{c}}{{/if}}", {"a": 0, "b": [], "c": 6}, "46"),
    ("{{#if a}}{{a}}{{^}}none{{/if}}", {"a": ""}, "none"),
    ("{{#each people}}{{name}}({{#each tags}}{{this}}{{/each}}) {{/each}}", PEOPLE, "Ada(xy) Bob() "),
    ("{{#each people}}{{@index}}{{@first}}{{@last}}{{@key}} {{/each}}", PEOPLE, "0truefalse0 1falsetrue1 "),
    (
        "{{#each a}}{{@key}}={{this}}{{#unless @last}}, {{/unless}}{{else}}none{{/each}}",
        {"a": {"x": 1, "y": 2}},
        "x=1, y=2",
    ),
    ("{{#each a}}x{{else}}none{{/each}}", {"a": {}}, "none"),
    ("{{#each a}}x{{else}}none{{/each}}", {"a": "text"}, "none"),
    (
        "{{#each people}}{{../title}}{{@root.title}}{{#each tags}}{{../name}}{{../../title}} {{/each}}{{/each}}",
        PEOPLE,
        "TeamTeamAdaTeam AdaTeam TeamTeam",
    ),
    ("{{#each a}}{{#each this}}{{@../index}}{{@index}} {{/each}}{{/each}}", {"a": [[1, 2], [3]]}, "00 01 10 "),
    (
        "{{#each people as |person number|}}{{number}}{{person.name}}{{title}}{{name}} {{/each}}",
        PEOPLE,
        "0AdaAda 1BobBob ",
    ),
    ("{{#each a}}{{#if this}}{{this}}{{.}}{{./x}}{{this.x}}{{/if}}{{/each}}", {"a": [{"x": 1}]}, '{"x": 1}{"x": 1}11'),
    ("{{#with a}}{{b}}{{../c}}{{else}}none{{/with}}", {"a": {"b": 1}, "c": 2}, "12"),
    ("{{#with a}}x{{else}}none{{c}}{{/with}}", {"a": None, "c": 2}, "none2"),
    ("{{#with a}}x{{else}}none{{/with}}", {"a": 0}, "x"),
    ("{{#with a as |it|}}{{it.b}}{{b}}{{/with}}", {"a": {"b": 1}}, "11"),
    ("{{#each a}}{{#with b}}{{@index}}{{../../t}}{{/with}}{{/each}}", {"a": [{"b": 1}], "t": "T"}, "0T"),
    ("a {{! note }}b {{!-- {{x}} --}}c", {}, "a b c"),
    ("\\{{a}} {{a}} \\{{b}}", {"a": 1}, "{{a}} 1 {{b}}"),
    ("{% if %} {# x #} {{a}} { %} {{a}}{", {"a": 1}, "{% if %} {# x #} 1 { %} 1{"),
    ("{{a}}}", {"a": 1}, "1}"),
    # white space
    ("a  {{~b~}}  c", {"b": 1}, "a1c"),
    ("a\n\n{{~#if b~}}\n x \n{{~/if~}}\n\nc", {"b": 1}, "axc"),
    ("a {{~{b}~}} c", {"b": 1}, "a1c"),
    ("a\n  {{#if b}}\n  x\n  {{else}}\n  y\n  {{/if}}\nc\n", {"b": 1}, "a\n  x\nc\n"),
    ("a\r\n{{#if b}}\r\nx\r\n{{/if}}\r\nc", {"b": 1}, "a\r\nx\r\nc"),
    ("{{#if b}}\nx{{/if}}\n{{! gone }}\n{{b}}\n", {"b": 1}, "x\n1\n"),
    ("x {{#if b}}\ny{{/if}} z", {"b": 1}, "x \ny z"),
    ("{{#each b}}\n- {{this}}\n{{/each}}", {"b": [1, 2]}, "- 1\n- 2\n"),
]


@pytest.mark.parametrize(("template", "data", "text"), HELPER_CASES)
def test_a_helper_gives_what_it_promises(template: str, data: dict[str, Any], text: str) -> None:
    assert handlebars(template, data) == text


def test_every_helper_has_its_case() -> None:
    assert all(any(f"{name}" in template for template, _, _ in HELPER_CASES) for name in HELPERS)


@pytest.mark.parametrize(("template", "data", "text"), BLOCK_CASES)
def test_a_block_gives_what_it_promises(template: str, data: dict[str, Any], text: str) -> None:
    assert handlebars(template, data) == text


def test_in_html_only_the_triple_stash_is_raw() -> None:
    data = {"a": "<b>", "n": None, "d": {"x": "<"}}

    text = handlebars("{{a}}{{{a}}}{{&a}}[{{{n}}}]{{{d}}}{{json d}}", data, output_format="Html")

    assert text == '&lt;b&gt;<b><b>[]{"x": "<"}{&quot;x&quot;: &quot;&lt;&quot;}'


def test_a_partial_is_another_prompt() -> None:
    row = prompt_of("- {{ name }}\n  {{ title }}\n", name="row", variables={"name": "Any", "title": {"default": "?"}})
    version = prompt_of(
        "{{#each people}}\n  {{> row name=this.name}}\n{{/each}}\n{{> row name=title title='T'}}|{{> 'row@1' name=1}}",
        syntax="handlebars",
        variables={"people": "Array", "title": "String"},
    )
    partials = {"row": row, "row@1": row}

    text = rendered(version, partials, people=[{"name": "Ada"}, {"name": "Bob"}], title="x").text

    assert version.includes == ("row", "row@1")
    assert text == "  - Ada\n    x\n  - Bob\n    x\n- x\n  T\n|- 1\n  x\n"


def test_arguments_of_a_partial_are_read_before_any_is_set() -> None:
    pair = prompt_of("{{ a }}{{ b }}", name="pair", variables={"a": "Any", "b": "Any"})
    version = prompt_of("{{> pair a=b b=a}}", syntax="handlebars", variables={"a": "Any", "b": "Any"})

    assert rendered(version, {"pair": pair}, a=1, b=2).text == "21"


@pytest.mark.parametrize(
    ("template", "place", "words"),
    [
        ("{{#if}}x{{/if}}", (1, 4), "{{#if x}}"),
        ("{{#if a b}}x{{/if}}", (1, 4), "{{#if x}}"),
        ("\n {{#if a}}x", (2, 2), "write {{/if}}"),
        ("x{{/if}}", (1, 2), "no block is open"),
        ("{{#if a}}{{#each a}}{{/if}}{{/each}}", (1, 21), "write {{/each}}"),
        ("{{else}}", (1, 1), "in no block"),
        ("{{#if a}}{{else}}{{else}}{{/if}}", (1, 18), "its `else` already"),
        ("{{#list a}}x{{/list}}", (1, 4), "no block `list`"),
        ("{{#eq a 1}}x{{/eq}}", (1, 4), "{{#if (eq …)}}"),
        ("{{#a}}x{{/a}}", (1, 4), "{{#each x}}"),
        ("{{^a}}x{{/a}}", (1, 4), "{{#unless a}}"),
        ("{{#*inline 'x'}}{{/*}}", (1, 4), "save the partial as a prompt"),
        ("{{#> layout}}x{{/>}}", (1, 4), "save the partial as a prompt"),
        ("{{* decorator}}", (1, 1), "decorators"),
        ("{{{{raw}}}} x {{{{/raw}}}}", (1, 1), "raw blocks"),
        ("{{shout a}}", (1, 3), "there are json, uppercase"),
        ("{{lookup a 'x'}}", (1, 3), "write a path"),
        ("{{#if (or a a)}}x{{/if}}", (1, 8), "{{else if b}}"),
        ("{{#if (and a a)}}x{{/if}}", (1, 8), "one {{#if}} into the other"),
        ("{{#if (not a)}}x{{/if}}", (1, 8), "{{#unless a}}"),
        ("{{eq a}}", (1, 3), "takes 2 arguments, not 1"),
        ("{{now a}}", (1, 3), "takes 0 arguments, not 1"),
        ("{{a.b 1}}", (1, 3), "only a helper takes arguments"),
        ("{{json a indent=2}}", (1, 10), "named arguments are only for partials"),
        ("{{'text'}}", (1, 1), "a literal alone"),
        ("{{}}", (1, 1), "the tag is empty"),
        ("{{a", (1, 1), "write }}"),
        ("{{{a}}", (1, 1), "write }}}"),
        ("{{! a", (1, 1), "the comment has no end"),
        ("{{!-- a }}", (1, 1), "write --}}"),
        ("{{#if (eq a 1}}x{{/if}}", (1, 7), "no `)`"),
        ("{{a)}}", (1, 4), "not expected here"),
        ("{{a | b}}", (1, 5), "not expected here"),
        ("{{#if (a.b 1)}}x{{/if}}", (1, 7), "a helper with arguments"),
        ("{{#each a as |x}}{{/each}}", (1, 11), "no second `|`"),
        ("{{#each a as |x y z|}}{{/each}}", (1, 1), "at most 2 names"),
        ("{{#if a as |x|}}{{/if}}", (1, 4), "gives no names"),
        ("{{this}}", (1, 3), "no `this`"),
        ("{{@root}}", (1, 3), "no `this`"),
        ("{{../a}}", (1, 3), "further than"),
        ("{{#if a}}{{../a}}{{/if}}", (1, 12), "further than"),
        ("{{a/../a}}", (1, 3), "only at its beginning"),
        ("{{@index}}", (1, 3), "only within `each`"),
        ("{{#each a}}{{@level}}{{/each}}", (1, 14), "@index, @key, @first, @last, @root"),
        ("{{> (which a)}}", (1, 5), "is not computed"),
        ("{{>}}", (1, 1), "{{> name}}"),
        ("{{> p a}}", (1, 5), "{{> p key=value}}"),
        ("{{#each a}}{{> p}}{{/each}}", (1, 16), "say what the partial gets"),
        ("{{> ../up}}", (1, 5), "no reference to a prompt"),
        ("{{> p a=}}", (1, 7), "nothing follows"),
        ("{{> p a__b=1}}", (1, 7), "double underscore"),
        ("{{secrets.key}}", (1, 3), "recorded"),
        ("{{@root.secrets}}", (1, 3), "recorded"),
        ("{{a.constructor}}", (1, 3), "machinery"),
        ("{{#each a}}{{__class__}}{{/each}}", (1, 14), "machinery"),
    ],
)
def test_what_has_no_translation_is_refused_with_its_place_and_what_to_write(
    template: str, place: tuple[int, int], words: str
) -> None:
    found = translate(template, "content.user").problems

    assert (found[0].line, found[0].column) == place
    assert words in found[0].message
    assert found[0].message.startswith(f"line {place[0]}, column {place[1]}: ")


def test_all_problems_of_a_template_are_told_at_once() -> None:
    found = problems_of(
        {
            "name": "p",
            "content": "{{#if a}}\n{{shout a}}\n{{nobody}}{{#eq a b}}{{@index}}{{/eq}}\n{{> Up}}",
            "syntax": "handlebars",
            "variables": {"a": "Any"},
        }
    )

    assert [(problem.code, problem.line) for problem in found] == [
        ("PROMPT_HANDLEBARS", 2),
        ("PROMPT_HANDLEBARS", 3),
        ("PROMPT_INCLUDE_INVALID", 4),
        ("PROMPT_HANDLEBARS", 1),
        ("PROMPT_UNDECLARED_VARIABLE", 3),
    ]


@pytest.mark.parametrize("template", ["{{gt a 1}}", "{{lt a true}}", "{{len b}}", "{{format_date a '%Y'}}"])
def test_an_argument_of_the_wrong_kind_is_an_error_of_the_render(template: str) -> None:
    with pytest.raises(HeddleError) as caught:
        handlebars(template, {"a": "x", "b": 5})

    assert caught.value.code == "prompt_render_failed"


def test_blocks_are_nested_at_most_ten_deep() -> None:
    deep = "{{#if a}}" * 11 + "{{/if}}" * 11

    assert [problem.code for problem in translate(deep, "content.user").problems] == ["PROMPT_TOO_DEEP"]


def test_every_tag_of_a_large_template_is_translated() -> None:
    found = translate("{{a.b}}\n" * 16_000, "content.user")

    assert (found.source.count('{{ (a | at("b")) }}\n'), found.problems) == (16_000, ())
