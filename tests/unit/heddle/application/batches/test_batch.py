"""A batch from its order to its end, in one process."""

from collections.abc import Callable

import pytest

from heddle.application.ports.batches import Done, Task, Waiting
from heddle.domain.batches.batch import Item
from heddle.domain.events.envelope import StreamId
from heddle.errors import Conflict, IdempotencyMismatch, NotFound, UpstreamUnavailable
from tests.support.batches import TENANT, Workshop, echo

HUNDRED = [f"bad {n}" if n in (7, 50, 99) else f"text {n}" for n in range(1, 101)]


@pytest.fixture
def shop() -> Workshop:
    return Workshop()


def test_a_hundred_items_with_three_bad_ones_end_partially_completed_with_reasons(shop: Workshop) -> None:
    batch = shop.submit(*HUNDRED)
    shop.run()

    done = shop.progress(batch)
    failed = shop.read.listed(TENANT, batch, status="failed", limit=10, cursor=None).items

    assert (done.status, done.total, done.succeeded, done.failed, done.skipped) == (
        "partially_completed",
        100,
        97,
        3,
        0,
    )
    assert [(each.position, each.result and each.result.code) for each in failed] == [
        (7, "document_corrupt"),
        (50, "document_corrupt"),
        (99, "document_corrupt"),
    ]
    assert shop.history(batch) == ["BatchSubmitted", "BatchPartiallyCompleted"]
    assert shop.frames(batch)[-1][0] == "batch.partially_completed"
    assert len([kind for kind, _ in shop.frames(batch) if kind == "batch.item_failed"]) == 3


@pytest.mark.parametrize(("contents", "status"), [(["a", "b"], "completed"), (["bad", "bad"], "failed")])
def test_it_ends_by_what_became_of_its_items(shop: Workshop, contents: list[str], status: str) -> None:
    batch = shop.submit(*contents)
    shop.run()

    assert shop.progress(batch).status == status


@pytest.mark.parametrize("parallel", [1, 3, 10, 50])
def test_no_more_items_are_under_way_than_it_allows(shop: Workshop, parallel: int) -> None:
    batch = shop.submit(*HUNDRED, max_parallel=parallel)
    shop.run(seconds=11)  # so that each turn is one item

    assert shop.progress(batch).done == 100
    assert shop.most_under_way == parallel


def test_the_result_of_an_item_is_found_by_its_position(shop: Workshop) -> None:
    batch = shop.submit("one", "two")
    shop.run()

    item, result = shop.read.item(TENANT, batch, 2)

    assert (item.status, result) == ("succeeded", {"all": "two"})
    with pytest.raises(NotFound) as caught:
        shop.read.item(TENANT, batch, 3)
    assert caught.value.code == "batch_item_not_found"


def test_paused_it_ends_what_is_under_way_and_resumed_it_goes_on(shop: Workshop) -> None:
    batch = shop.submit(*HUNDRED, max_parallel=4)
    shop.work(shop.queue.sent.popleft(), again=False)
    shop.control.pause(TENANT, batch, by="user:ada")
    shop.run()

    paused = shop.progress(batch)
    assert (paused.status, paused.done, dict(paused.lanes)) == ("paused", 4, {})

    shop.control.resume(TENANT, batch, by="user:ada")
    shop.run()

    assert shop.progress(batch).status == "partially_completed"
    assert shop.history(batch) == ["BatchSubmitted", "BatchPaused", "BatchResumed", "BatchPartiallyCompleted"]


def test_paused_before_its_items_were_listed_it_begins_when_it_is_resumed(shop: Workshop) -> None:
    batch = shop.submit("a", "b")
    shop.control.pause(TENANT, batch, by="user:ada")
    shop.run()
    assert (shop.progress(batch).total, shop.progress(batch).done) == (2, 0)

    shop.control.resume(TENANT, batch, by="user:ada")
    shop.run()

    assert shop.progress(batch).status == "completed"


