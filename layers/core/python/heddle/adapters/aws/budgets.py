"""Budgets, their alerts and kill switches on DynamoDB (items: heddle.adapters.aws.spend_items)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from heddle.adapters.aws.dynamo import (
    ConditionFailed,
    Item,
    TransactionBusy,
    call,
    items_of,
    pack_json,
    partition,
    to_item,
    unpack_json,
)
from heddle.adapters.aws.lists import below
from heddle.adapters.aws.spend_items import budget_key, control_key, control_of
from heddle.application.budgets.alerts import place
from heddle.application.ports.budgets import Alert, Control, Stop
from heddle.application.ports.paging import Page
from heddle.domain.budgets.budget import Budget, budget_from_json
from heddle.errors import VersionConflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@dataclass(frozen=True)
class DynamoBudgetStore:
    """A BudgetStore in the spend table."""

    client: "DynamoDBClient"
    table: str

    def control(self, tenant: str) -> Control:
        return control_of(self._get(control_key(tenant)))

    def budgets(self, tenant: str) -> Sequence[Budget]:
        return [_budget(item) for item in self._query(partition(tenant, "budgets"), "budget#")]

    def budget(self, tenant: str, budget_id: str) -> Budget | None:
        item = self._get(budget_key(tenant, budget_id))
        return _budget(item) if item is not None else None

    def put(self, tenant: str, budget: Budget, control: Control) -> None:
        item = {**budget_key(tenant, budget.id), "version": budget.version, "body": pack_json(budget.to_json())}
        put = {"Item": to_item(item), **_at_version(budget.version - 1)}
        self._change(tenant, control, "Put", put)

    def delete(self, tenant: str, budget: Budget, control: Control) -> None:
        delete = {"Key": to_item(budget_key(tenant, budget.id)), **_at_version(budget.version)}
        self._change(tenant, control, "Delete", delete)

    def set_stops(self, tenant: str, stops: Mapping[str, Stop], control: Control) -> None:
        try:
            call(
                self.client.update_item,
                TableName=self.table,
                Key=to_item(control_key(tenant)),
                UpdateExpression="SET stops = :stops, revision = :next",
                ConditionExpression="revision = :seen" if control.revision else "attribute_not_exists(revision)",
                ExpressionAttributeValues=to_item(
                    {
                        ":stops": pack_json({key: asdict(stop) for key, stop in stops.items()}),
                        ":next": control.revision + 1,
                        **({":seen": control.revision} if control.revision else {}),
                    }
                ),
            )
        except (ConditionFailed, TransactionBusy) as lost:
            raise VersionConflict("somebody else used a kill switch first; load them and try again") from lost

    def add_alert(self, tenant: str, alert: Alert) -> None:
        # Its place is all that makes it this alert: the same one once more replaces itself.
        item = {"pk": partition(tenant, "budget", alert.budget_id), "sk": f"alert#{place(alert)}"}
        call(self.client.put_item, TableName=self.table, Item=to_item({**item, "body": pack_json(asdict(alert))}))

    def alerts(self, tenant: str, budget_id: str, *, limit: int, cursor: str | None = None) -> Page[Alert]:
        pk = partition(tenant, "budget", budget_id)
        items, more = below(self.client, self.table, pk, "alert#", limit=limit, cursor=cursor)
        return Page(tuple([Alert(**unpack_json(bytes(item["body"]["B"]))) for item in items]), more)

    def _change(self, tenant: str, control: Control, kind: str, item: dict[str, Any]) -> None:
        up = {
            "TableName": self.table,
            "Key": to_item(control_key(tenant)),
            "UpdateExpression": "SET version = :next",
            "ConditionExpression": "version = :seen" if control.version else "attribute_not_exists(version)",
            "ExpressionAttributeValues": to_item(
                {":next": control.version + 1, **({":seen": control.version} if control.version else {})}
            ),
        }
        try:
            call(
                self.client.transact_write_items,
                TransactItems=[{kind: {"TableName": self.table, **item}}, {"Update": up}],
            )
        except (ConditionFailed, TransactionBusy) as lost:
            raise VersionConflict("somebody else changed a budget first; load it and try again") from lost

    def _get(self, key: dict[str, Any]) -> Item | None:
        item: Item | None = call(self.client.get_item, TableName=self.table, Key=to_item(key), ConsistentRead=True).get(
            "Item"
        )
        return item

    def _query(self, scope: str, prefix: str) -> Iterator[Item]:
        return items_of(
            self.client.query,
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues=to_item({":pk": scope, ":prefix": prefix}),
        )


def _at_version(version: int) -> dict[str, Any]:
    if version == 0:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "version = :expected",
        "ExpressionAttributeValues": to_item({":expected": version}),
    }


def _budget(item: Item) -> Budget:
    return budget_from_json(unpack_json(bytes(item["body"]["B"])))
