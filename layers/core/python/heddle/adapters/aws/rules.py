"""Rules of tenants on DynamoDB, in the table `connections`.

rules    pk tenant#rules   sk rules         all of them as one document, revision
counts   pk tenant#rules   sk rule#name     matched, denied, failed, in_a_row
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heddle.adapters.aws.dynamo import ConditionFailed, call, from_item, pack_json, partition, to_item, unpack_json
from heddle.application.ports.rules import RuleCounts
from heddle.domain.realtime.rules.rule import Rule, RuleSet
from heddle.errors import VersionConflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@dataclass(frozen=True)
class DynamoRuleStore:
    """A RuleStore."""

    client: "DynamoDBClient"
    table: str

    def get(self, tenant: str) -> RuleSet:
        key = to_item({"pk": partition(tenant, "rules"), "sk": "rules"})
        item = call(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        if item is None:
            return RuleSet()
        values = from_item(item)
        document = unpack_json(values["body"])
        rules = tuple(Rule(**each) for each in document["rules"])
        return RuleSet(rules, document["default_action"], document["strip_html"], values["revision"])

    def put(self, tenant: str, rules: RuleSet) -> None:
        document = {
            "rules": [rule.to_json() for rule in rules.rules],
            "default_action": rules.default_action,
            "strip_html": rules.strip_html,
        }
        item = {
            "pk": partition(tenant, "rules"),
            "sk": "rules",
            "body": pack_json(document),
            "revision": rules.revision,
        }
        first = rules.revision == 1
        try:
            call(
                self.client.put_item,
                TableName=self.table,
                Item=to_item(item),
                ConditionExpression="attribute_not_exists(pk)" if first else "revision = :before",
                **({} if first else {"ExpressionAttributeValues": to_item({":before": rules.revision - 1})}),
            )
        except ConditionFailed as error:
            raise VersionConflict("the rules have changed since they were read") from error

    def count(self, tenant: str, counts: Mapping[str, RuleCounts]) -> None:
        for name, more in counts.items():
            changes = {":matched": more.matched, ":denied": more.denied, ":failed": more.failed}
            self._update(tenant, name, "ADD matched :matched, denied :denied, failed :failed", changes)

    def failed(self, tenant: str, rule: str) -> int:
        return int(self._update(tenant, rule, "ADD failed :one, in_a_row :one", {":one": 1})["in_a_row"]["N"])

    def worked(self, tenant: str, rule: str) -> None:
        self._update(tenant, rule, "SET in_a_row = :none", {":none": 0})

    def counts(self, tenant: str) -> Mapping[str, RuleCounts]:
        page = call(
            self.client.query,
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues=to_item({":pk": partition(tenant, "rules"), ":prefix": "rule#"}),
        )
        found = {}
        for item in page["Items"]:
            values = from_item(item)
            fields = {name: values.get(name, 0) for name in ("matched", "denied", "failed", "in_a_row")}
            found[values["sk"].removeprefix("rule#")] = RuleCounts(**fields)
        return found

    def forget(self, tenant: str, rule: str) -> None:
        call(self.client.delete_item, TableName=self.table, Key=self._key(tenant, rule))

    def _update(self, tenant: str, rule: str, change: str, values: Mapping[str, int]) -> Any:
        return call(
            self.client.update_item,
            TableName=self.table,
            Key=self._key(tenant, rule),
            UpdateExpression=change,
            ExpressionAttributeValues=to_item(values),
            ReturnValues="ALL_NEW",
        )["Attributes"]

    def _key(self, tenant: str, rule: str) -> dict[str, Any]:
        return to_item({"pk": partition(tenant, "rules"), "sk": f"rule#{rule}"})
