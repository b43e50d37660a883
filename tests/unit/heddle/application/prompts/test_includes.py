"""Prompts in prompts: which version comes, and what is refused."""

from dataclasses import replace

import pytest

from heddle.errors import HeddleError, InvalidPrompt
from tests.unit.heddle.application.prompts.conftest import Desk


def test_partials_come_by_production_by_version_or_by_label(desk: Desk) -> None:
    desk.write("one", "footer", labels=["production", "old"])
    desk.write("two", "footer")
    desk.write("three", "footer", labels=["next"])

    desk.write("{% include 'footer' %} {% include 'footer@2' %} {% include 'footer@next' %} {% include 'footer@old' %}")

    assert desk.text("p") == "one two three one"


def test_every_include_that_leads_nowhere_is_named(desk: Desk) -> None:
    desk.write("x", "footer")

    with pytest.raises(InvalidPrompt) as caught:
        desk.write("{% include 'nope' %}{% include 'footer@9' %}{% include 'footer@draft' %}")

    assert [(problem.code, problem.message) for problem in caught.value.problems] == [
        ("PROMPT_INCLUDE_NOT_FOUND", "include 'nope': there is no prompt 'nope'"),
        ("PROMPT_INCLUDE_NOT_FOUND", "include 'footer@9': prompt 'footer' has no version 9"),
        ("PROMPT_INCLUDE_NOT_FOUND", "include 'footer@draft': prompt 'footer' has no label 'draft'; it has none"),
    ]


def test_prompts_that_include_each_other_are_refused_with_the_circle(desk: Desk) -> None:
    desk.write("end", "a")
    desk.write("{% include 'a' %}", "b")
    desk.write("{% include 'b' %}", "c")

    with pytest.raises(InvalidPrompt) as caught:
        desk.write("{% include 'c' %}", "a")
    with pytest.raises(InvalidPrompt) as itself:
        desk.write("{% include 'd' %}", "d")

    (problem,) = caught.value.problems
    assert problem.code == "PROMPT_INCLUDE_CIRCLE"
    assert problem.message == "include 'c': prompts include each other: a@0 → c@1 → b@1 → a@0"
    assert itself.value.problems[0].code == "PROMPT_INCLUDE_CIRCLE"


def test_an_earlier_version_of_the_prompt_itself_may_be_included(desk: Desk) -> None:
    desk.write("one", "a")
    desk.write("[{% include 'a@1' %}]", "a")

    assert desk.text("a") == "[one]"


def test_a_circle_that_moving_a_label_would_close_is_refused(desk: Desk) -> None:
    desk.write("end", "a", labels=["production"])
    desk.write("{% include 'a' %}", "b")
    desk.write("{% include 'b@1' %}", "c", labels=["production"])
    desk.store.save(
        "acme",
        replace(desk.find.row("acme", "a"), version=2, revision=2),
        before=desk.find.row("acme", "a"),
        version=replace(desk.find.version("acme", "c", 1), prompt="a", number=2),
    )

    with pytest.raises(HeddleError) as caught:
        desk.label.set("acme", "a", "production", 2, by="user:ada")

    assert caught.value.code == "prompt_include_circle"
    assert desk.find.row("acme", "a").labels["production"].version == 1


def test_includes_may_be_ten_deep_and_no_deeper(desk: Desk) -> None:
    desk.write("end", "p0")
    for depth in range(1, 11):
        desk.write(f"{{% include 'p{depth - 1}' %}}", f"p{depth}")
    assert desk.text("p10") == "end"

    with pytest.raises(InvalidPrompt) as caught:
        desk.write("{% include 'p10' %}", "p11")

    assert caught.value.problems[0].code == "PROMPT_INCLUDE_TOO_DEEP"


def test_a_prompt_includes_at_most_a_hundred_others(desk: Desk) -> None:
    for number in range(101):
        desk.write(str(number), f"n{number}")
    includes = [f"{{% include 'n{number}' %}}" for number in range(101)]

    desk.write("".join(includes[:100]))
    with pytest.raises(InvalidPrompt) as caught:
        desk.write("".join(includes))

    assert caught.value.problems[0].code == "PROMPT_INCLUDE_TOO_MANY"
