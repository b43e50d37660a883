"""Waiting nodes on DynamoDB.

callback   pk tenant#run#id    sk callback#node    gsi1 tenant#callbacks#kind, created#run#node
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heddle.adapters.aws.dynamo import Item, call, from_item, pack_json, partition, to_item, unpack_json
from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.callbacks import Callback
from heddle.application.ports.paging import Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@dataclass(frozen=True)
class DynamoCallbackStore:
    """A CallbackStore in the runs table with the index gsi1."""

    client: "DynamoDBClient"
    table: str

    def put(self, callback: Callback) -> None:
        item = {
            **_key(callback.tenant, callback.run_id, callback.node_id),
            "gsi1pk": partition(callback.tenant, "callbacks", callback.kind),
            "gsi1sk": f"{callback.created_at}#{callback.run_id}#{callback.node_id}",
            "run_id": callback.run_id,
            "node_id": callback.node_id,
            "attempt": callback.attempt,
            "kind": callback.kind,
            "token": callback.token,
            "created_at": callback.created_at,
            # Not called expires_at: that is the attribute by which DynamoDB forgets items.
            "until": callback.expires_at,
            "details": pack_json(callback.details),
        }
        call(self.client.put_item, TableName=self.table, Item=to_item(item))

    def get(self, tenant: str, run_id: str, node_id: str) -> Callback | None:
        key = to_item(_key(tenant, run_id, node_id))
        item = call(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return _callback(tenant, item) if item is not None else None

    def delete(self, tenant: str, run_id: str, node_id: str) -> None:
        call(self.client.delete_item, TableName=self.table, Key=to_item(_key(tenant, run_id, node_id)))

    def list(self, tenant: str, *, kind: str, limit: int, cursor: str | None = None) -> Page[Callback]:
        scope = partition(tenant, "callbacks", kind)
        query: dict[str, Any] = {}
        if cursor is not None:
            position, run_id, node_id = decode_cursor(cursor, scope, parts=3)
            start = _key(tenant, run_id, node_id) | {"gsi1pk": scope, "gsi1sk": position}
            query["ExclusiveStartKey"] = to_item(start)
        page = call(
            self.client.query,
            TableName=self.table,
            IndexName="gsi1",
            KeyConditionExpression="gsi1pk = :scope",
            ExpressionAttributeValues={":scope": {"S": scope}},
            Limit=limit,
            **query,
        )
        rows = tuple(_callback(tenant, item) for item in page["Items"])
        more = page.get("LastEvaluatedKey")
        if not more:
            return Page(rows)
        return Page(rows, encode_cursor(scope, more["gsi1sk"]["S"], rows[-1].run_id, rows[-1].node_id))


def _key(tenant: str, run_id: str, node_id: str) -> dict[str, Any]:
    return {"pk": partition(tenant, "run", run_id), "sk": f"callback#{node_id}"}


def _callback(tenant: str, item: Item) -> Callback:
    values = from_item(item)
    return Callback(
        tenant=tenant,
        run_id=values["run_id"],
        node_id=values["node_id"],
        attempt=values["attempt"],
        kind=values["kind"],
        token=values.get("token"),
        created_at=values["created_at"],
        expires_at=values.get("until"),
        details=unpack_json(values["details"]),
    )
