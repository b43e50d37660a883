"""What every store of prompts promises."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from heddle.domain.prompts.prompt import Label, LabelChange, Prompt, PromptTest, PromptVersion, Variable
from heddle.errors import InvalidInput, VersionConflict
from tests.contract.aws import Stores

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def prompt(name: str = "p", number: int = 1, minute: int = 0, **more: Any) -> Prompt:
    at = NOW + timedelta(minutes=minute)
    return Prompt(name, number, number, NOW, at, "user:ada", "what it is for", **more)


def version(name: str = "p", number: int = 1, text: str = "Hello {{ who }}") -> PromptVersion:
    return PromptVersion(
        prompt=name,
        number=number,
        content={"system": "Be kind.", "user": text},
        templates={"system": "Be kind.", "user": text + " (translated)"},
        content_hash="0" * 64,
        created_at=NOW,
        created_by="user:ada",
        syntax="handlebars",
        variables={"who": Variable("String", required=False, default="world", description="whom to greet")},
        output_format="Markdown",
        includes=("footer", "header@3"),
        tests=(PromptTest({"who": "Ada"}, None, ("Ada",)), PromptTest({}, "Hello world")),
        note="first",
    )


def save(stores: Stores, tenant: str, name: str = "p", number: int = 1, minute: int = 0, **more: Any) -> Prompt:
    before = stores.prompts.prompt(tenant, name)
    row = prompt(name, number, minute, **more)
    stores.prompts.save(tenant, row, before=before, version=version(name, number))
    return row


def test_row_and_version_come_back_as_they_were_written(stores: Stores, tenant: str) -> None:
    labels = {"production": Label(1, NOW, "user:ada", (3, 2))}
    row = save(stores, tenant, tags=("mail", "short"), labels=labels)

    assert stores.prompts.prompt(tenant, "p") == row
    assert stores.prompts.version(tenant, "p", 1) == version()
    assert stores.prompts.version(tenant, "p", 2) is None
    assert stores.prompts.prompt(tenant, "q") is None


def test_a_translation_that_is_the_text_itself_comes_back_too(stores: Stores, tenant: str) -> None:
    written = replace(version(), templates=version().content, syntax="jinja")
    stores.prompts.save(tenant, prompt(), before=None, version=written)

    assert stores.prompts.version(tenant, "p", 1) == written


def test_who_read_an_older_revision_writes_nothing(stores: Stores, tenant: str) -> None:
    first = save(stores, tenant)
    save(stores, tenant, number=2)
    change = LabelChange("production", "set", None, 1, NOW, "user:eve", 2)

    for before in (None, first):
        with pytest.raises(VersionConflict):
            stores.prompts.save(tenant, prompt(number=3), before=before, version=version(number=3), changes=(change,))

    assert stores.prompts.prompt(tenant, "p").version == 2
    assert stores.prompts.version(tenant, "p", 3) is None
    assert stores.prompts.changes(tenant, "p", limit=10).items == ()


def test_a_number_that_is_taken_is_refused(stores: Stores, tenant: str) -> None:
    before = save(stores, tenant)

    with pytest.raises(VersionConflict):
        stores.prompts.save(tenant, prompt(number=2), before=before, version=version(text="another"))

    assert stores.prompts.version(tenant, "p", 1) == version()
    assert stores.prompts.prompt(tenant, "p") == before


def test_of_many_who_save_at_once_one_wins(stores: Stores, tenant: str) -> None:
    before = save(stores, tenant)

    def attempt(_: int) -> bool:
        try:
            stores.prompts.save(tenant, prompt(number=2), before=before, version=version(number=2))
        except VersionConflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1


def test_prompts_are_listed_newest_change_first_page_by_page(stores: Stores, tenant: str) -> None:
    for index in range(5):
        save(stores, tenant, f"p{index}", minute=index)
    save(stores, tenant, "p0", 2, minute=9)

    seen: list[str] = []
    cursor = None
    while True:
        page = stores.prompts.prompts(tenant, limit=2, cursor=cursor)
        seen += [row.name for row in page.items]
        cursor = page.cursor
        if cursor is None:
            break

    assert seen == ["p0", "p4", "p3", "p2", "p1"]


def test_prompts_are_found_by_tag_until_they_lose_it(stores: Stores, tenant: str) -> None:
    for index in range(3):
        save(stores, tenant, f"p{index}", minute=index, tags=("mail", f"only-{index}"))
    save(stores, tenant, "p1", 2, minute=5, tags=("chat",))

    first = stores.prompts.prompts(tenant, limit=1, tag="mail")
    rest = stores.prompts.prompts(tenant, limit=5, tag="mail", cursor=first.cursor)

    assert [row.name for row in first.items + rest.items] == ["p2", "p0"]
    assert [row.name for row in stores.prompts.prompts(tenant, limit=5, tag="chat").items] == ["p1"]
    assert stores.prompts.prompts(tenant, limit=5, tag="only-1").items == ()


def test_a_deleted_prompt_leaves_the_lists_but_its_row_and_versions_stay(stores: Stores, tenant: str) -> None:
    before = save(stores, tenant, tags=("mail",))
    gone = replace(before, deleted=True, revision=2)

    stores.prompts.save(tenant, gone, before=before)

    assert stores.prompts.prompt(tenant, "p") == gone
    assert stores.prompts.prompts(tenant, limit=5).items == ()
    assert stores.prompts.prompts(tenant, limit=5, tag="mail").items == ()
    assert stores.prompts.version(tenant, "p", 1) == version()


def test_versions_are_listed_newest_first_without_their_texts(stores: Stores, tenant: str) -> None:
    for number in range(1, 13):
        save(stores, tenant, number=number)

    first = stores.prompts.versions(tenant, "p", limit=8)
    second = stores.prompts.versions(tenant, "p", limit=8, cursor=first.cursor)

    assert [row.number for row in first.items + second.items] == list(range(12, 0, -1))
    assert first.items[0] == replace(version(number=12), content={}, templates={}, variables={}, includes=(), tests=())
    assert second.cursor is None


def test_changes_of_labels_are_listed_newest_first(stores: Stores, tenant: str) -> None:
    before = save(stores, tenant)
    written = []
    for revision in range(2, 6):
        change = LabelChange("production", "set", None, revision, NOW, "user:ada", revision)
        taken = LabelChange("draft", "delete", revision, None, NOW, "user:eve", revision)
        row = replace(before, revision=revision)
        stores.prompts.save(tenant, row, before=before, changes=(change, taken))
        written += [taken, change]
        before = row

    first = stores.prompts.changes(tenant, "p", limit=3)
    second = stores.prompts.changes(tenant, "p", limit=9, cursor=first.cursor)

    assert list(first.items + second.items) == written[::-1]


def test_the_largest_document_that_is_accepted_fits(stores: Stores, tenant: str) -> None:
    noise = random.Random(1)
    text = "".join(chr(noise.randrange(0x4E00, 0x9FFF)) for _ in range(43_000))
    part = "".join(chr(noise.randrange(0x4E00, 0x9FFF)) for _ in range(20_000))
    large = replace(version(text=text), tests=(PromptTest({}, None, (part,)),))

    stores.prompts.save(tenant, prompt(), before=None, version=large)

    assert stores.prompts.version(tenant, "p", 1) == large


def test_no_prompt_of_another_tenant_is_seen(stores: Stores, tenant: str, stranger: str) -> None:
    row = save(stores, tenant, tags=("mail",))
    change = LabelChange("production", "set", None, 1, NOW, "user:ada", 2)
    stores.prompts.save(tenant, replace(row, revision=2), before=row, changes=(change,))

    assert stores.prompts.prompt(stranger, "p") is None
    assert stores.prompts.version(stranger, "p", 1) is None
    assert stores.prompts.prompts(stranger, limit=5).items == ()
    assert stores.prompts.prompts(stranger, limit=5, tag="mail").items == ()
    assert stores.prompts.versions(stranger, "p", limit=5).items == ()
    assert stores.prompts.changes(stranger, "p", limit=5).items == ()
    save(stores, stranger)
    assert stores.prompts.prompt(tenant, "p") == replace(row, revision=2)


def test_cursors_of_other_prompts_and_tenants_or_damaged_ones_are_refused(
    stores: Stores, tenant: str, stranger: str
) -> None:
    for index in range(3):
        save(stores, tenant, f"p{index}", tags=("mail",))
    cursor = stores.prompts.prompts(tenant, limit=1).cursor

    attempts: list[Callable[[], object]] = [
        lambda: stores.prompts.prompts(stranger, limit=1, cursor=cursor),
        lambda: stores.prompts.prompts(tenant, limit=1, cursor=cursor, tag="mail"),
        lambda: stores.prompts.versions(tenant, "p0", limit=1, cursor=cursor),
        lambda: stores.prompts.changes(tenant, "p0", limit=1, cursor=cursor),
        lambda: stores.prompts.prompts(tenant, limit=1, cursor="not a cursor"),
    ]
    for attempt in attempts:
        with pytest.raises(InvalidInput) as caught:
            attempt()
        assert caught.value.code == "invalid_cursor"
