"""Tenants' model settings on DynamoDB: pk tenant#models, sk settings, body = the document, gzip."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from heddle.adapters.aws.dynamo import ConditionFailed, call, pack_json, partition, to_item, unpack_json
from heddle.domain.models.settings import ModelSettings, settings_from_json
from heddle.errors import VersionConflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@dataclass(frozen=True)
class DynamoModelSettingsStore:
    """A ModelSettingsStore in the catalog table."""

    client: "DynamoDBClient"
    table: str

    def get(self, tenant: str) -> ModelSettings:
        key = to_item(_key(tenant))
        item = call(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return settings_from_json(unpack_json(item["body"]["B"])) if item is not None else ModelSettings()

    def save(self, tenant: str, settings: ModelSettings, *, expected_version: int) -> ModelSettings:
        saved = replace(settings, version=expected_version + 1)
        item = to_item({**_key(tenant), "version": saved.version, "body": pack_json(saved.to_json())})
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if expected_version:
            condition = {
                "ConditionExpression": "#version = :expected",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": to_item({":expected": expected_version}),
            }
        try:
            call(self.client.put_item, TableName=self.table, Item=item, **condition)
        except ConditionFailed as error:
            message = f"the model settings are not at version {expected_version}"
            raise VersionConflict(message, expected=expected_version) from error
        return saved


def _key(tenant: str) -> dict[str, str]:
    return {"pk": partition(tenant, "models"), "sk": "settings"}
