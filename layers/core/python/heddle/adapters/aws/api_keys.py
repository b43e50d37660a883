"""API keys on DynamoDB.

    key   pk apikey#id    sk apikey    gsi1 tenant#apikeys, created#id

The one partition key without a tenant: a request names the key only, and learns its tenant from it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from heddle.adapters.aws.dynamo import ConditionFailed, Item, call, from_item, partition, to_item
from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.identity.ports import ApiKey
from heddle.application.ports.paging import Page
from heddle.errors import Conflict, NotFound

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@dataclass(frozen=True)
class DynamoApiKeyStore:
    """An ApiKeyStore in the catalog table with the index gsi1."""

    client: "DynamoDBClient"
    table: str

    def put(self, key: ApiKey) -> None:
        item = {
            "pk": f"apikey#{key.id}",
            "sk": "apikey",
            "gsi1pk": partition(key.tenant, "apikeys"),
            "gsi1sk": f"{key.created_at.isoformat(timespec='microseconds')}#{key.id}",
            "id": key.id,
            "tenant": key.tenant,
            "name": key.name,
            "secret_sha256": key.secret_sha256,
            "role": key.role,
            "scopes": orjson.dumps(key.scopes).decode(),
            "created_at": key.created_at.isoformat(),
            "created_by": key.created_by,
            # Not called expires_at: an expired key stays in the list, so the table must not forget it.
            "valid_until": key.expires_at.isoformat() if key.expires_at else None,
            "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
        }
        try:
            call(
                self.client.put_item,
                TableName=self.table,
                Item=to_item(item),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ConditionFailed as error:
            raise Conflict(f"there is an API key {key.id} already", code="api_key_exists") from error

    def get(self, key_id: str) -> ApiKey | None:
        item = call(self.client.get_item, TableName=self.table, Key=_key(key_id), ConsistentRead=True).get("Item")
        return _api_key(item) if item is not None else None

    def keys(self, tenant: str, *, limit: int, cursor: str | None = None) -> Page[ApiKey]:
        scope = partition(tenant, "apikeys")
        query: dict[str, Any] = {}
        if cursor is not None:
            position, key_id = decode_cursor(cursor, scope, parts=2)
            query["ExclusiveStartKey"] = _key(key_id) | to_item({"gsi1pk": scope, "gsi1sk": position})
        page = call(
            self.client.query,
            TableName=self.table,
            IndexName="gsi1",
            KeyConditionExpression="gsi1pk = :scope",
            ExpressionAttributeValues={":scope": {"S": scope}},
            ScanIndexForward=False,
            Limit=limit,
            **query,
        )
        rows = tuple(_api_key(item) for item in page["Items"])
        more = page.get("LastEvaluatedKey")
        return Page(rows, encode_cursor(scope, more["gsi1sk"]["S"], rows[-1].id) if more else None)

    def revoke(self, tenant: str, key_id: str, *, at: datetime) -> None:
        try:
            call(
                self.client.update_item,
                TableName=self.table,
                Key=_key(key_id),
                UpdateExpression="SET revoked_at = if_not_exists(revoked_at, :at)",
                ConditionExpression="tenant = :tenant",
                ExpressionAttributeValues=to_item({":at": at.isoformat(), ":tenant": tenant}),
            )
        except ConditionFailed as error:
            raise NotFound(f"there is no API key {key_id!r}", code="api_key_not_found") from error


def _key(key_id: str) -> Item:
    return to_item({"pk": f"apikey#{key_id}", "sk": "apikey"})


def _api_key(item: Item) -> ApiKey:
    values = from_item(item)
    return ApiKey(
        id=values["id"],
        tenant=values["tenant"],
        name=values["name"],
        secret_sha256=values["secret_sha256"],
        role=values["role"],
        scopes=tuple(orjson.loads(values["scopes"])),
        created_at=datetime.fromisoformat(values["created_at"]),
        created_by=values["created_by"],
        expires_at=_moment(values.get("valid_until")),
        revoked_at=_moment(values.get("revoked_at")),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None
