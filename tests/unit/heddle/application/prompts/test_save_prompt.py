"""Saving a prompt: versions, conflicts, and the tests that a document brings."""

from dataclasses import replace

import pytest

from heddle.adapters.memory.prompts import MemoryPromptStore
from heddle.domain.prompts.prompt import Prompt
from heddle.errors import Conflict, InvalidPrompt, VersionConflict
from tests.unit.heddle.application.prompts.conftest import Desk


def test_each_new_content_is_the_next_version(desk: Desk) -> None:
    assert [desk.write(text) for text in ("one", "two", "one")] == [1, 2, 3]


def test_the_same_content_is_the_same_version_and_changes_nothing(desk: Desk) -> None:
    desk.write("one", tags=["mail"])
    before = desk.store.prompt("acme", "p")

    _, version, fresh = desk.save("acme", {"name": "p", "content": "one", "tags": ["mail"]}, by="user:eve")

    assert (version.number, fresh) == (1, False)
    assert desk.store.prompt("acme", "p") == before


def test_a_new_description_alone_makes_no_version(desk: Desk) -> None:
    desk.write("one")

    row, version, fresh = desk.save("acme", {"name": "p", "content": "one", "description": "new"}, by="user:eve")

    assert (row.description, row.updated_by, version.number, fresh) == ("new", "user:eve", 1, False)


def test_creating_what_is_there_is_a_conflict(desk: Desk) -> None:
    desk.write("one")

    with pytest.raises(Conflict) as caught:
        desk.save("acme", {"name": "p", "content": "two"}, by="user:ada", create=True)
    assert caught.value.code == "prompt_exists"


def test_who_states_a_version_is_told_that_it_is_old(desk: Desk) -> None:
    desk.write("one")
    desk.write("two")

    for expected in (0, 1):
        with pytest.raises(VersionConflict):
            desk.save("acme", {"name": "p", "content": "three"}, by="user:ada", expected_version=expected)
    assert desk.save("acme", {"name": "p", "content": "three"}, by="user:ada", expected_version=2)[1].number == 3


def test_a_save_beside_another_one_comes_after_it(desk: Desk) -> None:
    desk.write("one")

    class Racing(MemoryPromptStore):
        raced = False

        def prompt(self, tenant: str, name: str) -> Prompt | None:
            found = desk.store.prompt(tenant, name)
            if not self.raced:
                self.raced = True
                desk.write("from the other side")
            return found

        save = desk.store.save
        version = desk.store.version

    racing = replace(desk.save, store=Racing())

    assert racing("acme", {"name": "p", "content": "mine"}, by="user:ada")[1].number == 3


def test_nothing_is_written_of_a_prompt_with_problems(desk: Desk) -> None:
    with pytest.raises(InvalidPrompt):
        desk.write("{{ a }} {% include 'nowhere' %}")

    assert desk.store.prompt("acme", "p") is None


def test_labels_of_the_document_are_set_with_the_version(desk: Desk) -> None:
    desk.write("one", labels=["production", "draft"])
    desk.write("two", labels=["draft"])

    row = desk.find.row("acme", "p")

    assert {name: label.version for name, label in row.labels.items()} == {"production": 1, "draft": 2}


def test_a_failing_test_refuses_the_save_and_says_what_came_out(desk: Desk) -> None:
    tests = [
        {"variables": {"who": "Ada"}, "expect": "Hello Ada"},
        {"variables": {"who": "Ada"}, "expect": "Hi Ada"},
        {"variables": {"who": "Eve"}, "expect_contains": ["Hello", "Ada"]},
        {"variables": {}, "expect": "Hello"},
    ]

    with pytest.raises(InvalidPrompt) as caught:
        desk.write("Hello {{ who }}", variables={"who": "String"}, tests=tests)

    assert [(problem.code, problem.path, problem.message) for problem in caught.value.problems] == [
        ("PROMPT_TEST_FAILED", "tests[1]", "test 2: expected 'Hi Ada', got 'Hello Ada'"),
        ("PROMPT_TEST_FAILED", "tests[2]", "test 3: 'Ada' is not in 'Hello Eve'"),
        (
            "PROMPT_TEST_FAILED",
            "tests[3]",
            "test 4: prompt 'p' version 0: who is required (String)",
        ),
    ]


def test_passing_tests_are_kept_with_the_version(desk: Desk) -> None:
    desk.write({"system": "S", "user": "U"}, tests=[{"expect": "S\nU"}, {"expect_contains": "U"}])

    assert len(desk.find.version("acme", "p", 1).tests) == 2
