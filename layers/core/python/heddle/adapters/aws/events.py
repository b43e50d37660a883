"""The event store on DynamoDB: one item per commit, and the exact next number as the whole concurrency control.

    commit n      transaction { put (stream, n) if absent;
                                check that (stream, n - 1) has exactly the hash and last version the writer has seen }
    commit 1      transaction { put (stream, 1) if absent; put the stream's line in the directory }

The put makes a second writer lose. The check refuses a gap and a writer whose history is not this stream's, and chains
the hashes: nobody can append behind a commit that they have not read.

    directory     pk tenant#streams#type#shard    sk time and chance     the streams of a tenant, for rebuilding
    snapshots     pk snapshot#tenant#type#id      sk schema              the newest of each schema, replaced in place
"""

import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from heddle.adapters.aws.commit_items import (
    INLINE_BYTES,
    commit_from_item,
    commit_item,
    loader,
)
from heddle.adapters.aws.dynamo import (
    ConditionFailed,
    Item,
    TransactionBusy,
    call,
    from_item,
    items_of,
    pack,
    partition,
    to_item,
    unpack_json,
)
from heddle.adapters.ulids import ulids
from heddle.application.ports.blobs import BlobStore
from heddle.application.ports.events import NewEvent
from heddle.domain.events.chain import chain_hash, commit_json
from heddle.domain.events.codec import upcast
from heddle.domain.events.envelope import Commit, Event, History, Metadata, Snapshot, StreamId
from heddle.domain.payload import PayloadRef
from heddle.errors import InvalidInput, VersionConflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

FIRST_PAGE = 25
"""Commits in the first page when reading backwards; the next pages are as large as DynamoDB makes them."""