def test_cancelled_it_skips_what_had_not_begun(shop: Workshop) -> None:
    batch = shop.submit(*HUNDRED, max_parallel=4)
    shop.work(shop.queue.sent.popleft(), again=False)

    _, stopping = shop.control.cancel(TENANT, batch, by="user:eve")
    shop.run()

    done = shop.progress(batch)
    assert stopping.status == "stopping"
    assert (done.status, done.done, done.skipped) == ("cancelled", 4, 96)
    listed = shop.read.listed(TENANT, batch, status=None, limit=6, cursor=None).items
    assert [each.status for each in listed] == ["succeeded"] * 4 + ["skipped"] * 2
    assert shop.history(batch)[-1] == "BatchCancelled"
    assert shop.events.read(StreamId(TENANT, "batch", batch)).events[-1].metadata.principal == "user:eve"


def test_cancelled_before_it_began_it_has_ended_at_once(shop: Workshop) -> None:
    batch = shop.submit("a")

    _, ended = shop.control.cancel(TENANT, batch, by="user:ada")
    shop.run()

    assert ended.status == "cancelled"
    assert shop.control.cancel(TENANT, batch, by="user:ada")[1].status == "cancelled"
    assert shop.history(batch) == ["BatchSubmitted", "BatchCancelled"]


def test_an_ended_batch_is_not_paused_resumed_or_cancelled(shop: Workshop) -> None:
    batch = shop.submit("a")
    shop.run()

    attempts: list[Callable[[], object]] = [
        lambda: shop.control.pause(TENANT, batch, by="u"),
        lambda: shop.control.resume(TENANT, batch, by="u"),
        lambda: shop.control.cancel(TENANT, batch, by="user:ada"),
    ]
    for attempt in attempts:
        with pytest.raises(Conflict) as caught:
            attempt()
        assert caught.value.code == "batch_ended"


def test_its_webhook_is_told_once_that_it_has_ended(shop: Workshop) -> None:
    batch = shop.submit("a", "bad", webhook_url="https://hooks.example/x")
    shop.run()

    (delivery,) = shop.deliveries.waiting
    webhook = delivery.webhook
    assert (webhook.id, webhook.url, webhook.type) == (
        f"{batch}-ended",
        "https://hooks.example/x",
        "batch.partially_completed",
    )
    assert (webhook.data["id"], webhook.data["succeeded"], webhook.data["failed"]) == (batch, 1, 1)


def test_an_empty_text_stays_one(shop: Workshop) -> None:
    shop.act = lambda item, memo: Done({"given": item.content is not None})
    batch = shop.submit("")
    shop.run()

    assert shop.store.results(TENANT, batch, [1])[1].summary == {"given": True}


def test_where_no_item_may_fail_the_first_that_does_ends_it(shop: Workshop) -> None:
    batch = shop.submit("a", "bad", "c", "d", max_parallel=1, continue_on_error=False)
    shop.run()

    done = shop.progress(batch)
    assert (done.status, done.succeeded, done.failed, done.skipped) == ("failed", 1, 1, 2)


def test_a_failure_that_may_pass_is_tried_again_later(shop: Workshop) -> None:
    failures = [UpstreamUnavailable("down"), UpstreamUnavailable("down")]

    def act(item: Item, memo: object) -> Done:
        if failures:
            raise failures.pop()
        return Done({})

    shop.act = act
    batch = shop.submit("a")
    shop.run()

    (item,) = shop.read.listed(TENANT, batch, status="succeeded", limit=5, cursor=None).items
    assert item.result is not None and item.result.attempts == 3
    assert [delay for delay in shop.queue.delays if delay] == [5, 25]


def test_one_that_does_not_pass_is_the_items_reason(shop: Workshop) -> None:
    def act(item: Item, memo: object) -> Done:
        raise UpstreamUnavailable("down", code="database_unavailable")

    shop.act = act
    batch = shop.submit("a")
    shop.run()

    (item,) = shop.read.listed(TENANT, batch, status="failed", limit=5, cursor=None).items
    assert item.result is not None
    assert (item.result.code, item.result.attempts) == ("database_unavailable", 3)


def test_an_operation_that_waits_is_looked_after_until_its_time_is_over(shop: Workshop) -> None:
    shop.act = lambda item, memo: Waiting({}, 15)
    batch = shop.submit("a", timeout_seconds=60)
    shop.run(seconds=15)

    (item,) = shop.read.listed(TENANT, batch, status="failed", limit=5, cursor=None).items
    assert item.result is not None and item.result.code == "batch_item_timeout"


