"""Lists in DynamoDB, newest first, page by page: the lines of an index, or the items below one key.

A cursor holds the position of the last item that was given and is good for this list alone.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from heddle.adapters.aws.dynamo import Item, call, to_item
from heddle.application.cursors import decode_cursor, encode_cursor

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

ListPage = tuple[list[Item], str | None]
"""The items of a page, and the cursor of the next one if there is one."""


def indexed(
    client: "DynamoDBClient",
    table: str,
    scope: str,
    *,
    key_of: Callable[[str], dict[str, Any]],
    limit: int,
    cursor: str | None,
) -> ListPage:
    """Return lines whose `gsi1pk` is this scope; `key_of` gives the table's key of the item at a `gsi1sk`."""
    start: dict[str, Any] = {}
    if cursor is not None:
        (position,) = decode_cursor(cursor, scope)
        key = key_of(position) | {"gsi1pk": scope, "gsi1sk": position}
        start["ExclusiveStartKey"] = to_item(key)
    page = call(
        client.query,
        TableName=table,
        IndexName="gsi1",
        KeyConditionExpression="gsi1pk = :scope",
        ExpressionAttributeValues=to_item({":scope": scope}),
        ScanIndexForward=False,
        Limit=limit,
        **start,
    )
    more = page.get("LastEvaluatedKey")
    return page["Items"], encode_cursor(scope, more["gsi1sk"]["S"]) if more else None


def below(
    client: "DynamoDBClient",
    table: str,
    pk: str,
    prefix: str,
    *,
    limit: int,
    cursor: str | None,
    only: Sequence[str] = (),
) -> ListPage:
    """Return items below `pk` whose `sk` begins with `prefix`; with `only`, nothing but these attributes of them."""
    query: dict[str, Any] = {}
    if cursor is not None:
        (position,) = decode_cursor(cursor, pk)
        query["ExclusiveStartKey"] = to_item({"pk": pk, "sk": position})
    if only:
        query["ProjectionExpression"] = ", ".join(f"#{name}" for name in only)
        query["ExpressionAttributeNames"] = {f"#{name}": name for name in only}
    page = call(
        client.query,
        TableName=table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
        ExpressionAttributeValues=to_item({":pk": pk, ":prefix": prefix}),
        ScanIndexForward=False,
        Limit=limit,
        **query,
    )
    more = page.get("LastEvaluatedKey")
    return page["Items"], encode_cursor(pk, more["sk"]["S"]) if more else None
