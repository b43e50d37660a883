"""Token buckets on DynamoDB: one number each, the time in microseconds at which the bucket is full again.

    taking n moves it by n ÷ rate; refused if that is more than burst ÷ rate ahead of now (GCRA, ITU-T I.371)

A bucket in use is moved by one conditional update, one that was full by a second: nothing is read before.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heddle.adapters.aws.dynamo import ConditionFailed, call, partition, to_item
from heddle.application.ports.rates import Rate

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

MICRO = 1_000_000


@dataclass(frozen=True)
class DynamoRateStore:
    """A RateStore."""

    client: "DynamoDBClient"
    table: str

    def take(self, tenant: str, key: str, count: int, rate: Rate, *, at: float) -> float:
        now, move = int(at * MICRO), int(count / rate.per_second * MICRO)
        depth = int(rate.burst / rate.per_second * MICRO)
        if move > depth:
            return move / MICRO
        values = {":now": now, ":end": int(at) + 3600}
        try:
            # In use: somewhere between now and as far ahead as leaves room for this.
            self._update(
                tenant,
                key,
                "SET full_at = full_at + :move, expires_at = :end",
                "full_at > :now AND full_at <= :latest",
                {**values, ":move": move, ":latest": now + depth - move},
            )
        except ConditionFailed as refused:
            full_at = int(refused.item["full_at"]["N"]) if refused.item else 0
            if full_at > now:
                return (full_at + move - depth - now) / MICRO
            return self._from_full(tenant, key, count, rate, at, {**values, ":full": now + move})
        return 0.0

    def _from_full(self, tenant: str, key: str, count: int, rate: Rate, at: float, values: dict[str, int]) -> float:
        condition = "attribute_not_exists(full_at) OR full_at <= :now"
        try:
            self._update(tenant, key, "SET full_at = :full, expires_at = :end", condition, values)
        except ConditionFailed:
            return self.take(tenant, key, count, rate, at=at)  # somebody else was the first: it is in use now
        return 0.0

    def _update(self, tenant: str, key: str, change: str, condition: str, values: dict[str, Any]) -> None:
        call(
            self.client.update_item,
            TableName=self.table,
            Key=to_item({"pk": partition(tenant, "rate", key), "sk": "bucket"}),
            UpdateExpression=change,
            ConditionExpression=condition,
            ExpressionAttributeValues=to_item(values),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
