"""What every catalog of workflows promises."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from heddle.application.ports.catalog import VersionRow, WorkflowRow
from heddle.errors import InvalidInput, NotFound, VersionConflict
from tests.contract.aws import Stores

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def workflow(tenant: str, ident: str = "w", version: int = 1, minute: int = 0) -> WorkflowRow:
    at = NOW + timedelta(minutes=minute)
    return WorkflowRow(tenant, ident, "Name", "", version, {"team": "a"}, NOW, at, "user:ada")


def version(tenant: str, ident: str = "w", number: int = 1, **document: Any) -> VersionRow:
    return VersionRow(
        tenant, ident, number, {"name": "Name", **document}, {"nodes": {"a": {}}}, NOW, "user:ada", "note"
    )


def save(stores: Stores, tenant: str, ident: str = "w", number: int = 1, minute: int = 0) -> None:
    row = workflow(tenant, ident, number, minute)
    stores.catalog.save_version(row, version(tenant, ident, number), expected_version=number - 1)


def test_workflow_and_version_are_written_together(stores: Stores, tenant: str) -> None:
    save(stores, tenant)

    assert stores.catalog.workflow(tenant, "w") == workflow(tenant)
    assert stores.catalog.version(tenant, "w", 1) == version(tenant)
    assert stores.catalog.version(tenant, "w", 2) is None


@pytest.mark.parametrize("expected", [0, 2])
def test_a_save_on_another_version_than_the_stored_one_is_refused(stores: Stores, tenant: str, expected: int) -> None:
    save(stores, tenant)

    with pytest.raises(VersionConflict):
        stores.catalog.save_version(workflow(tenant, version=3), version(tenant, number=3), expected_version=expected)

    assert stores.catalog.workflow(tenant, "w").version == 1
    assert stores.catalog.version(tenant, "w", 3) is None


def test_the_id_of_a_deleted_workflow_is_not_given_again(stores: Stores, tenant: str) -> None:
    save(stores, tenant)
    stores.catalog.delete(tenant, "w", at=NOW, by="user:ada")

    for expected in (0, 1):
        with pytest.raises(VersionConflict):
            stores.catalog.save_version(
                workflow(tenant, version=2), version(tenant, number=2), expected_version=expected
            )


def test_a_deleted_workflow_leaves_the_list_but_its_versions_stay(stores: Stores, tenant: str) -> None:
    save(stores, tenant)

    stores.catalog.delete(tenant, "w", at=NOW + timedelta(hours=1), by="user:eve")
    stores.catalog.delete(tenant, "w", at=NOW + timedelta(hours=2), by="user:bob")

    row = stores.catalog.workflow(tenant, "w")
    assert row == replace(workflow(tenant), deleted=True, updated_at=NOW + timedelta(hours=1), updated_by="user:eve")
    assert stores.catalog.workflows(tenant, limit=10).items == ()
    assert stores.catalog.version(tenant, "w", 1) == version(tenant)


def test_deleting_what_never_was_is_not_found(stores: Stores, tenant: str) -> None:
    with pytest.raises(NotFound):
        stores.catalog.delete(tenant, "nothing", at=NOW, by="user:ada")


def test_workflows_are_listed_newest_change_first_page_by_page(stores: Stores, tenant: str) -> None:
    for index in range(5):
        save(stores, tenant, f"w{index}", minute=index)
    stores.catalog.save_version(workflow(tenant, "w0", 2, minute=9), version(tenant, "w0", 2), expected_version=1)

    seen, cursor = [], None
    while True:
        page = stores.catalog.workflows(tenant, limit=2, cursor=cursor)
        seen += [row.id for row in page.items]
        cursor = page.cursor
        if cursor is None:
            break

    assert seen == ["w0", "w4", "w3", "w2", "w1"]


def test_versions_are_listed_newest_first_without_their_content(stores: Stores, tenant: str) -> None:
    for number in range(1, 13):
        save(stores, tenant, number=number)

    first = stores.catalog.versions(tenant, "w", limit=8)
    second = stores.catalog.versions(tenant, "w", limit=8, cursor=first.cursor)

    assert [row.version for row in first.items + second.items] == list(range(12, 0, -1))
    assert first.items[0] == replace(version(tenant, number=12), document={}, plan={})
    assert second.cursor is None


def test_a_definition_larger_than_an_item_comes_back_whole(stores: Stores, tenant: str) -> None:
    noise = random.Random(1).randbytes(500_000).hex()
    row = version(tenant, description=noise)

    stores.catalog.save_version(workflow(tenant), row, expected_version=0)

    assert stores.catalog.version(tenant, "w", 1) == row


def test_no_workflow_of_another_tenant_is_seen(stores: Stores, tenant: str, stranger: str) -> None:
    for index in range(3):
        save(stores, tenant, f"w{index}")

    assert stores.catalog.workflow(stranger, "w0") is None
    assert stores.catalog.version(stranger, "w0", 1) is None
    assert stores.catalog.workflows(stranger, limit=10).items == ()
    assert stores.catalog.versions(stranger, "w0", limit=10).items == ()
    with pytest.raises(NotFound):
        stores.catalog.delete(stranger, "w0", at=NOW, by="user:eve")


def test_cursors_of_another_tenant_another_list_or_damaged_are_refused(
    stores: Stores, tenant: str, stranger: str
) -> None:
    for index in range(3):
        save(stores, tenant, f"w{index}")
    cursor = stores.catalog.workflows(tenant, limit=1).cursor

    attempts: list[Callable[[], object]] = [
        lambda: stores.catalog.workflows(stranger, limit=1, cursor=cursor),
        lambda: stores.catalog.versions(tenant, "w0", limit=1, cursor=cursor),
        lambda: stores.catalog.workflows(tenant, limit=1, cursor=cursor[:-4]),
        lambda: stores.catalog.workflows(tenant, limit=1, cursor="not a cursor"),
    ]
    for attempt in attempts:
        with pytest.raises(InvalidInput) as caught:
            attempt()
        assert caught.value.code == "invalid_cursor"
