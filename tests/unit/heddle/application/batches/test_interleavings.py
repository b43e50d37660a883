"""Whatever is delivered twice, late or after a crash: each item counts once, lanes stay few, a batch ends once."""

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from heddle.adapters.memory.batches import MemoryBatchQueue, MemoryBatchStore
from heddle.application.ports.batches import Done, Task, Waiting
from heddle.domain.batches.batch import Item, ItemResult
from heddle.domain.batches.progress import Progress
from heddle.errors import Conflict, UpstreamUnavailable
from tests.support.batches import TENANT, Crash, UnreliableQueue, Workshop, echo

ITEMS = 40


class Unlucky(random.Random):
    """Decides where workers die."""

    deadly = 0.03

    def strike(self) -> None:
        """Let a worker die here, or find that nobody answers."""
        if self.random() < self.deadly:
            raise Crash
        if self.random() < self.deadly:
            raise UpstreamUnavailable("nobody answers")


class FragileStore(MemoryBatchStore):
    """Dies before or after writing."""

    fate: Unlucky

    def swap(self, tenant: str, batch_id: str, progress: Progress) -> Progress | None:
        self.fate.strike()
        there = super().swap(tenant, batch_id, progress)
        self.fate.strike()
        return there

    def keep(self, tenant: str, batch_id: str, result: ItemResult) -> ItemResult:
        self.fate.strike()
        return super().keep(tenant, batch_id, result)


class FragileQueue(MemoryBatchQueue):
    """Dies before or after sending."""

    fate: Unlucky

    def send(self, task: Task, *, delay_seconds: int = 0) -> None:
        self.fate.strike()
        super().send(task, delay_seconds=delay_seconds)
        self.fate.strike()


def unlucky(seed: int) -> tuple[Workshop, Unlucky]:
    fate = Unlucky(seed)
    store, queue = FragileStore(), FragileQueue()
    store.fate = queue.fate = fate

    def act(item: Item, memo: Mapping[str, Any]) -> Done | Waiting:
        if fate.random() < 0.2 and not memo.get("waited"):
            return Waiting({"waited": True}, 1)
        fate.strike()
        return echo(item, memo)

    return Workshop(act=act, store=store, queue=queue), fate


def interfere(shop: Workshop, batch: str, fate: Unlucky) -> None:
    """Do what people do, now and then; a crash of theirs is one of the API, after which they ask again."""
    ask = fate.choice([shop.control.pause, shop.control.resume])
    try:
        ask(TENANT, batch, by="user:ada")
    except (Conflict, Crash, UpstreamUnavailable):
        return


def until_it_ends(shop: Workshop, batch: str, fate: Unlucky, *, interference: float) -> None:
    """Let workers take tasks until there are none; what is left of the batch then is resumed by somebody."""
    queue = UnreliableQueue(shop, fate)
    for _ in range(20_000):
        taken = queue.take()
        if taken is None:
            if shop.progress(batch).ended and shop.progress(batch).announced:
                return
            assert interference, "a task was lost, and nobody had paused the batch"
            resume(shop, batch)
            continue
        number, task, again = taken
        shop.pass_time(fate.choice([0.0, 0.2, 11.0]))
        try:
            shop.work(task, again=again) if queue.received[number] <= 3 else shop.work.give_up(task)
        except (Crash, UpstreamUnavailable):
            queue.put_back(number, task)
        assert len(shop.progress(batch).lanes) <= 4
        if fate.random() < interference:
            interfere(shop, batch, fate)
    pytest.fail("the batch does not end")


def resume(shop: Workshop, batch: str) -> None:
    try:
        shop.control.resume(TENANT, batch, by="user:ada")
    except (Conflict, Crash, UpstreamUnavailable):
        return


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("interference", [0.0, 0.1], ids=["alone", "with-people"])
def test_every_item_counts_once_and_the_batch_ends_once(seed: int, interference: float) -> None:
    shop, fate = unlucky(seed)
    fate.deadly = 0
    batch = shop.submit(*["bad" if n % 10 == 0 else f"text {n}" for n in range(ITEMS)], max_parallel=4)
    fate.deadly = 0.03

    until_it_ends(shop, batch, fate, interference=interference)

    done = shop.progress(batch)
    kept = shop.store.results(TENANT, batch, range(1, ITEMS + 1))
    statuses = Counter(result.status for result in kept.values())
    assert (done.succeeded, done.failed, done.skipped) == (statuses["succeeded"], statuses["failed"], 0)
    assert done.status == "partially_completed"
    assert statuses["failed"] >= 4 and len(kept) == ITEMS
    assert [name for name in shop.history(batch) if name.startswith("BatchPart")] == ["BatchPartiallyCompleted"]


@pytest.mark.parametrize("seed", range(60))
def test_a_batch_that_is_cancelled_in_the_midst_of_it_counts_what_was_under_way(seed: int) -> None:
    shop, fate = unlucky(seed)
    fate.deadly = 0
    batch = shop.submit(*[f"text {n}" for n in range(ITEMS)], max_parallel=4)
    queue = UnreliableQueue(shop, fate)
    fate.deadly = 0.03

    for turn in range(2_000):
        if turn == 5 + seed % 7:
            fate.deadly = 0
            shop.control.cancel(TENANT, batch, by="user:ada")
            fate.deadly = 0.03
        taken = queue.take()
        if taken is None:
            break
        number, task, again = taken
        shop.pass_time(11.0)
        try:
            shop.work(task, again=again) if queue.received[number] <= 3 else shop.work.give_up(task)
        except (Crash, UpstreamUnavailable):
            queue.put_back(number, task)

    done = shop.progress(batch)
    kept = shop.store.results(TENANT, batch, range(1, ITEMS + 1))
    assert done.status == "cancelled" and done.announced and not done.lanes
    assert done.done == len(kept) and done.done + done.skipped == ITEMS
    assert shop.history(batch)[-1] == "BatchCancelled"
