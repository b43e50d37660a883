"""What the store of the task queue's dead letters promises, whatever keeps them."""

from heddle.application.ports.task_letters import TaskLetter
from tests.contract.aws import Stores


def letter(tenant: str, number: int = 1) -> TaskLetter:
    run = {"tenant": tenant, "id": f"run-{number}", "correlation_id": "c-1"}
    at = f"2026-01-01T12:00:{number:02d}+00:00"
    message = {"run": run, "reason": "requested", "priority": "high"}
    return TaskLetter(f"m-{number}", tenant, "run", f"run-{number}", "upstream", "no answer", 5, at, message, "high")


def test_a_letter_comes_back_as_it_was(stores: Stores, tenant: str) -> None:
    assert stores.task_letters.keep(letter(tenant))

    assert stores.task_letters.get(tenant, "m-1") == letter(tenant)
    assert stores.task_letters.get(tenant, "m-2") is None


def test_the_first_reason_stays(stores: Stores, tenant: str) -> None:
    stores.task_letters.keep(letter(tenant))

    again = TaskLetter("m-1", tenant, "run", "run-1", "function_killed", "", 5, "2026-01-02T12:00:00+00:00", {})

    assert not stores.task_letters.keep(again)
    assert stores.task_letters.get(tenant, "m-1") == letter(tenant)


def test_letters_are_listed_newest_first_page_by_page(stores: Stores, tenant: str) -> None:
    for number in (2, 1, 3):
        stores.task_letters.keep(letter(tenant, number))

    first = stores.task_letters.letters(tenant, limit=2)
    second = stores.task_letters.letters(tenant, limit=2, cursor=first.cursor)

    assert [each.id for each in (*first.items, *second.items)] == ["m-3", "m-2", "m-1"]
    assert second.cursor is None


def test_a_letter_that_was_removed_does_not_come_back_with_its_message(stores: Stores, tenant: str) -> None:
    stores.task_letters.keep(letter(tenant))

    stores.task_letters.remove(letter(tenant))
    stores.task_letters.remove(letter(tenant, 2))

    assert not stores.task_letters.keep(letter(tenant))
    assert stores.task_letters.get(tenant, "m-1") is None
    assert stores.task_letters.letters(tenant, limit=10).items == ()


def test_another_tenant_has_nothing_of_it(stores: Stores, tenant: str, stranger: str) -> None:
    stores.task_letters.keep(letter(tenant))

    assert stores.task_letters.get(stranger, "m-1") is None
    assert stores.task_letters.letters(stranger, limit=10).items == ()
    stores.task_letters.remove(letter(stranger))
    assert stores.task_letters.get(tenant, "m-1") is not None
