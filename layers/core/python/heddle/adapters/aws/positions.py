"""How far the events of live runs are in their topics, on DynamoDB.

position   pk tenant#published#run   sk position   version, seq; ends with the topic, a day after its newest frame
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heddle.adapters.aws.dynamo import ConditionFailed, call, from_item, partition, to_item
from heddle.application.ports.topics import KEPT_SECONDS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@dataclass(frozen=True)
class DynamoPositions:
    """A Positions. `now` gives seconds since 1970."""

    client: "DynamoDBClient"
    table: str
    now: Any

    def get(self, tenant: str, run_id: str) -> tuple[int, int]:
        key = to_item(_key(tenant, run_id))
        item = call(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        if item is None:
            return 0, 0
        values = from_item(item)
        return values["version"], values["seq"]

    def put(self, tenant: str, run_id: str, version: int, seq: int) -> None:
        item = {**_key(tenant, run_id), "version": version, "seq": seq, "expires_at": int(self.now()) + KEPT_SECONDS}
        try:
            call(
                self.client.put_item,
                TableName=self.table,
                Item=to_item(item),
                ConditionExpression="attribute_not_exists(pk) OR #version < :version",
                ExpressionAttributeNames={"#version": "version"},
                ExpressionAttributeValues=to_item({":version": version}),
            )
        except ConditionFailed:
            return


def _key(tenant: str, run_id: str) -> dict[str, str]:
    return {"pk": partition(tenant, "published", run_id), "sk": "position"}
