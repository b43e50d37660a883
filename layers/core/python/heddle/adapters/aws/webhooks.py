"""Webhooks on AWS: their queue, and how often tenants made their secrets anew.

secret   pk tenant#webhook-secret   sk secret   generation, previous_until      in the catalogue
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import orjson

from heddle.adapters.aws.dynamo import ConditionFailed, call, from_item, partition, to_item
from heddle.domain.webhooks.secret import SecretState
from heddle.domain.webhooks.webhook import Delivery
from heddle.errors import VersionConflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_sqs.client import SQSClient

MAX_DELAY_SECONDS = 900


@dataclass(frozen=True)
class SqsDeliveries:
    """A Deliveries on a standard queue, whose group is the tenant: that makes it fair.

    SQS hides a message for a quarter of an hour at most. What is due later comes out early, and goes in again.
    """

    client: "SQSClient"
    queue_url: str
    now: Callable[[], datetime]

    def put(self, delivery: Delivery) -> None:
        delay = 0.0
        if delivery.due_at is not None:
            delay = (datetime.fromisoformat(delivery.due_at) - self.now()).total_seconds()
        call(
            self.client.send_message,
            QueueUrl=self.queue_url,
            MessageBody=orjson.dumps(delivery.to_json()).decode(),
            MessageGroupId=delivery.webhook.tenant,
            DelaySeconds=min(max(0, math.ceil(delay)), MAX_DELAY_SECONDS),
        )


@dataclass(frozen=True)
class DynamoWebhookSecretStore:
    """A WebhookSecretStore."""

    client: "DynamoDBClient"
    table: str

    def get(self, tenant: str) -> SecretState:
        reply = call(self.client.get_item, TableName=self.table, Key=to_item(_key(tenant)), ConsistentRead=True)
        if "Item" not in reply:
            return SecretState()
        row = from_item(reply["Item"])
        return SecretState(row["generation"], row.get("previous_until"))

    def put(self, tenant: str, state: SecretState) -> None:
        item = {**_key(tenant), "generation": state.generation, "previous_until": state.previous_until}
        before = state.generation - 1
        # The first secret is kept by nobody: it is what there is without a row.
        condition = "generation = :before" if before > 1 else "attribute_not_exists(pk)"
        values = {"ExpressionAttributeValues": to_item({":before": before})} if before > 1 else {}
        try:
            call(
                self.client.put_item,
                TableName=self.table,
                Item=to_item(item),
                ConditionExpression=condition,
                **values,
            )
        except ConditionFailed as error:
            raise VersionConflict("somebody else made a new secret at the same time") from error


def _key(tenant: str) -> dict[str, str]:
    return {"pk": partition(tenant, "webhook-secret"), "sk": "secret"}
