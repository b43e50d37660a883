"""Cached node outputs on DynamoDB: pk tenant#cache#key, sk cache, forgotten by the table at `expires_at`."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from heddle.adapters.aws.dynamo import call, pack_json, partition, to_item, unpack_json

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

LARGEST_BYTES = 350_000
"""A value that compresses to more than this is not kept: a cache may forget, and large payloads come as references."""


@dataclass(frozen=True)
class DynamoNodeCache:
    """A NodeCache in the runs table."""

    client: "DynamoDBClient"
    table: str

    def get(self, tenant: str, key: str, *, now: datetime) -> Any | None:
        item = call(self.client.get_item, TableName=self.table, Key=to_item(_key(tenant, key))).get("Item")
        # DynamoDB deletes expired items when it finds the time, so the moment is checked here.
        if item is None or now.timestamp() >= float(item["until"]["S"]):
            return None
        return unpack_json(item["body"]["B"])

    def put(self, tenant: str, key: str, value: dict[str, Any], *, expires_at: datetime) -> None:
        body = pack_json(value)
        if len(body) > LARGEST_BYTES:
            return
        until = expires_at.timestamp()
        # The table counts in whole seconds; `until` keeps the exact moment.
        item = to_item(_key(tenant, key) | {"body": body, "until": repr(until), "expires_at": int(until) + 1})
        call(self.client.put_item, TableName=self.table, Item=item)


def _key(tenant: str, key: str) -> dict[str, Any]:
    return {"pk": partition(tenant, "cache", key), "sk": "cache"}
