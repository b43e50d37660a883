"""Circuits on DynamoDB: pk tenant#breakers, sk the provider, forgotten by the table at `expires_at`."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from heddle.adapters.aws.dynamo import ConditionFailed, Item, call, from_item, partition, to_item
from heddle.domain.models.breaker import Circuit

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@dataclass(frozen=True)
class DynamoCircuitStore:
    """A CircuitStore in the spend table. A circuit that the table has forgotten begins again at version 0."""

    client: "DynamoDBClient"
    table: str

    def read(self, tenant: str, provider: str) -> Circuit:
        # Consistent: a trial is claimed, and a failure counted, on top of what was written last.
        key = to_item(_key(tenant, provider))
        item = call(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return _circuit(item) if item is not None else Circuit()

    def read_all(self, tenant: str) -> dict[str, Circuit]:
        found: dict[str, Circuit] = {}
        query: dict[str, Any] = {}
        while True:
            page = call(
                self.client.query,
                TableName=self.table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=to_item({":pk": partition(tenant, "breakers")}),
                **query,
            )
            found |= {item["sk"]["S"]: _circuit(item) for item in page["Items"]}
            if not (more := page.get("LastEvaluatedKey")):
                return found
            query["ExclusiveStartKey"] = more

    def write(self, tenant: str, provider: str, circuit: Circuit, *, forget_at: datetime) -> bool:
        values = [circuit.failures, circuit.opened, circuit.trial, circuit.trial_until]
        item = to_item(
            {
                **_key(tenant, provider),
                "circuit": orjson.dumps(values).decode(),
                "version": circuit.version + 1,
                "expires_at": int(forget_at.timestamp()) + 1,
            }
        )
        unseen = {"ConditionExpression": "attribute_not_exists(pk)"}
        seen = {
            "ConditionExpression": "#version = :version",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": to_item({":version": circuit.version}),
        }
        try:
            call(self.client.put_item, TableName=self.table, Item=item, **(seen if circuit.version else unseen))
        except ConditionFailed:
            return False
        return True


def _key(tenant: str, provider: str) -> dict[str, str]:
    return {"pk": partition(tenant, "breakers"), "sk": provider}


def _circuit(item: Item) -> Circuit:
    values = from_item(item)
    failures, opened, trial, trial_until = orjson.loads(values["circuit"])
    return Circuit(tuple(failures), opened, trial, trial_until, values["version"])
