"""Reading many items by key, as they are now."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from heddle.adapters.aws.dynamo import Item, call
from heddle.errors import UpstreamUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEYS_PER_READ = 100
_READS = 8


def read_all(client: "DynamoDBClient", table: str, keys: Sequence[Item]) -> Iterator[Item]:
    """Yield the items that exist of these keys, consistently read and in any order."""
    for start in range(0, len(keys), KEYS_PER_READ):
        wanted: Any = {table: {"Keys": list(keys[start : start + KEYS_PER_READ]), "ConsistentRead": True}}
        for _ in range(_READS):
            reply = call(client.batch_get_item, RequestItems=wanted)
            yield from reply["Responses"].get(table, ())
            wanted = reply.get("UnprocessedKeys")
            if not wanted:
                break
        else:
            raise UpstreamUnavailable("DynamoDB throttled the reading of rows")
