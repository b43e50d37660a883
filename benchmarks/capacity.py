"""What calls to DynamoDB take: write units by table and partition, and bytes that stay, counted as they are asked for.

Sizes and units follow "Amazon DynamoDB capacity unit consumption" and "item sizes and formats" of its documentation:
names and values in UTF-8, numbers two digits a byte, a unit of writing per KiB begun, twice that in a transaction, and
the same again for each index that an item is in. A condition and an update whose item is not known count as one KiB.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

KIB = 1024
ITEM_OVERHEAD = 100
"""Bytes that storage is billed for with each item, besides what is in it."""


@dataclass
class Capacity:
    """Counts of everything that clients watched by it were asked to do."""

    units: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Units of writing, by (table or table/index, partition key)."""
    stored: Counter[str] = field(default_factory=Counter)
    """Bytes put, by table or table/index; an item that is put again counts as one more."""
    reads: int = 0
    calls: Counter[str] = field(default_factory=Counter)

    def watch(self, client: Any) -> None:
        """Count what this boto3 client of DynamoDB is asked from now on."""
        client.meta.events.register("provide-client-params.dynamodb", self._asked)

    def _asked(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        self.calls[model.name] += 1
        for writes, factor in _writes(model.name, params):
            self._write(writes, factor)
        if model.name in ("GetItem", "Query"):
            self.reads += 1
        elif model.name in ("BatchGetItem", "TransactGetItems"):
            keys = [key for table in params.get("RequestItems", {}).values() for key in table["Keys"]]
            self.reads += len(keys) or 2 * len(params.get("TransactItems", ()))

    def _write(self, write: Mapping[str, Any], factor: int) -> None:
        table, item = write["TableName"], write.get("Item")
        if item is None:
            self.units[table, write["Key"]["pk"]["S"]] += factor
            return
        size = size_of(item)
        units = -(-size // KIB)
        self.units[table, item["pk"]["S"]] += units * factor
        self.stored[table] += size + ITEM_OVERHEAD
        for index in ("gsi1", "gsi2"):
            if key := item.get(f"{index}pk"):
                self.units[f"{table}/{index}", key["S"]] += units
                self.stored[f"{table}/{index}"] += size + ITEM_OVERHEAD


def _writes(operation: str, params: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], int]]:
    if operation in ("PutItem", "UpdateItem", "DeleteItem"):
        yield params, 1
    elif operation == "TransactWriteItems":
        for action in params["TransactItems"]:
            yield next(iter(action.values())), 2
    elif operation == "BatchWriteItem":
        for table, requests in params["RequestItems"].items():
            for request in requests:
                yield {"TableName": table, **next(iter(request.values()))}, 1


def size_of(item: Mapping[str, Any]) -> int:
    """Return the bytes of an item as boto3 has it."""
    return sum(len(name.encode()) + _value(attribute) for name, attribute in item.items())


def _value(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    if kind == "S":
        return len(value.encode())
    if kind == "N":
        return len(value) // 2 + 2
    if kind == "B":
        return len(value)
    if kind == "M":
        return 3 + sum(len(name.encode()) + 1 + _value(inner) for name, inner in value.items())
    if kind == "L":
        return 3 + sum(1 + _value(inner) for inner in value)
    return 1
