"""Batches from end to end in this process: the API's ports, and workers that take tasks in any order."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from heddle.adapters.memory.batches import MemoryBatchFiles, MemoryBatchQueue, MemoryBatchStore
from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.memory.idempotency import MemoryIdempotencyStore
from heddle.adapters.memory.topics import MemoryTopicLog
from heddle.adapters.memory.webhooks import MemoryDeliveries
from heddle.application.batches.control_batch import ControlBatch
from heddle.application.batches.items import Items
from heddle.application.batches.plan_batch import PlanBatch
from heddle.application.batches.read_batch import ReadBatch
from heddle.application.batches.run_lane import RunLane
from heddle.application.batches.settle import Settle
from heddle.application.batches.submit_batch import Order, SubmitBatch
from heddle.application.batches.tell import Tell, topic_of
from heddle.application.batches.work import Work
from heddle.application.ports.batches import Done, Task, Waiting
from heddle.application.webhooks.send_webhook import SendWebhook
from heddle.domain.batches.batch import Batch, Item
from heddle.domain.batches.progress import Progress
from heddle.domain.events.envelope import StreamId
from heddle.errors import NodeError

TENANT, BY = "acme", "user:ada"
Act = Callable[[Item, Mapping[str, Any]], Done | Waiting]


class Crash(Exception):
    """The worker dies here."""


def echo(item: Item, memo: Mapping[str, Any]) -> Done:
    """Succeed with the item's content; `bad…` fails for that reason."""
    if (item.content or "").startswith("bad"):
        raise NodeError(f"{item.content} cannot be read", code="document_corrupt")
    return Done({"said": item.content}, {"all": item.content})


@dataclass
class Workshop:
    """Everything that batches need, in memory. Time passes only when it is told to."""

    act: Act = echo
    at: datetime = datetime(2026, 11, 26, 12, tzinfo=UTC)
    store: MemoryBatchStore = field(default_factory=MemoryBatchStore)
    blobs: MemoryBlobStore = field(default_factory=MemoryBlobStore)
    queue: MemoryBatchQueue = field(default_factory=MemoryBatchQueue)
    topics: MemoryTopicLog = field(default_factory=MemoryTopicLog)
    events: MemoryEventStore = field(default_factory=MemoryEventStore)
    deliveries: MemoryDeliveries = field(default_factory=MemoryDeliveries)
    idempotency: MemoryIdempotencyStore = field(default_factory=MemoryIdempotencyStore)
    under_way: int = 0
    most_under_way: int = 0
    ids: int = 0

    def __post_init__(self) -> None:
        self.files = MemoryBatchFiles(self.blobs)
        self.items = Items(self.files)
        self.settle = Settle(self.store)
        webhooks = SendWebhook(self.deliveries, self.now)
        self.tell = Tell(self.settle, self.topics, self.events, webhooks, self.now)
        self.control = ControlBatch(self.store, self.files, self.queue, self.settle, self.tell, self.now)
        self.read = ReadBatch(self.store, self.items, self.files)
        plan = PlanBatch(self.items, self.files, self.queue, self.settle, self.tell, self.now)
        self.lane = RunLane(
            self.store,
            self.items,
            self.files,
            self.queue,
            self.settle,
            self.tell,
            self.operate,
            60.0,
            self.now,
            lambda: self.at.timestamp(),
        )
        self.work = Work(self.store, self.queue, plan, self.lane)

    def now(self) -> datetime:
        """Return the time."""
        return self.at

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)

    def new_id(self) -> str:
        """Return another id."""
        self.ids += 1
        return f"{self.ids:026d}"

    def operate(self, batch: Batch, item: Item, memo: Mapping[str, Any], *, seconds: float) -> Done | Waiting:
        """Do an item as `act` does, and count how many are under way."""
        held = self.progress(batch.id).lanes.values()
        self.most_under_way = max(self.most_under_way, len(held))
        assert len(set(held)) == len(held), "two lanes hold one item"
        return self.act(item, memo)

    def submit(self, *contents: str, key: str | None = None, **options: Any) -> str:
        """Hand in a batch of texts; return its id."""
        items = [Item(number, content=content) for number, content in enumerate(contents, 1)]
        order = Order("analyze", options.pop("source", {"items": len(items)}), items, **options)
        submit = SubmitBatch(self.store, self.items, self.queue, self.idempotency, self.tell, self.now, self.new_id)
        return submit(TENANT, order, by=BY, correlation_id="c-1", idempotency_key=key)[0].id

    def progress(self, batch_id: str) -> Progress:
        """Return how far a batch is."""
        progress = self.store.progress(TENANT, batch_id)
        assert progress is not None
        return progress

    def run(self, *, seconds: float = 0.0) -> None:
        """Handle tasks in their order until there are none; before each so many seconds pass."""
        while self.queue.sent:
            self.pass_time(seconds)
            self.work(self.queue.sent.popleft(), again=False)

    def frames(self, batch_id: str) -> list[tuple[str, dict[str, Any]]]:
        """Return what those who follow a batch were told."""
        return [
            (frame.type, frame.data) for frame in self.topics.read(TENANT, topic_of(batch_id), after=0, limit=10_000)
        ]

    def history(self, batch_id: str) -> list[str]:
        """Return the names of a batch's events."""
        return [event.type for event in self.events.read(StreamId(TENANT, "batch", batch_id)).events]


@dataclass
class UnreliableQueue:
    """Takes tasks out of a workshop's queue in any order, twice, and after workers that died."""

    workshop: Workshop
    chance: random.Random
    received: dict[int, int] = field(default_factory=dict)
    waiting: list[tuple[int, Task]] = field(default_factory=list)
    number: int = 0

    def take(self) -> tuple[int, Task, bool] | None:
        """Return any task, and whether it was received before."""
        while self.workshop.queue.sent:
            self.number += 1
            self.waiting.append((self.number, self.workshop.queue.sent.popleft()))
        if not self.waiting:
            return None
        number, task = self.waiting.pop(self.chance.randrange(len(self.waiting)))
        self.received[number] = self.received.get(number, 0) + 1
        if self.chance.random() < 0.05:  # SQS may deliver a copy, of the first delivery too
            self.number += 1
            self.waiting.append((self.number, task))
        return number, task, self.received[number] > 1

    def put_back(self, number: int, task: Task) -> None:
        """Deliver it again, some time."""
        self.waiting.append((number, task))