SHARDS = 8
"""Partitions of a tenant's directory: each takes 1,000 new streams a second."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class DynamoEventStore:
    """An EventStore in one table; events that do not fit into an item lie in `blobs`."""

    client: "DynamoDBClient"
    table: str
    blobs: BlobStore
    now: Callable[[], datetime] = _utc_now

    def read(self, stream: StreamId, *, after: int = 0) -> History:
        load = loader(stream.tenant, self.blobs)
        items = list(self._query(stream)) if after <= 0 else self._newest(stream, after)
        if not items:
            return History(stream, ())
        head = from_item(items[-1])
        events = tuple(
            _newest_schema(event)
            for item in items
            if int(item["last"]["N"]) > after
            for event in commit_from_item(stream, item, load).events
            if event.version > after
        )
        return History(stream, events, head["last"], head["sk"], head["hash"])

    def append(
        self,
        history: History,
        events: Sequence[NewEvent],
        metadata: Metadata,
        meter: dict[str, Any] | None = None,
        *,
        live: bool = False,
    ) -> Commit:
        if not events:
            raise InvalidInput("a commit has at least one event", code="empty_commit")
        commit = _commit(history, events, metadata, self.now(), meter)
        put = {
            "TableName": self.table,
            "Item": commit_item(commit, self.blobs, live=live),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        beside = self._directory_line(history.stream) if history.commit == 0 else self._behind(history)
        if history.commit == 0 and history.version != 0:
            raise self._conflict(history)
        try:
            call(self.client.transact_write_items, TransactItems=[{"Put": put}, beside])
        except (ConditionFailed, TransactionBusy) as error:
            # Busy: another writer is at the same commit this moment. Reload and decide again is right for both.
            raise self._conflict(history) from error
        return commit

    def commits(self, stream: StreamId) -> Iterator[Commit]:
        load = loader(stream.tenant, self.blobs)
        for item in self._query(stream):
            yield commit_from_item(stream, item, load)

    def streams(self, tenant: str, type: str) -> Iterator[StreamId]:
        for shard in range(SHARDS):
            key = {":pk": {"S": partition(tenant, "streams", type, str(shard))}}
            for item in self._pages(KeyConditionExpression="pk = :pk", ExpressionAttributeValues=key):
                yield StreamId(tenant, type, item["stream"]["S"])

    def save_snapshot(self, snapshot: Snapshot) -> None:
        state = orjson.dumps(snapshot.state)
        packed = pack(state)
        ref = None
        if len(packed) > INLINE_BYTES:
            kept = self.blobs.put(snapshot.stream.tenant, state, media_type="application/json", prefix="snapshots")
            packed, ref = b"null", orjson.dumps(kept.to_json()["$ref"])
        item = to_item(
            {
                "pk": _snapshot_key(snapshot.stream),
                "sk": snapshot.schema,
                "kind": "snapshot",
                "version": snapshot.version,
                "commit": snapshot.commit,
                "taken_at": snapshot.taken_at.isoformat(),
                "state": packed,
                "ref": ref,
            }
        )
        try:
            call(
                self.client.put_item,
                TableName=self.table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk) OR #version < :version",
                ExpressionAttributeNames={"#version": "version"},
                ExpressionAttributeValues={":version": {"N": str(snapshot.version)}},
            )
        except ConditionFailed:
            return

    def snapshot(self, stream: StreamId, *, schema: int) -> Snapshot | None:
        key = to_item({"pk": _snapshot_key(stream), "sk": schema})
        item = call(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        if item is None:
            return None
        values = from_item(item)
        if "ref" in values:
            ref = PayloadRef(**orjson.loads(values["ref"]))
            state = orjson.loads(loader(stream.tenant, self.blobs)(ref))
        else:
            state = unpack_json(values["state"])
        taken_at = datetime.fromisoformat(values["taken_at"])
        return Snapshot(stream, values["version"], values["commit"], schema, state, taken_at)

    def _query(self, stream: StreamId) -> Iterator[Item]:
        key = {":pk": {"S": partition(stream.tenant, stream.type, stream.id)}}
        return self._pages(KeyConditionExpression="pk = :pk", ExpressionAttributeValues=key)

    def _pages(self, **query: Any) -> Iterator[Item]:
        return items_of(self.client.query, TableName=self.table, ConsistentRead=True, **query)

    def _newest(self, stream: StreamId, after: int) -> list[Item]:
        """Return the commits with events after `after`, and at least the head, reading backwards from the head."""
        query: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": partition(stream.tenant, stream.type, stream.id)}},
            "ScanIndexForward": False,
        }
        items: list[Item] = []
        limit = {"Limit": FIRST_PAGE}
        while True:
            page = call(self.client.query, TableName=self.table, ConsistentRead=True, **query, **limit)
            for item in page["Items"]:
                if items and int(item["last"]["N"]) <= after:
                    return items[::-1]
                items.append(item)
            if "LastEvaluatedKey" not in page:
                return items[::-1]
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
            limit = {}

    def _behind(self, history: History) -> dict[str, Any]:
        stream = history.stream
        return {
            "ConditionCheck": {
                "TableName": self.table,
                "Key": to_item({"pk": partition(stream.tenant, stream.type, stream.id), "sk": history.commit}),
                "ConditionExpression": "#hash = :hash AND #last = :last",
                "ExpressionAttributeNames": {"#hash": "hash", "#last": "last"},
                "ExpressionAttributeValues": to_item({":hash": history.head_hash, ":last": history.version}),
            }
        }

    def _directory_line(self, stream: StreamId) -> dict[str, Any]:
        shard = str(zlib.crc32(stream.id.encode()) % SHARDS)
        # The sort key only has to be unique; time first keeps the directory in the order of creation.
        order = int(self.now().timestamp() * 1000) * 10**12 + random.randrange(10**12)
        line = {
            "pk": partition(stream.tenant, "streams", stream.type, shard),
            "sk": order,
            "kind": "stream",
            "stream": stream.id,
        }
        return {"Put": {"TableName": self.table, "Item": to_item(line)}}

    def _conflict(self, history: History) -> VersionConflict:
        stream = history.stream
        return VersionConflict(f"{stream.type} {stream.id} is not at commit {history.commit}", expected=history.commit)


def _commit(
    history: History, new: Sequence[NewEvent], metadata: Metadata, at: datetime, meter: dict[str, Any] | None
) -> Commit:
    stream, number = history.stream, history.commit + 1
    events = tuple(
        Event(event_id, stream, version, fact.type, fact.schema_version, fact.data, metadata, fact.occurred_at)
        for version, (fact, event_id) in enumerate(zip(new, ulids(len(new), at), strict=True), history.version + 1)
    )
    digest = chain_hash(history.head_hash, commit_json(stream, number, at, events, meter))
    return Commit(stream, number, events, history.head_hash, digest, at, meter)


def _newest_schema(event: Event) -> Event:
    data, version = upcast(event.type, event.data, event.schema_version)
    if version == event.schema_version:
        return event
    return replace(event, data=data, schema_version=version)


def _snapshot_key(stream: StreamId) -> str:
    return f"snapshot#{partition(stream.tenant, stream.type, stream.id)}"
