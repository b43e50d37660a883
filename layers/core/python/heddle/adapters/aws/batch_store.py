"""Batches on DynamoDB, all items of one below one key.

batch      pk tenant#batch#id   sk batch          gsi1 tenant#batches, created#id
progress   pk tenant#batch#id   sk progress       revision, writer
result     pk tenant#batch#id   sk item#00001     gsi1 tenant#batch#id#status, 00001

Progress is swapped with each item that ends, so it is a small item outside of the index; and one item alone: no
transaction, which others would only be in the way of. All of it ends by itself thirty days after the batch began.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from heddle.adapters.aws.batches import read_all
from heddle.adapters.aws.dynamo import (
    ConditionFailed,
    Item,
    call,
    from_item,
    items_of,
    pack_json,
    partition,
    to_item,
    unpack_json,
)
from heddle.adapters.aws.lists import indexed
from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.paging import Page
from heddle.domain.batches.batch import KEPT_DAYS, Batch, ItemResult, ItemStatus
from heddle.domain.batches.progress import Progress
from heddle.errors import NotFound, UpstreamUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_PER_WRITE = 25
_WRITES = 8


@dataclass(frozen=True)
class DynamoBatchStore:
    """A BatchStore. `now` gives the present, from which the end of rows is counted."""

    client: "DynamoDBClient"
    table: str
    now: Callable[[], datetime]

    def add(self, batch: Batch, progress: Progress) -> bool:
        created = batch.created_at.isoformat()
        row = {
            **_key(batch.tenant, batch.id, "batch"),
            "gsi1pk": partition(batch.tenant, "batches"),
            "gsi1sk": f"{created}#{batch.id}",
            "body": pack_json(batch.to_json()),
            "expires_at": self._end(),
        }
        absent = {"TableName": self.table, "ConditionExpression": "attribute_not_exists(pk)"}
        start = self._progress_item(batch.tenant, batch.id, progress, _writer())
        try:
            call(
                self.client.transact_write_items,
                TransactItems=[{"Put": {**absent, "Item": to_item(row)}}, {"Put": {**absent, "Item": start}}],
            )
        except ConditionFailed:
            return False
        return True

    def batch(self, tenant: str, batch_id: str) -> Batch | None:
        item = self._get(_key(tenant, batch_id, "batch"))
        return _batch(item) if item is not None else None

    def batches(self, tenant: str, *, limit: int, cursor: str | None = None) -> Page[tuple[Batch, Progress]]:
        def key_of(place: str) -> dict[str, Any]:
            return _key(tenant, place.rpartition("#")[2], "batch")

        scope = partition(tenant, "batches")
        items, more = indexed(self.client, self.table, scope, key_of=key_of, limit=limit, cursor=cursor)
        found = [_batch(item) for item in items]
        keys = [to_item(_key(tenant, batch.id, "progress")) for batch in found]
        progress = {item["pk"]["S"]: _progress(item) for item in read_all(self.client, self.table, keys)}
        pairs = [(batch, progress.get(partition(tenant, "batch", batch.id))) for batch in found]
        return Page(tuple((batch, stands) for batch, stands in pairs if stands is not None), more)

    def progress(self, tenant: str, batch_id: str) -> Progress | None:
        item = self._get(_key(tenant, batch_id, "progress"))
        return _progress(item) if item is not None else None

    def swap(self, tenant: str, batch_id: str, progress: Progress) -> Progress | None:
        # Tells a swap of ours from another's when the answer to it was lost and botocore sent it again.
        writer = _writer()
        try:
            call(
                self.client.put_item,
                TableName=self.table,
                Item=self._progress_item(tenant, batch_id, progress, writer),
                ConditionExpression="revision = :before",
                ExpressionAttributeValues=to_item({":before": progress.revision - 1}),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ConditionFailed as refused:
            if not refused.item:
                raise NotFound(f"there is no batch {batch_id!r}", code="batch_not_found") from refused
            return None if from_item(refused.item)["writer"] == writer else _progress(refused.item)
        return None

    def keep(self, tenant: str, batch_id: str, result: ItemResult) -> ItemResult:
        place = f"{result.position:05d}"
        row = {
            **_key(tenant, batch_id, f"item#{place}"),
            "gsi1pk": partition(tenant, "batch", batch_id, result.status),
            "gsi1sk": place,
            "body": pack_json(result.to_json()),
            "expires_at": self._end(),
        }
        try:
            call(
                self.client.put_item,
                TableName=self.table,
                Item=to_item(row),
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ConditionFailed as there:
            if not there.item:
                raise
            return _result(there.item)
        return result

    def results(self, tenant: str, batch_id: str, positions: Sequence[int]) -> Mapping[int, ItemResult]:
        keys = [to_item(_key(tenant, batch_id, f"item#{position:05d}")) for position in positions]
        found = [_result(item) for item in read_all(self.client, self.table, keys)]
        return {result.position: result for result in found}

    def results_of(
        self, tenant: str, batch_id: str, status: ItemStatus, *, limit: int, cursor: str | None = None
    ) -> Page[ItemResult]:
        scope = partition(tenant, "batch", batch_id, status)
        after = decode_cursor(cursor, scope)[0] if cursor is not None else ""
        page = call(
            self.client.query,
            TableName=self.table,
            IndexName="gsi1",
            KeyConditionExpression="gsi1pk = :scope" + (" AND gsi1sk > :after" if after else ""),
            ExpressionAttributeValues=to_item({":scope": scope, **({":after": after} if after else {})}),
            Limit=limit,
        )
        found = [_result(item) for item in page["Items"]]
        more = encode_cursor(scope, f"{found[-1].position:05d}") if found and page.get("LastEvaluatedKey") else None
        return Page(tuple(found), more)

    def remove(self, tenant: str, batch_id: str) -> None:
        query = {
            "TableName": self.table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": to_item({":pk": partition(tenant, "batch", batch_id)}),
            "ProjectionExpression": "pk, sk",
        }
        # The batch itself first: from then on there is none, however far the rest gets.
        key = _key(tenant, batch_id, "batch")
        call(self.client.delete_item, TableName=self.table, Key=to_item(key))
        keys = list(items_of(self.client.query, **query))
        for start in range(0, len(keys), _PER_WRITE):
            self._delete(keys[start : start + _PER_WRITE])

    def _delete(self, keys: Sequence[Item]) -> None:
        wanted: Any = {self.table: [{"DeleteRequest": {"Key": key}} for key in keys]}
        for _ in range(_WRITES):
            wanted = call(self.client.batch_write_item, RequestItems=wanted).get("UnprocessedItems")
            if not wanted:
                return
        raise UpstreamUnavailable("DynamoDB throttled the deletion of rows")

    def _get(self, key: dict[str, str]) -> Item | None:
        reply = call(self.client.get_item, TableName=self.table, Key=to_item(key), ConsistentRead=True)
        found: Item | None = reply.get("Item")
        return found

    def _progress_item(self, tenant: str, batch_id: str, progress: Progress, writer: str) -> Item:
        return to_item(
            {
                **_key(tenant, batch_id, "progress"),
                "revision": progress.revision,
                "writer": writer,
                "body": pack_json(progress.to_json()),
                "expires_at": self._end(),
            }
        )

    def _end(self) -> int:
        return int(self.now().timestamp()) + KEPT_DAYS * 86_400


def _key(tenant: str, batch_id: str, sk: str) -> dict[str, str]:
    return {"pk": partition(tenant, "batch", batch_id), "sk": sk}


def _writer() -> str:
    return f"{random.getrandbits(64):016x}"


def _batch(item: Item) -> Batch:
    return Batch.from_json(unpack_json(from_item(item)["body"]))


def _progress(item: Item) -> Progress:
    return Progress.from_json(unpack_json(from_item(item)["body"]))


def _result(item: Item) -> ItemResult:
    return ItemResult.from_json(unpack_json(from_item(item)["body"]))
