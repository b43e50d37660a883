"""Run slots and waiting lines on DynamoDB.

slot      pk tenant#slots    sk slot#run         one per run that holds one
counter   pk tenant#slots    sk counter          `held`, changed only together with a slot
place     pk tenant#line     sk at#time#run      the waiting line, in the order of waiting
ticket    pk tenant#line     sk run#run          where in the line the run is, so that it stands there once
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heddle.adapters.aws.dynamo import (
    ConditionFailed,
    TransactionBusy,
    call,
    pack_json,
    partition,
    to_item,
    unpack_json,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

ATTEMPTS = 8
"""Starts and ends of a tenant's runs meet at its counter; who meets another waits a few milliseconds."""


@dataclass(frozen=True)
class DynamoRunSlots:
    """A RunSlots in the runs table."""

    client: "DynamoDBClient"
    table: str
    sleep: Callable[[float], None] = time.sleep

    def acquire(self, tenant: str, run_id: str, *, limit: int) -> bool:
        take = {
            "TableName": self.table,
            "Item": to_item({"pk": partition(tenant, "slots"), "sk": f"slot#{run_id}"}),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        count = self._count(tenant, 1, "attribute_not_exists(held) OR held < :limit", {":limit": limit})
        try:
            self._transact([{"Put": take}, {"Update": count}])
        except ConditionFailed as refused:
            holds_already: bool = refused.reasons[0] == "ConditionalCheckFailed"
            return holds_already
        return True

    def release(self, tenant: str, run_id: str) -> bool:
        give = {
            "TableName": self.table,
            "Key": to_item({"pk": partition(tenant, "slots"), "sk": f"slot#{run_id}"}),
            "ConditionExpression": "attribute_exists(pk)",
        }
        count = self._count(tenant, -1, "held > :none", {":none": 0})
        try:
            self._transact([{"Delete": give}, {"Update": count}])
        except ConditionFailed:
            return False
        return True

    def held(self, tenant: str) -> int:
        key = to_item({"pk": partition(tenant, "slots"), "sk": "counter"})
        item = call(self.client.get_item, TableName=self.table, Key=key).get("Item")
        return int(item["held"]["N"]) if item else 0

    def park(self, tenant: str, run_id: str, *, at: str, message: Mapping[str, Any]) -> None:
        line = partition(tenant, "line")
        place = f"at#{at}#{run_id}"
        ticket = {
            "TableName": self.table,
            "Item": to_item({"pk": line, "sk": f"run#{run_id}", "place": place}),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        body = pack_json(dict(message))
        stand = {"TableName": self.table, "Item": to_item({"pk": line, "sk": place, "body": body})}
        try:
            self._transact([{"Put": ticket}, {"Put": stand}])
        except ConditionFailed:
            return

    def next_parked(self, tenant: str) -> Mapping[str, Any] | None:
        page = call(
            self.client.query,
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :place)",
            ExpressionAttributeValues=to_item({":pk": partition(tenant, "line"), ":place": "at#"}),
            Limit=1,
        )
        message: Mapping[str, Any] | None = unpack_json(page["Items"][0]["body"]["B"]) if page["Items"] else None
        return message

    def unpark(self, tenant: str, run_id: str) -> bool:
        line = partition(tenant, "line")
        key = to_item({"pk": line, "sk": f"run#{run_id}"})
        ticket = call(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        if ticket is None:
            return False
        place = {"pk": {"S": line}, "sk": ticket["place"]}
        self._transact([{"Delete": {"TableName": self.table, "Key": each}} for each in (key, place)])
        return True

    def _count(self, tenant: str, change: int, condition: str, values: Mapping[str, int]) -> dict[str, Any]:
        return {
            "TableName": self.table,
            "Key": to_item({"pk": partition(tenant, "slots"), "sk": "counter"}),
            "UpdateExpression": "ADD held :change",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": to_item({":change": change, **values}),
        }

    def _transact(self, items: list[dict[str, Any]]) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                call(self.client.transact_write_items, TransactItems=items)
                return
            except TransactionBusy:
                if attempt == ATTEMPTS:
                    raise
                self.sleep(random.uniform(0.005, 0.02) * attempt)
