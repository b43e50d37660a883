"""What every read model of runs promises."""

from dataclasses import replace
from typing import Any

import pytest

from heddle.application.ports.runs import NodeRecord, RunSummary
from heddle.errors import InvalidInput
from tests.contract.aws import Stores


def summary(tenant: str, run_id: str = "r", version: int = 1, **values: Any) -> RunSummary:
    base = RunSummary(tenant, run_id, "w", 1, "queued", version, f"2026-11-20T12:00:{run_id[-2:]:0>2}+00:00")
    return replace(base, **values)


def records(count: int, status: str = "scheduled") -> list[NodeRecord]:
    return [NodeRecord(f"n{index:04d}", status, 1, output={"x": [1, None]}) for index in range(count)]


def test_rows_and_position_are_written_together(stores: Stores, tenant: str) -> None:
    row = summary(
        tenant, version=3, labels={"a": "b"}, error={"code": "x"}, infrastructure_usd="0.1", measured={"ms": 5}
    )

    assert stores.runs.apply(row, records(2), expected_position=0)

    assert stores.runs.position(tenant, "r") == 3
    assert stores.runs.run(tenant, "r") == row
    assert stores.runs.nodes(tenant, "r") == tuple(records(2))


@pytest.mark.parametrize("expected", [0, 2, 4])
def test_another_position_than_the_stored_one_writes_nothing(stores: Stores, tenant: str, expected: int) -> None:
    stores.runs.apply(summary(tenant, version=3), records(1), expected_position=0)

    assert not stores.runs.apply(summary(tenant, version=9), records(2, "completed"), expected_position=expected)

    assert stores.runs.position(tenant, "r") == 3
    assert stores.runs.nodes(tenant, "r") == tuple(records(1))


def test_more_rows_than_a_transaction_takes_are_all_written(stores: Stores, tenant: str) -> None:
    assert stores.runs.apply(summary(tenant, version=500), records(350), expected_position=0)
    assert stores.runs.apply(summary(tenant, version=900), records(200, "completed"), expected_position=500)
    assert not stores.runs.apply(summary(tenant, version=999), records(200), expected_position=500)

    nodes = stores.runs.nodes(tenant, "r")
    assert stores.runs.position(tenant, "r") == 900
    assert [node.status for node in nodes] == ["completed"] * 200 + ["scheduled"] * 150


def test_some_node_records_can_be_read_alone(stores: Stores, tenant: str) -> None:
    stores.runs.apply(summary(tenant), records(150), expected_position=0)

    found = stores.runs.nodes(tenant, "r", only=["n0003", "n0149", "absent"])

    assert [node.node_id for node in found] == ["n0003", "n0149"]


def test_runs_are_listed_newest_first_by_workflow_and_by_status(stores: Stores, tenant: str) -> None:
    for index in range(6):
        row = summary(tenant, f"r{index}", workflow_id=f"w{index % 2}", status="running" if index < 4 else "failed")
        stores.runs.apply(row, [], expected_position=0)

    def listed(**choice: Any) -> list[str]:
        seen, cursor = [], None
        while True:
            page = stores.runs.runs(tenant, limit=2, cursor=cursor, **choice)
            seen += [row.id for row in page.items]
            cursor = page.cursor
            if cursor is None:
                return seen

    assert listed() == ["r5", "r4", "r3", "r2", "r1", "r0"]
    assert listed(workflow_id="w1") == ["r5", "r3", "r1"]
    assert listed(status="running") == ["r3", "r2", "r1", "r0"]
    assert listed(workflow_id="w0", status="failed") == ["r4"]


def test_a_run_moves_from_one_status_list_to_the_other(stores: Stores, tenant: str) -> None:
    stores.runs.apply(summary(tenant), [], expected_position=0)

    stores.runs.apply(summary(tenant, version=2, status="running"), [], expected_position=1, status_before="queued")
    stores.runs.apply(
        summary(tenant, version=3, status="running", nodes_done=1), [], expected_position=2, status_before="running"
    )

    assert stores.runs.runs(tenant, limit=5, status="queued").items == ()
    (row,) = stores.runs.runs(tenant, limit=5, status="running").items
    assert (row.version, row.nodes_done) == (3, 1)


