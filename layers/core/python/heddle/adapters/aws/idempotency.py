"""Idempotency keys on DynamoDB: pk tenant#idempotency#sha256(key), sk idempotency, for 24 hours."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from heddle.adapters.aws.dynamo import ConditionFailed, call, from_item, partition, to_item
from heddle.errors import IdempotencyMismatch

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEEP = timedelta(hours=24)


@dataclass(frozen=True)
class DynamoIdempotencyStore:
    """An IdempotencyStore in the runs table."""

    client: "DynamoDBClient"
    table: str

    def claim(self, tenant: str, key: str, *, body_hash: str, run_id: str, now: datetime) -> str:
        # Hashed, because a key is text of the caller's: any length, any characters.
        digest = hashlib.sha256(key.encode()).hexdigest()
        item = {
            "pk": partition(tenant, "idempotency", digest),
            "sk": "idempotency",
            "body_hash": body_hash,
            "run_id": run_id,
            "expires_at": int((now + KEEP).timestamp()),
        }
        try:
            call(
                self.client.put_item,
                TableName=self.table,
                Item=to_item(item),
                # Expired but not yet deleted counts as absent.
                ConditionExpression="attribute_not_exists(pk) OR expires_at <= :now",
                ExpressionAttributeValues=to_item({":now": int(now.timestamp())}),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ConditionFailed as refused:
            if refused.item is None:
                raise
            kept = from_item(refused.item)
            if kept["body_hash"] != body_hash:
                raise IdempotencyMismatch("this Idempotency-Key was used with another body", key=key) from refused
            first: str = kept["run_id"]
            return first
        return run_id
