"""API keys in the `catalog` table.

    pk apikey#{id}   sk key   gsi1pk {tenant}#apikeys   gsi1sk {created_at}#{id}

The key's own id is the partition, because a request names nothing else; the tenant's list is an index query.
"""

import base64
import binascii
from datetime import datetime
from typing import TYPE_CHECKING, Any

from heddle.application.identity.ports import ApiKey
from heddle.application.ports import Page
from heddle.errors import Conflict, InvalidInput, NotFound, UpstreamUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SORT_KEY = "key"


class DynamoApiKeyStore:
    """ApiKeyStore on DynamoDB; `client` is a boto3 DynamoDB client."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def put(self, key: ApiKey) -> None:
        from botocore.exceptions import ClientError

        try:
            self._client.put_item(
                TableName=self._table, Item=_item(key), ConditionExpression="attribute_not_exists(pk)"
            )
        except ClientError as error:
            if _code(error) == "ConditionalCheckFailedException":
                raise Conflict(f"there is an API key {key.id} already", code="api_key_exists") from error
            raise _unavailable(error) from error

    def get(self, key_id: str) -> ApiKey | None:
        from botocore.exceptions import ClientError

        try:
            # Consistent, so that a revoked key stops at once.
            found = self._client.get_item(TableName=self._table, Key=_key(key_id), ConsistentRead=True)
        except ClientError as error:
            raise _unavailable(error) from error
        item = found.get("Item")
        return _api_key(item) if item else None

    def keys(self, tenant: str, *, limit: int, cursor: str | None = None) -> Page[ApiKey]:
        from botocore.exceptions import ClientError

        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": "gsi1",
            "KeyConditionExpression": "gsi1pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": f"{tenant}#apikeys"}},
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if cursor is not None:
            at, key_id = _decode(cursor)
            request["ExclusiveStartKey"] = {
                **_key(key_id),
                "gsi1pk": {"S": f"{tenant}#apikeys"},
                "gsi1sk": {"S": f"{at}#{key_id}"},
            }
        try:
            page = self._client.query(**request)
        except ClientError as error:
            if cursor is not None and _code(error) == "ValidationException":
                raise _bad_cursor() from error
            raise _unavailable(error) from error
        rows = tuple(_api_key(item) for item in page["Items"])
        return Page(rows, _encode(rows[-1]) if rows and "LastEvaluatedKey" in page else None)

    def revoke(self, tenant: str, key_id: str, *, at: datetime) -> None:
        from botocore.exceptions import ClientError

        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(key_id),
                UpdateExpression="SET revoked_at = if_not_exists(revoked_at, :at)",
                ConditionExpression="tenant = :tenant",
                ExpressionAttributeValues={":at": {"S": at.isoformat()}, ":tenant": {"S": tenant}},
            )
        except ClientError as error:
            if _code(error) == "ConditionalCheckFailedException":
                raise NotFound(f"there is no API key {key_id!r}", code="api_key_not_found") from error
            raise _unavailable(error) from error


def _key(key_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"apikey#{key_id}"}, "sk": {"S": SORT_KEY}}


def _item(key: ApiKey) -> dict[str, Any]:
    created = key.created_at.isoformat()
    texts = {
        "id": key.id,
        "tenant": key.tenant,
        "name": key.name,
        "secret_sha256": key.secret_sha256,
        "role": key.role,
        "scopes": " ".join(key.scopes),
        "created_at": created,
        "created_by": key.created_by,
        "gsi1pk": f"{key.tenant}#apikeys",
        "gsi1sk": f"{created}#{key.id}",
    }
    if key.expires_at is not None:
        texts["expires_on"] = key.expires_at.isoformat()
    if key.revoked_at is not None:
        texts["revoked_at"] = key.revoked_at.isoformat()
    return {**_key(key.id), **{name: {"S": text} for name, text in texts.items()}}


def _api_key(item: Any) -> ApiKey:
    texts = {name: value.get("S", "") for name, value in item.items()}
    return ApiKey(
        id=texts["id"],
        tenant=texts["tenant"],
        name=texts["name"],
        secret_sha256=texts["secret_sha256"],
        role=texts["role"],
        scopes=tuple(texts["scopes"].split()),
        created_at=datetime.fromisoformat(texts["created_at"]),
        created_by=texts["created_by"],
        expires_at=_moment(texts.get("expires_on")),
        revoked_at=_moment(texts.get("revoked_at")),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _encode(key: ApiKey) -> str:
    return base64.urlsafe_b64encode(f"{key.created_at.isoformat()}#{key.id}".encode()).decode()


def _decode(cursor: str) -> tuple[str, str]:
    try:
        at, _, key_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition("#")
    except (binascii.Error, ValueError) as error:
        raise _bad_cursor() from error
    if not at or not key_id:
        raise _bad_cursor()
    return at, key_id


def _bad_cursor() -> InvalidInput:
    return InvalidInput("the cursor is not one of ours", code="invalid_cursor")


def _code(error: Any) -> str:
    return str(error.response["Error"]["Code"])


def _unavailable(error: Any) -> UpstreamUnavailable:
    return UpstreamUnavailable(f"the catalog did not answer: {_code(error)}")
