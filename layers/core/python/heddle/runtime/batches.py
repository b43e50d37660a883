"""Batches over a stage's stores: the parts that the API, the workers and whoever sees to dead letters share."""

import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from heddle.adapters.aws.batch_files import S3BatchFiles
from heddle.adapters.aws.batch_queue import SqsBatchQueue
from heddle.adapters.aws.batch_store import DynamoBatchStore
from heddle.application.batches.items import Items
from heddle.application.batches.plan_batch import PlanBatch
from heddle.application.batches.run_lane import RunLane
from heddle.application.batches.settle import Settle
from heddle.application.batches.tell import Tell
from heddle.application.batches.work import Work
from heddle.runtime.batch_settings import BatchSettings
from heddle.runtime.clients import client
from heddle.runtime.clock import now
from heddle.runtime.stores import Stores
from heddle.runtime.webhooks import webhook_queue_of

if TYPE_CHECKING:
    from heddle.application.ports.batches import Operate


class Batches:
    """The parts, each made when it is first needed."""

    def __init__(self, settings: BatchSettings, stores: Stores) -> None:
        self._settings, self._stores = settings, stores

    @cached_property
    def store(self) -> DynamoBatchStore:
        """Rows."""
        return DynamoBatchStore(client("dynamodb"), self._settings.batches_table, now)

    @cached_property
    def files(self) -> S3BatchFiles:
        """Files."""
        return S3BatchFiles(client("s3"), self._settings.payload_bucket)

    @cached_property
    def items(self) -> Items:
        """Items."""
        return Items(self.files)

    @cached_property
    def queue(self) -> SqsBatchQueue:
        """Tasks."""
        urls = {
            "analyze": self._settings.analyze_batch_queue_url,
            "ingest": self._settings.ingest_batch_queue_url,
        }
        return SqsBatchQueue(client("sqs"), urls)

    @cached_property
    def settle(self) -> Settle:
        """Swaps."""
        return Settle(self.store)

    @cached_property
    def tell(self) -> Tell:
        """Frames, events and webhooks."""
        webhooks = webhook_queue_of(self._settings)
        return Tell(self.settle, self._stores.topics, self._stores.events, webhooks, now)

    def work(self, operate: "Operate", *, most_seconds: float, monotonic: Callable[[], float] = time.monotonic) -> Work:
        """Wire what handles tasks."""
        plan = PlanBatch(self.items, self.files, self.queue, self.settle, self.tell, now)
        lane = RunLane(
            self.store,
            self.items,
            self.files,
            self.queue,
            self.settle,
            self.tell,
            operate,
            most_seconds,
            now,
            monotonic,
        )
        return Work(self.store, self.queue, plan, lane)
