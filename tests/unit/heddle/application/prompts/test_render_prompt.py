"""Rendering by reference: which version is meant, and when labels are read again."""

import pytest

from heddle.errors import InvalidInput, NotFound
from tests.unit.heddle.application.prompts.conftest import Desk


def test_a_reference_means_production_then_the_newest(desk: Desk) -> None:
    desk.write("one")
    desk.write("two")
    assert desk.text("p") == "two"

    desk.label.set("acme", "p", "production", 1, by="user:ada")
    desk.seconds += 6

    assert (desk.text("p"), desk.text("p@production"), desk.text("p@2")) == ("one", "one", "two")


def test_a_label_is_read_again_after_some_seconds_only(desk: Desk) -> None:
    desk.write("one", labels=["production"])
    assert desk.text("p") == "one"
    desk.write("two", labels=["production"])

    before = desk.text("p")
    desk.seconds += 5

    assert (before, desk.text("p")) == ("one", "two")


def test_a_version_is_read_once(desk: Desk) -> None:
    desk.write("one")
    assert desk.text("p@1") == "one"

    desk.store._versions.clear()

    assert desk.text("p@1") == "one"


def test_what_a_reference_cannot_find_is_named(desk: Desk) -> None:
    desk.write("one", labels=["draft"])

    found = {}
    for ref in ("q", "p@2", "p@live", "heddle.nope", "heddle.system_prompt@2", "heddle.system_prompt@x"):
        with pytest.raises(NotFound) as caught:
            desk.text(ref)
        found[ref] = caught.value.code

    assert found == {
        "q": "prompt_not_found",
        "p@2": "prompt_version_not_found",
        "p@live": "prompt_label_not_found",
        "heddle.nope": "prompt_not_found",
        "heddle.system_prompt@2": "prompt_version_not_found",
        "heddle.system_prompt@x": "prompt_label_not_found",
    }


@pytest.mark.parametrize("ref", ["", "P", "a b", "a@", "a@0", "a@-1", "a@1.5", "a@@1", "a#b", "../a", "a@" + "9" * 50])
def test_what_is_no_reference_is_refused(desk: Desk, ref: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        desk.text(ref)

    assert caught.value.code == "prompt_ref_invalid"


def test_nobody_renders_the_prompt_of_another_tenant(desk: Desk) -> None:
    desk.write("one")
    assert desk.text("p") == desk.text("p@1") == "one"

    for ref in ("p", "p@1"):
        with pytest.raises(NotFound):
            desk.render("other", ref, {})


def test_built_in_prompts_belong_to_everybody(desk: Desk) -> None:
    assert desk.render("anyone", "heddle.system_prompt", {"role": "a clerk"}).system == "You are a clerk.\n"
