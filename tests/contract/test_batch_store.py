"""What the store of batches promises, whatever keeps them."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from heddle.adapters.aws.batch_queue import SqsBatchQueue
from heddle.application.batches.settle import Settle
from heddle.application.ports.batches import Task
from heddle.domain.batches.batch import Batch, ItemResult, ItemStatus
from heddle.domain.batches.progress import Progress, finished, planned
from heddle.errors import InvalidInput, NotFound
from tests.contract.aws import Stores

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def batch(tenant: str, number: int = 1) -> Batch:
    return Batch(
        tenant=tenant,
        id=f"batch_{number}",
        operation="analyze",
        created_at=NOON + timedelta(seconds=number),
        created_by="user:ada",
        correlation_id="c-1",
        name="looms",
        webhook_url="https://hooks.example/x",
        parameters={"wanted": ["summary"]},
        source={"items": 3},
    )


def result(position: int, status: ItemStatus = "succeeded") -> ItemResult:
    return ItemResult(position, status, f"item {position}", NOON, 12.5, summary={"words": position})


def test_a_batch_comes_back_as_it_was_and_is_kept_once(stores: Stores, tenant: str) -> None:
    progress = planned(Progress(), 3, max_parallel=2, at=NOON)

    assert stores.batches.add(batch(tenant), progress)
    assert not stores.batches.add(replace(batch(tenant), name="other"), Progress())

    assert stores.batches.batch(tenant, "batch_1") == batch(tenant)
    assert stores.batches.progress(tenant, "batch_1") == progress


def test_batches_are_listed_newest_first_page_by_page_with_their_progress(stores: Stores, tenant: str) -> None:
    for number in (2, 1, 3):
        stores.batches.add(batch(tenant, number), Progress())

    first = stores.batches.batches(tenant, limit=2)
    second = stores.batches.batches(tenant, limit=2, cursor=first.cursor)

    assert [each.id for each, _ in (*first.items, *second.items)] == ["batch_3", "batch_2", "batch_1"]
    assert all(progress == Progress() for _, progress in first.items)
    assert second.cursor is None


def test_progress_is_swapped_for_the_next_revision_only(stores: Stores, tenant: str) -> None:
    first = Progress()
    stores.batches.add(batch(tenant), first)
    second = planned(first, 3, max_parallel=2, at=NOON)

    assert stores.batches.swap(tenant, "batch_1", second) is None
    assert stores.batches.swap(tenant, "batch_1", replace(second, next=99)) == second

    assert stores.batches.progress(tenant, "batch_1") == second
    with pytest.raises(NotFound):
        stores.batches.swap(tenant, "batch_2", second)


def test_lanes_that_swap_at_the_same_time_lose_no_count(stores: Stores, tenant: str) -> None:
    stores.batches.add(batch(tenant), planned(Progress(), 60, max_parallel=6, at=NOON))
    settle = Settle(stores.batches)

    def work(lane: int) -> None:
        while (held := stores.batches.progress(tenant, "batch_1").lanes.get(lane)) is not None:
            settle(
                tenant,
                "batch_1",
                partial(finished, lane=lane, position=held, ok=True, continue_on_error=True, at=NOON),
            )

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(1, 7)))

    done = stores.batches.progress(tenant, "batch_1")
    assert (done.status, done.succeeded, done.next) == ("completed", 60, 61)


def test_what_is_kept_first_of_an_item_stays(stores: Stores, tenant: str) -> None:
    stores.batches.add(batch(tenant), Progress())

    assert stores.batches.keep(tenant, "batch_1", result(1)) == result(1)
    assert stores.batches.keep(tenant, "batch_1", result(1, "failed")) == result(1)

    assert stores.batches.results(tenant, "batch_1", [1, 2]) == {1: result(1)}


def test_items_that_ended_so_are_listed_by_position_page_by_page(stores: Stores, tenant: str) -> None:
    for position in (10, 2, 1, 3):
        stores.batches.keep(tenant, "batch_1", result(position, "failed" if position != 2 else "succeeded"))

    first = stores.batches.results_of(tenant, "batch_1", "failed", limit=2)
    second = stores.batches.results_of(tenant, "batch_1", "failed", limit=2, cursor=first.cursor)

    assert [each.position for each in (*first.items, *second.items)] == [1, 3, 10]
    with pytest.raises(InvalidInput):
        stores.batches.results_of(tenant, "batch_1", "succeeded", limit=2, cursor=first.cursor)


def test_of_a_batch_that_was_removed_nothing_is_left(stores: Stores, tenant: str) -> None:
    stores.batches.add(batch(tenant), Progress())
    for position in range(1, 31):
        stores.batches.keep(tenant, "batch_1", result(position))

    stores.batches.remove(tenant, "batch_1")
    stores.batches.remove(tenant, "batch_1")

    assert stores.batches.batch(tenant, "batch_1") is None
    assert stores.batches.progress(tenant, "batch_1") is None
    assert stores.batches.results(tenant, "batch_1", [1, 30]) == {}
    assert stores.batches.batches(tenant, limit=5).items == ()


def test_another_tenant_has_nothing_of_it(stores: Stores, tenant: str, stranger: str) -> None:
    stores.batches.add(batch(tenant), Progress())
    stores.batches.keep(tenant, "batch_1", result(1))

    assert stores.batches.batch(stranger, "batch_1") is None
    assert stores.batches.progress(stranger, "batch_1") is None
    assert stores.batches.results(stranger, "batch_1", [1]) == {}
    assert stores.batches.batches(stranger, limit=5).items == ()
    stores.batches.remove(stranger, "batch_1")
    assert stores.batches.batch(tenant, "batch_1") is not None


def test_files_are_the_batchs_own_and_end_with_it(stores: Stores, tenant: str, stranger: str) -> None:
    files = stores.batch_files
    files.put(tenant, "batch_1", "items/00000", b"[1]")
    files.put(tenant, "batch_1", "items/00000", b"[2]")
    files.put(tenant, "batch_2", "items/00000", b"[3]")

    assert files.get(tenant, "batch_1", "items/00000") == b"[2]"
    with pytest.raises(NotFound):
        files.get(stranger, "batch_1", "items/00000")

    files.remove_all(tenant, "batch_1")
    with pytest.raises(NotFound):
        files.get(tenant, "batch_1", "items/00000")
    assert files.get(tenant, "batch_2", "items/00000") == b"[3]"


def test_uploads_of_a_folder_are_listed_and_nothing_beside_it(stores: Stores, tenant: str, stranger: str) -> None:
    for whose, key, data in (
        (tenant, "archive/b.md", b"b"),
        (tenant, "archive/a/c.md", b"c"),
        (tenant, "archive/empty", b""),
        (tenant, "archive-old/d.md", b"d"),
        (stranger, "archive/e.md", b"e"),
    ):
        upload(stores, f"{whose}/uploads/{key}", data)

    found = stores.batch_files.uploads(tenant, "archive", most=10)

    assert [(each.object, each.name) for each in found] == [
        (f"{tenant}/uploads/archive/a/c.md", "a/c.md"),
        (f"{tenant}/uploads/archive/b.md", "b.md"),
    ]
    assert len(stores.batch_files.uploads(tenant, "archive", most=1)) == 1


def upload(stores: Stores, key: str, data: bytes) -> None:
    """PUT an upload, as a user does."""
    if stores.kind == "memory":
        stores.blobs.receive(key, data, media_type="text/markdown")
    else:
        stores.blobs.client.put_object(Bucket=stores.blobs.bucket, Key=key, Body=data)


def test_a_task_comes_out_of_its_operations_queue_as_it_went_in(aws: Stores, tenant: str) -> None:
    sqs = aws.clients("sqs")
    urls = {name: sqs.create_queue(QueueName=f"{tenant}-{name}")["QueueUrl"] for name in ("analyze", "ingest")}
    task = Task(tenant, "batch_1", "ingest", 3, 7, 2, {"document": "doc_1", "since": NOON.isoformat()}, 1)

    SqsBatchQueue(sqs, urls).send(task)

    (message,) = sqs.receive_message(
        QueueUrl=urls["ingest"], MessageSystemAttributeNames=["MessageGroupId"], WaitTimeSeconds=1
    )["Messages"]
    assert Task.from_json(json.loads(message["Body"])) == task
    assert message["Attributes"]["MessageGroupId"] == tenant
    assert "Messages" not in sqs.receive_message(QueueUrl=urls["analyze"])
    for url in urls.values():
        sqs.delete_queue(QueueUrl=url)
