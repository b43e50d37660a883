"""The ledger on DynamoDB: lines are the booked calls of the spend table, sums lie beside them.

Lines of a day and sums of a month are spread over several partitions; they are read one after the other and merged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import orjson

from heddle.adapters.aws.dynamo import (
    Item,
    call,
    from_item,
    items_of,
    to_item,
)
from heddle.adapters.aws.spend_items import (
    SUM_SHARDS,
    call_key,
    call_of,
    day_lines,
    line_of,
    run_lines,
    sums_of,
    sums_partition,
)
from heddle.application.budgets.sums import NONE, SumKey, Sums, booked_line, row
from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.paging import Page
from heddle.application.ports.usage import LedgerLine, UsageRow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@dataclass(frozen=True)
class DynamoLedger:
    """A Ledger in the spend table with the indexes gsi1 and gsi2."""

    client: "DynamoDBClient"
    table: str

    def line(self, tenant: str, call_id: str) -> LedgerLine | None:
        key = to_item(call_key(tenant, call_id))
        item = call(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return booked_line(call_of(item)) if item is not None else None

    def of_run(self, tenant: str, run_id: str, *, limit: int, cursor: str | None = None) -> Page[LedgerLine]:
        scope = run_lines(tenant, run_id)
        found, more = self._lines("gsi1", scope, _position(cursor, scope), limit)
        rows = tuple([line_of(item) for item in found])
        return Page(rows, encode_cursor(scope, found[-1]["gsi1sk"]["S"]) if more else None)

    def of_day(self, tenant: str, day: date, *, limit: int, cursor: str | None = None) -> Page[LedgerLine]:
        scope = f"{tenant}#lines#day#{day.isoformat()}"
        after = _position(cursor, scope)
        merged: list[Item] = []
        horizons: list[str] = []
        for shard in range(SUM_SHARDS):
            found, more = self._lines("gsi2", day_lines(tenant, day.isoformat(), shard), after, _portion(limit))
            merged.extend(found)
            if more:
                horizons.append(found[-1]["gsi2sk"]["S"])
        # Behind the place where the first partition was cut off, lines of it may be missing.
        horizon = min(horizons, default=None)
        places = sorted((item["gsi2sk"]["S"], number) for number, item in enumerate(merged))
        shown = [number for place, number in places if horizon is None or place <= horizon][:limit]
        rest = horizon is not None or len(shown) < len(merged)
        last = merged[shown[-1]]["gsi2sk"]["S"] if shown else ""
        return Page(tuple([line_of(merged[number]) for number in shown]), encode_cursor(scope, last) if rest else None)

    def sums(self, tenant: str, first: date, last: date) -> Sequence[UsageRow]:
        rows: dict[SumKey, Sums] = {}
        for month in _months(first, last):
            for shard in range(SUM_SHARDS):
                for item in self._sums(sums_partition(tenant, month, shard), first, last):
                    values = from_item(item)
                    key = SumKey(*orjson.loads(values["sk"]))
                    rows[key] = rows.get(key, NONE).plus(sums_of(values))
        order = sorted(rows, key=lambda key: (key.day, key.principal, key.workflow_id, key.provider, key.model))
        return [row(key, rows[key]) for key in order if rows[key] != NONE]

    def _lines(self, index: str, scope: str, after: str | None, limit: int) -> tuple[list[Item], bool]:
        """Return some lines behind a place, and whether there are more."""
        values = {":scope": scope} | ({":after": after} if after is not None else {})
        page = call(
            self.client.query,
            TableName=self.table,
            IndexName=index,
            KeyConditionExpression=f"{index}pk = :scope" + (f" AND {index}sk > :after" if after is not None else ""),
            ExpressionAttributeValues=to_item(values),
            Limit=limit,
        )
        found: list[Item] = page["Items"]
        return found, bool(page.get("LastEvaluatedKey"))

    def _sums(self, scope: str, first: date, last: date) -> Iterator[Item]:
        bounds = {":from": f'["{first.isoformat()}"', ":to": f'["{last.isoformat()}"~'}
        return items_of(
            self.client.query,
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :from AND :to",
            ExpressionAttributeValues=to_item({":pk": scope, **bounds}),
        )


def _portion(limit: int) -> int:
    """Return how many lines of each partition to read: a fair part, and some more because chance is not fair."""
    return min(limit, limit // SUM_SHARDS * 2 + 10)


def _position(cursor: str | None, scope: str) -> str | None:
    return None if cursor is None else decode_cursor(cursor, scope)[0]


def _months(first: date, last: date) -> list[str]:
    return [
        f"{number // 12:04d}-{number % 12 + 1:02d}"
        for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    ]
