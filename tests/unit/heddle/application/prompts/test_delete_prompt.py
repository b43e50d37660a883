"""Deleting prompts, whose versions stay for the runs that name them."""

import pytest

from heddle.errors import Forbidden, NotFound
from tests.unit.heddle.application.prompts.conftest import Desk


def test_a_deleted_prompt_is_found_only_by_the_runs_that_name_its_version(desk: Desk) -> None:
    desk.write("one", labels=["production"])
    desk.delete("acme", "p", by="user:eve")
    desk.delete("acme", "p", by="user:eve")

    with pytest.raises(NotFound):
        desk.text("p")
    with pytest.raises(NotFound):
        desk.find.row("acme", "p")
    assert desk.text("p@1") == "one"
    trail = desk.store.changes("acme", "p", limit=5).items
    assert [(line.action, line.version, line.by) for line in trail] == [
        ("delete", None, "user:eve"),
        ("set", 1, "user:ada"),
    ]


def test_a_deleted_prompt_that_is_saved_again_goes_on_counting(desk: Desk) -> None:
    desk.write("one", labels=["production"])
    desk.delete("acme", "p", by="user:eve")

    row, version, fresh = desk.save("acme", {"name": "p", "content": "one"}, by="user:ada", create=True)

    assert (version.number, fresh, row.labels) == (2, True, {})


def test_what_never_was_or_is_built_in_is_not_deleted(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.delete("acme", "p", by="user:ada")
    with pytest.raises(Forbidden):
        desk.delete("acme", "heddle.system_prompt", by="user:ada")
