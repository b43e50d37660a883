"""Saving, labelling, rendering, deleting prompts, over a store in memory."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from heddle.adapters.memory.prompts import MemoryPromptStore
from heddle.application.prompts.delete_prompt import DeletePrompt
from heddle.application.prompts.find_prompt import FindPrompt
from heddle.application.prompts.label_prompt import LabelPrompt
from heddle.application.prompts.render_prompt import RenderPrompt
from heddle.application.prompts.save_prompt import SavePrompt
from heddle.domain.prompts.prompt import Prompt
from heddle.errors import Conflict, Forbidden, HeddleError, InvalidInput, InvalidPrompt, NotFound, VersionConflict


@dataclass
class Desk:
    """The use cases over one store, with a clock that only moves when told."""

    store: MemoryPromptStore = field(default_factory=MemoryPromptStore)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.save = SavePrompt(self.store, self.now, self.monotonic)
        self.label = LabelPrompt(self.store, self.now, self.monotonic)
        self.delete = DeletePrompt(self.store, self.now)
        self.find = FindPrompt(self.store)
        self.render = RenderPrompt(self.store, self.now, self.monotonic)

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def write(self, content: Any, name: str = "p", **fields: Any) -> int:
        document = {"name": name, "content": content, **fields}
        return self.save("acme", document, by="user:ada")[1].number

    def text(self, ref: str, **variables: Any) -> str:
        return self.render("acme", ref, variables).text


@pytest.fixture
def desk() -> Desk:
    return Desk()


# --- saving


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


# --- tests in the document


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


# --- includes


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


# --- rendering by reference


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


# --- labels


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


# --- deleting


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
