"""Topics on DynamoDB.

frames    pk tenant#topic#name    sk number of the first frame    last, at, body, writer, expires_at

One item per append, of frames `sk` to `last`:

    sk 1 (1..3)   sk 4 (4..4)   sk 5 (5..9)   ▸ the next item has to be sk 10

The condition that no item is there is the whole concurrency control: a writer that does not know the newest item tries
a number that is taken. Who wrote last knows the next number without reading, so a topic with one writer costs one write
per append.
"""

import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from heddle.adapters.aws.dynamo import (
    ConditionFailed,
    Item,
    TransactionBusy,
    call,
    items_of,
    pack,
    partition,
    to_item,
    unpack_json,
)
from heddle.application.ports.topics import Frame, kept_seconds
from heddle.application.streams.frames import encoded

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

ITEM_BYTES = 320 * 1024
"""JSON that goes into one item, before compression; what is longer takes several, in one transaction."""
ATTEMPTS = 60
"""Writers of one topic that meet wait a few milliseconds; dozens of them meet often."""
TRUST_SECONDS = 3600
"""How long a remembered number counts: long before the items it rests on expire."""
MOST_HEADS = 1000


@dataclass
class _Head:
    """The last number of a topic as this process knows it, and the lock of the threads that add to it."""

    last: int | None = None
    seconds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class DynamoTopicLog:
    """A TopicLog in the realtime table."""

    client: "DynamoDBClient"
    table: str
    sleep: Callable[[float], None] = time.sleep
    _heads: OrderedDict[str, _Head] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def append(self, tenant: str, topic: str, frames: Sequence[tuple[str, dict[str, Any]]], *, at: str) -> int:
        parts = _parts(encoded(frames))
        pk = partition(tenant, "topic", topic)
        seconds = datetime.fromisoformat(at).timestamp()
        head = self._head_of(pk)
        with head.lock:  # threads of one process wait for each other here rather than at the table
            known = head.last if head.last is not None and abs(seconds - head.seconds) < TRUST_SECONDS else None
            head.last = None  # whatever goes wrong below: the next one asks
            head.last = self._append(pk, parts, known, at, int(seconds) + kept_seconds(topic))
            head.seconds = seconds
            return head.last

    def _append(self, pk: str, parts: list[list[bytes]], last: int | None, at: str, expires_at: int) -> int:
        # Tells an item of ours from another writer's when the answer to a write was lost and botocore sent it again.
        writer = f"{random.getrandbits(64):016x}"
        attempt = 0
        while True:
            attempt += 1
            if last is None:
                newest = self._newest(pk)
                last = int(newest["last"]["N"]) if newest else 0
            puts, end = [], last
            for part in parts:
                first, end = end + 1, end + len(part)
                body = pack(b"[" + b",".join(part) + b"]")
                values = {"pk": pk, "sk": first, "last": end, "at": at, "body": body}
                puts.append(to_item({**values, "writer": writer, "expires_at": expires_at}))
            if self._put(puts, writer):
                return end
            if attempt == ATTEMPTS:
                raise TransactionBusy("too many writers add to this topic at once", topic=pk.split("#", 2)[2])
            last = None
            if attempt > 1:
                self.sleep(random.uniform(0.001, 0.004) * min(attempt, 10))

    def _put(self, items: list[Item], writer: str) -> bool:
        """Put all or none; say whether they were."""
        free = {"TableName": self.table, "ConditionExpression": "attribute_not_exists(pk)"}
        try:
            if len(items) > 1:
                puts = [{"Put": {**free, "Item": item}} for item in items]
                call(self.client.transact_write_items, TransactItems=puts, ClientRequestToken=writer)
            else:
                failed = "ALL_OLD"
                call(self.client.put_item, **free, Item=items[0], ReturnValuesOnConditionCheckFailure=failed)
        except ConditionFailed as taken:
            return taken.item is not None and taken.item.get("writer") == items[0]["writer"]
        except TransactionBusy:
            return False
        return True

    def read(self, tenant: str, topic: str, *, after: int, limit: int) -> tuple[Frame, ...]:
        pk = partition(tenant, "topic", topic)
        # The newest item first: for whoever waits for the next frame it is the only one to be read.
        newest = self._newest(pk)
        if newest is None or int(newest["last"]["N"]) <= after:
            return ()
        if int(newest["sk"]["N"]) <= after + 1:
            return tuple(_frames(newest, after)[:limit])
        found: list[Frame] = []
        for item in self._following(pk, after, limit):
            if not found and int(item["sk"]["N"]) > after + 1 and after > 0:
                # The number is in the midst of an item, which begins before it.
                before = self._newest(pk, until=after)
                found += _frames(before, after) if before else []
            found += _frames(item, after)
            if len(found) >= limit:
                break
        return tuple(found[:limit])

    def newest(self, tenant: str, topic: str) -> int:
        item = self._newest(partition(tenant, "topic", topic))
        return int(item["last"]["N"]) if item else 0

    def _newest(self, pk: str, *, until: int | None = None) -> Item | None:
        bounds = "" if until is None else " AND sk <= :until"
        page = call(
            self.client.query,
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression=f"pk = :pk{bounds}",
            ExpressionAttributeValues=to_item({":pk": pk, ":until": until}),
            ScanIndexForward=False,
            Limit=1,
        )
        items: list[Item] = page["Items"]
        return items[0] if items else None

    def _following(self, pk: str, after: int, limit: int) -> Iterator[Item]:
        return items_of(
            self.client.query,
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND sk > :after",
            ExpressionAttributeValues=to_item({":pk": pk, ":after": after}),
            Limit=limit,  # an item has at least one frame
        )

    def _head_of(self, pk: str) -> _Head:
        with self._lock:
            head = self._heads.setdefault(pk, _Head())
            self._heads.move_to_end(pk)
            if len(self._heads) > MOST_HEADS:
                self._heads.popitem(last=False)
            return head


def _parts(frames: list[bytes]) -> list[list[bytes]]:
    """Return the frames in runs that each fit an item."""
    parts: list[list[bytes]] = [[]]
    size = 0
    for frame in frames:
        if parts[-1] and size + len(frame) > ITEM_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(frame)
        size += len(frame) + 1
    return parts


def _frames(item: Item, after: int) -> list[Frame]:
    """Return the item's frames with a greater number."""
    first, at = int(item["sk"]["N"]), item["at"]["S"]
    bodies = unpack_json(item["body"]["B"])
    return [Frame(seq, kind, data, at) for seq, (kind, data) in enumerate(bodies, first) if seq > after]