def test_an_item_that_kills_its_workers_fails_alone(shop: Workshop) -> None:
    tried: list[str | None] = []

    def act(item: Item, memo: object) -> Done:
        tried.append(item.content)
        if item.content == "killer":
            raise MemoryError
        return echo(item, {})

    shop.act = act
    batch = shop.submit("a", "killer", "c", max_parallel=1)
    while shop.queue.sent:
        deliver(shop, shop.queue.sent.popleft())

    (failed,) = shop.read.listed(TENANT, batch, status="failed", limit=5, cursor=None).items
    assert (failed.position, failed.result and failed.result.code) == (2, "batch_item_abandoned")
    assert shop.progress(batch).status == "partially_completed"
    assert (tried.count("a"), tried.count("c")) == (1, 1)


def deliver(shop: Workshop, task: Task) -> None:
    """Deliver it as the queue does: three times at most, then among the dead letters."""
    for again in (False, True, True):
        try:
            shop.work(task, again=again)
        except MemoryError:
            continue
        return
    shop.work.give_up(task)


def test_the_same_key_is_the_same_batch_and_another_order_under_it_is_refused(shop: Workshop) -> None:
    first, second = shop.submit("a", "b", key="k"), shop.submit("a", "b", key="k")
    shop.run()

    assert first == second
    assert (shop.progress(first).status, shop.progress(first).done) == ("completed", 2)
    with pytest.raises(IdempotencyMismatch):
        shop.submit("a", "c", key="k")


def test_a_folder_of_uploads_is_listed_when_its_turn_has_come(shop: Workshop) -> None:
    for name in ("archive/b.md", "archive/a.md", "archive-old/c.md", "archive/sub/d.md"):
        shop.blobs.receive(f"{TENANT}/uploads/{name}", b"text", media_type="text/markdown")
    shop.blobs.receive("other/uploads/archive/x.md", b"text", media_type="text/markdown")
    shop.act = lambda item, memo: Done({"object": item.object})
    batch = shop.submit(source={"prefix": "archive"})
    shop.run()

    items = shop.read.listed(TENANT, batch, status=None, limit=10, cursor=None).items
    assert [each.name for each in items] == ["a.md", "b.md", "sub/d.md"]
    assert shop.progress(batch).status == "completed"


def test_a_folder_without_uploads_fails_with_the_reason(shop: Workshop) -> None:
    batch = shop.submit(source={"prefix": "nothing"})
    shop.run()

    done = shop.progress(batch)
    assert done.status == "failed" and done.error is not None and done.error["code"] == "batch_empty"
    assert shop.history(batch) == ["BatchSubmitted", "BatchFailed"]


def test_only_an_ended_batch_is_deleted_and_then_nothing_is_left(shop: Workshop) -> None:
    batch = shop.submit("a")
    with pytest.raises(Conflict) as caught:
        shop.control.delete(TENANT, batch)
    assert caught.value.code == "batch_not_ended"
    shop.run()

    shop.control.delete(TENANT, batch)

    with pytest.raises(NotFound):
        shop.read.batch(TENANT, batch)
    with pytest.raises(NotFound):
        shop.files.get(TENANT, batch, "results/00001")


def test_progress_is_told_once_per_cent_and_not_faster(shop: Workshop) -> None:
    batch = shop.submit(*[f"text {n}" for n in range(1000)])
    shop.run()

    told = [data["progress_percent"] for kind, data in shop.frames(batch) if kind == "batch.progress"]
    assert told == list(range(100))


def test_pages_of_items_follow_each_other(shop: Workshop) -> None:
    batch = shop.submit(*[f"text {n}" for n in range(250)])
    shop.run()

    seen, cursor = [], None
    while True:
        page = shop.read.listed(TENANT, batch, status=None, limit=70, cursor=cursor)
        seen += [each.position for each in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == list(range(1, 251))


def test_a_failure_is_counted_by_what_was_kept_first(shop: Workshop) -> None:
    batch = shop.submit("a")
    shop.work(shop.queue.sent.popleft(), again=False)
    task = shop.queue.sent.popleft()
    shop.work.give_up(task)

    shop.work(task, again=False)

    assert (shop.progress(batch).succeeded, shop.progress(batch).failed) == (0, 1)
