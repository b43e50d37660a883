"""What changed between two versions."""

from dataclasses import replace

from heddle.domain.prompts.compare import compare
from tests.support.prompts import prompt_of


def test_texts_variables_and_format_are_compared() -> None:
    before = prompt_of({"system": "Same.", "user": "One\nTwo\nThree"}, variables={"a": "String", "b": "Number"})
    after = prompt_of(
        {"system": "Same.", "user": "One\n2\nThree"},
        variables={"b": {"type": "Number", "default": 1}, "c": "Any"},
        output_format="Markdown",
    )

    found = compare(before, replace(after, number=2))

    assert found.texts == {"user": "--- p@1 user\n+++ p@2 user\n@@ -1,3 +1,3 @@\n One\n-Two\n+2\n Three"}
    assert (list(found.variables["added"]), list(found.variables["removed"])) == (["c"], ["a"])
    assert found.variables["changed"]["b"]["to"]["default"] == 1
    assert found.other == {"output_format": {"from": "Text", "to": "Markdown"}}
    assert not found.same


def test_a_version_is_the_same_as_itself() -> None:
    found = compare(prompt_of("x"), prompt_of("x"))

    assert (found.same, found.texts, found.other) == (True, {}, {})


def test_texts_with_nothing_in_common_are_shown_as_replaced_without_taking_for_ever() -> None:
    before = "\n".join(["head", *(f"a{number}" for number in range(3000)), "tail"])
    after = "\n".join(["head", *(f"b{number}" for number in range(3000)), "tail"])

    lines = compare(prompt_of(before), prompt_of(after)).texts["user"].split("\n")

    assert lines[2] == "@@ -2,3000 +2,3000 @@"
    assert (lines[3], lines[-1], len(lines)) == ("-a0", "+b2999", 6003)
