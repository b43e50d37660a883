"""Moving labels, back too, and what is written down of it."""

import pytest

from heddle.errors import Conflict, Forbidden, HeddleError, InvalidInput, NotFound
from tests.unit.heddle.application.prompts.conftest import Desk


def test_a_rollback_goes_back_one_version_after_the_other(desk: Desk) -> None:
    for text in ("one", "two", "three"):
        desk.write(text, labels=["production"])

    back = [desk.label.rollback("acme", "p", "production", by="user:eve").labels["production"].version for _ in "ab"]

    assert back == [2, 1]
    with pytest.raises(Conflict) as caught:
        desk.label.rollback("acme", "p", "production", by="user:eve")
    assert caught.value.code == "prompt_no_earlier_version"


def test_who_moved_a_label_when_is_written_down(desk: Desk) -> None:
    desk.write("one", labels=["production"])
    desk.write("two")
    desk.seconds = 60
    desk.label.set("acme", "p", "production", 2, by="user:bob")
    desk.label.set("acme", "p", "production", 2, by="user:bob")
    desk.seconds = 90
    desk.label.rollback("acme", "p", "production", by="user:eve")

    trail = desk.find.changes("acme", "p", limit=10, cursor=None).items

    assert [
        (line.action, line.before, line.version, line.by, line.at.second + 60 * line.at.minute) for line in trail
    ] == [
        ("rollback", 2, 1, "user:eve", 90),
        ("set", 1, 2, "user:bob", 60),
        ("set", None, 1, "user:ada", 0),
    ]


def test_a_label_needs_a_good_name_and_a_version_that_is_there(desk: Desk) -> None:
    desk.write("one")

    with pytest.raises(InvalidInput):
        desk.label.set("acme", "p", "3", 1, by="user:ada")
    with pytest.raises(NotFound):
        desk.label.set("acme", "p", "production", 2, by="user:ada")
    with pytest.raises(NotFound):
        desk.label.rollback("acme", "p", "production", by="user:ada")
    with pytest.raises(Forbidden):
        desk.label.set("acme", "heddle.system_prompt", "production", 1, by="user:ada")


def test_a_prompt_has_at_most_fifty_labels(desk: Desk) -> None:
    desk.write("one", labels=[f"l{number}" for number in range(50)])

    with pytest.raises(Conflict) as caught:
        desk.label.set("acme", "p", "one-more", 1, by="user:ada")
    with pytest.raises(HeddleError) as saved:
        desk.write("two", labels=["one-more"])

    assert caught.value.code == saved.value.code == "prompt_too_many_labels"