def test_nothing_of_another_tenant_is_seen(stores: Stores, tenant: str, stranger: str) -> None:
    stores.runs.apply(summary(tenant), records(1), expected_position=0)

    assert stores.runs.position(stranger, "r") == 0
    assert stores.runs.run(stranger, "r") is None
    assert stores.runs.nodes(stranger, "r") == ()
    assert stores.runs.nodes(stranger, "r", only=["n0000"]) == ()
    for choice in ({}, {"workflow_id": "w"}, {"status": "queued"}, {"workflow_id": "w", "status": "queued"}):
        assert stores.runs.runs(stranger, limit=5, **choice).items == ()


def test_cursors_of_another_tenant_or_another_list_are_refused(stores: Stores, tenant: str, stranger: str) -> None:
    for index in range(3):
        stores.runs.apply(summary(tenant, f"r{index}"), [], expected_position=0)
    cursor = stores.runs.runs(tenant, limit=1).cursor

    for who, choice in ((stranger, {}), (tenant, {"status": "queued"}), (tenant, {"workflow_id": "w"})):
        with pytest.raises(InvalidInput) as caught:
            stores.runs.runs(who, limit=1, cursor=cursor, **choice)
        assert caught.value.code == "invalid_cursor"


def crash_after(stores: Stores, monkeypatch: pytest.MonkeyPatch, transactions: int) -> None:
    """Let the process die before it writes the transaction after so many."""
    client, write = stores.runs.client, stores.runs.client.transact_write_items
    left = iter(range(transactions))

    def dying(**arguments: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return write(**arguments)

    monkeypatch.setattr(client, "transact_write_items", dying)


@pytest.fixture
def small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a transaction take ten rows: the same happens between several, and moto copies all tables for each."""
    monkeypatch.setattr("heddle.adapters.aws.runs.ROWS_PER_TRANSACTION", 10)


@pytest.mark.parametrize("transactions", [0, 1, 2])
def test_a_crash_between_chunks_makes_the_next_one_start_from_the_beginning(
    aws: Stores, tenant: str, monkeypatch: pytest.MonkeyPatch, small_transactions: None, transactions: int
) -> None:
    aws.runs.apply(summary(tenant, version=5), records(10), expected_position=0)
    with monkeypatch.context() as patched:
        crash_after(aws, patched, transactions)
        with pytest.raises(KeyboardInterrupt):
            aws.runs.apply(summary(tenant, version=400), records(30, "failed"), expected_position=5)

    assert aws.runs.position(tenant, "r") == 0
    assert aws.runs.run(tenant, "r").version == 5, "readers still see the last whole state"
    assert not aws.runs.apply(summary(tenant, version=401), records(1), expected_position=5)
    assert aws.runs.apply(summary(tenant, version=410), records(30, "completed"), expected_position=0)

    assert aws.runs.position(tenant, "r") == 410
    assert {node.status for node in aws.runs.nodes(tenant, "r")} == {"completed"}


def test_who_opens_anew_stops_the_other_ones_chunks(
    aws: Stores, tenant: str, monkeypatch: pytest.MonkeyPatch, small_transactions: None
) -> None:
    store, write = aws.runs, aws.runs.client.transact_write_items
    overtaken = iter([True])

    def overtaking(**arguments: Any) -> Any:
        if next(overtaken, False):
            assert store.apply(summary(tenant, version=300), records(25, "completed"), expected_position=0)
        return write(**arguments)

    monkeypatch.setattr(store.client, "transact_write_items", overtaking)

    assert not store.apply(summary(tenant, version=200), records(20, "failed"), expected_position=0)
    assert store.position(tenant, "r") == 300
    assert {node.status for node in store.nodes(tenant, "r")} == {"completed"}
