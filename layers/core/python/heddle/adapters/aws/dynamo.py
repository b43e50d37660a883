"""DynamoDB without boto3's resource layer: attribute values, keys, compressed JSON, and one translation of errors.

Imports nothing heavy: the client is handed in, and whoever made it has loaded botocore already.
"""

import gzip
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson
from botocore.exceptions import BotoCoreError, ClientError

from heddle.errors import InvalidInput, UpstreamUnavailable

Item = dict[str, Any]
"""An item as boto3 gives it: {"name": {"S": …}}."""

COMPRESS_ABOVE = 1024
WORTH_COMPRESSING = 0.8
"""Compressed only if that makes it at most this share of its size: reading gzip is not free either."""

_BUSY = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottlingError",
        "ThrottlingException",
        "TooManyRequestsException",
        "InternalError",
        "InternalFailure",
        "TransactionInProgressException",
    }
)


class ConditionFailed(Exception):
    """DynamoDB refused a write because of its condition; `reasons` has one code per item of the transaction."""

    def __init__(self, reasons: tuple[str, ...], item: Item | None = None) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons
        self.item = item


class TransactionBusy(UpstreamUnavailable):
    """Another transaction holds one of the items at this moment; nobody has won or lost yet."""

    code = "transaction_conflict"


def call(operation: Callable[..., Any], **arguments: Any) -> Any:
    """Call a client's operation and turn its errors into ours.

    Raises ConditionFailed, TransactionBusy, or UpstreamUnavailable for throttling, outages and lost connections; so a
    throttled write is never taken for a lost race. Anything else is a bug and passes through.
    """
    try:
        return operation(**arguments)
    except BotoCoreError as error:
        raise UpstreamUnavailable(f"AWS did not answer: {error}") from error
    except ClientError as error:
        raise _translated(error) from error


def items_of(operation: Callable[..., Any], **query: Any) -> Iterator[Item]:
    """Yield the items of all pages of a query, each page when it is needed; errors as `call`."""
    while True:
        page = call(operation, **query)
        yield from page["Items"]
        if not page.get("LastEvaluatedKey"):
            return
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def put_new(operation: Callable[..., Any], table: str, item: Mapping[str, Any]) -> bool:
    """Put an item, of plain values, whose key nobody has yet; False if somebody has. Errors as `call`."""
    try:
        call(operation, TableName=table, Item=to_item(item), ConditionExpression="attribute_not_exists(pk)")
    except ConditionFailed:
        return False
    return True


def _translated(error: ClientError) -> Exception:
    response: Mapping[str, Any] = error.response
    code = response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(("ConditionalCheckFailed",), response.get("Item"))
    if code == "TransactionCanceledException":
        reasons = tuple(str(reason.get("Code", "None")) for reason in response.get("CancellationReasons", ()))
        if "ConditionalCheckFailed" in reasons:
            return ConditionFailed(reasons)
        if "TransactionConflict" in reasons:
            return TransactionBusy("another transaction holds the item")
        if _BUSY.intersection(reasons):
            return UpstreamUnavailable("DynamoDB throttled the transaction", reasons=list(reasons))
    if code == "TransactionConflictException":
        return TransactionBusy("another transaction holds the item")
    if code in _BUSY:
        return UpstreamUnavailable(f"AWS is busy: {code}", upstream_code=code)
    return error


def partition(tenant: str, *parts: str) -> str:
    """Return the partition key `tenant#part#…`.

    Raises InvalidInput for a tenant that could be read as another one's: empty, or with the separator in it.
    """
    if not tenant or "#" in tenant or "/" in tenant:
        raise InvalidInput(f"{tenant!r} is not the name of a tenant", code="invalid_tenant")
    return "#".join((tenant, *parts))


def to_item(values: Mapping[str, Any]) -> Item:
    """Return the attribute values of plain ones (text, int, bool, bytes); None is left out."""
    return {name: _attribute(value) for name, value in values.items() if value is not None}


def _attribute(value: str | int | bool | bytes) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    return {"B": value}


def from_item(item: Item) -> dict[str, Any]:
    """Return plain values: text, int, bool, bytes."""
    values: dict[str, Any] = {}
    for name, attribute in item.items():
        ((kind, value),) = attribute.items()
        values[name] = int(value) if kind == "N" else bytes(value) if kind == "B" else value
    return values


def pack(body: bytes) -> bytes:
    """Return bytes to store: gzip above 1 KiB if that helps, else as they are. `unpack` sees the difference itself."""
    if len(body) > COMPRESS_ABOVE:
        # mtime=0: the same body gives the same bytes.
        smaller = gzip.compress(body, compresslevel=6, mtime=0)
        if len(smaller) <= len(body) * WORTH_COMPRESSING:
            return smaller
    return body


def unpack(stored: bytes) -> bytes:
    """Return what `pack` was given: JSON never begins with gzip's magic number."""
    return gzip.decompress(stored) if stored[:2] == b"\x1f\x8b" else stored


def pack_json(value: Any) -> bytes:
    """Return a JSON value as bytes to store."""
    return pack(orjson.dumps(value))


def unpack_json(stored: bytes) -> Any:
    """Return the JSON value that `pack_json` was given."""
    return orjson.loads(unpack(stored))
