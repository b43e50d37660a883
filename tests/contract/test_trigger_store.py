"""What the store of triggers and their history promise, whatever keeps them."""

from dataclasses import replace
from typing import Any

import pytest

from heddle.application.ports.triggers import Firing
from heddle.domain.triggers.trigger import Trigger
from heddle.errors import VersionConflict
from tests.contract.aws import Stores

AT = "2026-01-01T12:00:00+00:00"


def trigger(tenant: str, number: int = 1, **fields: Any) -> Trigger:
    values: dict[str, Any] = {"kind": "event", "config": {"pattern": {"source": ["a"]}, "per_minute": 600}, **fields}
    created = f"2026-01-01T12:00:{number:02d}+00:00"
    return Trigger(f"trg_{tenant}_{number}", tenant, f"t{number}", workflow_id="w", created_at=created, **values)


def test_a_trigger_comes_back_as_it_was(stores: Stores, tenant: str) -> None:
    made = trigger(
        tenant,
        input={"x": "{{ trigger.detail.n }}"},
        presets={"p": {"a": 1}},
        preset="p",
        labels={"k": "v"},
        live=True,
        version=2,
        budget_usd="0.50",
        priority="high",
    )
    stores.triggers.put(made)

    assert stores.triggers.get(made.id) == made
    assert stores.triggers.get("trg_nobody") is None


def test_a_change_stands_behind_the_revision_that_was_read(stores: Stores, tenant: str) -> None:
    first = trigger(tenant)
    stores.triggers.put(first)
    stores.triggers.put(replace(first, name="second", revision=2))

    for late in (first, replace(first, revision=2), replace(first, revision=4)):
        with pytest.raises(VersionConflict):
            stores.triggers.put(late)
    with pytest.raises(VersionConflict):
        stores.triggers.delete(first)
    found = stores.triggers.get(first.id)
    assert found is not None
    assert (found.name, found.revision) == ("second", 2)


def test_a_deleted_trigger_is_nowhere(stores: Stores, tenant: str) -> None:
    made = trigger(tenant)
    stores.triggers.put(made)
    stores.triggers.delete(made)

    assert stores.triggers.get(made.id) is None
    assert not stores.triggers.listening(tenant)
    assert stores.triggers.triggers(tenant, limit=10).items == ()


def test_a_tenant_sees_its_own_triggers_the_newest_first(stores: Stores, tenant: str, stranger: str) -> None:
    for number in (1, 2, 3):
        stores.triggers.put(trigger(tenant, number))
    stores.triggers.put(trigger(stranger, 4))

    first = stores.triggers.triggers(tenant, limit=2)
    rest = stores.triggers.triggers(tenant, limit=2, cursor=first.cursor)

    assert [each.name for each in (*first.items, *rest.items)] == ["t3", "t2", "t1"]
    assert rest.cursor is None


def test_those_that_listen_are_enabled_and_wait_for_events(stores: Stores, tenant: str, stranger: str) -> None:
    listens = trigger(tenant, 1)
    disabled = trigger(tenant, 2)
    for each in (listens, disabled, trigger(tenant, 3, kind="manual", config={}), trigger(stranger, 4)):
        stores.triggers.put(each)
    stores.triggers.put(replace(disabled, enabled=False, revision=2))
    of_runs = trigger(tenant, 5, kind="run", config={"workflow_id": "x", "statuses": ["failed"]})
    stores.triggers.put(of_runs)

    assert {each.id for each in stores.triggers.listening(tenant)} == {listens.id, of_runs.id}


def test_the_history_has_each_firing_once_the_newest_first(stores: Stores, tenant: str, stranger: str) -> None:
    def firing(number: int, **fields: Any) -> Firing:
        return Firing("trg_1", f"d{number}", f"2026-01-01T12:00:{number:02d}+00:00", "started", f"R{number}", **fields)

    assert stores.firings.add(tenant, firing(1))
    assert not stores.firings.add(tenant, firing(1))
    assert stores.firings.add(tenant, replace(firing(2), outcome="refused", code="invalid_json", reason="it breaks"))
    assert stores.firings.add(stranger, firing(3))

    page = stores.firings.firings(tenant, "trg_1", limit=1)
    rest = stores.firings.firings(tenant, "trg_1", limit=5, cursor=page.cursor)

    assert [each.id for each in (*page.items, *rest.items)] == ["d2", "d1"]
    assert (page.items[0].code, rest.items[0]) == ("invalid_json", firing(1))
