"""Taking in a batch: its items are kept, then the batch, then a worker is asked to list them.

Whatever breaks off in between is mended by asking again with the same Idempotency-Key: the batch has the same id then.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from heddle.application.batches.items import Items
from heddle.application.batches.tell import Tell
from heddle.application.ports.batches import BatchQueue, BatchStore, Task
from heddle.application.ports.idempotency import IdempotencyStore
from heddle.domain.batches.batch import DEFAULT_PARALLEL, Batch, Item, Operation
from heddle.domain.batches.progress import Progress
from heddle.domain.events.batch_events import BatchSubmitted


@dataclass(frozen=True)
class Order:
    """What somebody wants done: to `items`, or to what lies in the folder `prefix` of the tenant's uploads.

    `source` is what a batch remembers of where its items are from.
    """

    operation: Operation
    source: Mapping[str, Any]
    items: Sequence[Item] = ()
    name: str = ""
    max_parallel: int = DEFAULT_PARALLEL
    continue_on_error: bool = True
    timeout_seconds: int = 300
    webhook_url: str | None = None
    parameters: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class SubmitBatch:
    """Takes batches in."""

    store: BatchStore
    items: Items
    queue: BatchQueue
    idempotency: IdempotencyStore
    tell: Tell
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def __call__(
        self, tenant: str, order: Order, *, by: str, correlation_id: str, idempotency_key: str | None = None
    ) -> tuple[Batch, Progress]:
        """Take it in; the same key with the same order is the same batch. Raises IdempotencyMismatch."""
        batch_id = f"batch_{self.new_id()}"
        if idempotency_key is not None:
            batch_id = self.idempotency.claim(
                tenant, f"batches:{idempotency_key}", body_hash=_hash(order), run_id=batch_id, now=self.now()
            )
        batch = Batch(
            tenant=tenant,
            id=batch_id,
            operation=order.operation,
            created_at=self.now(),
            created_by=by,
            correlation_id=correlation_id,
            name=order.name,
            max_parallel=order.max_parallel,
            continue_on_error=order.continue_on_error,
            timeout_seconds=order.timeout_seconds,
            webhook_url=order.webhook_url,
            parameters=dict(order.parameters or {}),
            source=dict(order.source),
        )
        known = self.store.batch(tenant, batch_id)
        if known is None:
            if order.items:
                self.items.ask(tenant, batch_id, order.items)
            known = batch if self.store.add(batch, Progress()) else self.store.batch(tenant, batch_id) or batch
        self.tell.record(known, _submitted(known), by=by)
        # A repetition asks again too: who asked first may have died before, and items are listed once.
        self.queue.send(Task(tenant, batch_id, known.operation))
        return known, self.store.progress(tenant, batch_id) or Progress()


def _submitted(batch: Batch) -> BatchSubmitted:
    return BatchSubmitted(
        batch_id=batch.id,
        name=batch.name,
        operation=batch.operation,
        source=dict(batch.source),
        max_parallel=batch.max_parallel,
        at=batch.created_at.isoformat(),
    )


def _hash(order: Order) -> str:
    values = {name: getattr(order, name) for name in Order.__dataclass_fields__}
    values["items"] = [item.to_json() for item in order.items]
    return hashlib.sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)).hexdigest()
