"""Claims on DynamoDB: pk tenant#run#id, sk claim#work, written once."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heddle.adapters.aws.dynamo import ConditionFailed, call, partition, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@dataclass(frozen=True)
class DynamoClaims:
    """A Claims in the runs table."""

    client: "DynamoDBClient"
    table: str

    def claim(self, tenant: str, run_id: str, work: str, *, owner: str, at: str) -> str:
        item = to_item({"pk": partition(tenant, "run", run_id), "sk": f"claim#{work}", "owner": owner, "at": at})
        try:
            call(
                self.client.put_item,
                TableName=self.table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ConditionFailed as refused:
            if refused.item is None:
                raise
            holder: str = refused.item["owner"]["S"]
            return holder
        return owner
