"""Counters and calls on DynamoDB: read together, written in one transaction (items: heddle.adapters.aws.spend_items).

call       put or deleted      if it is in the state that was read
counters   updated             if the rule is the known one and enough is left
budgets    checked             if counters were made by them
sums       added to
grant      put                 if it is not there
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heddle.adapters.aws.batches import read_all
from heddle.adapters.aws.dynamo import ConditionFailed, TransactionBusy, call, partition, to_item
from heddle.adapters.aws.spend_items import (
    budget_key,
    call_is,
    call_item,
    call_key,
    call_of,
    change_of,
    control_key,
    control_of,
    counter_key,
    counter_of,
    sum_change,
)
from heddle.application.budgets.sums import added
from heddle.application.ports.budgets import AlreadyGranted, Call, Lapsed, Look, Overtaken, Write
from heddle.domain.budgets.counter import Counter, CounterKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@dataclass(frozen=True)
class DynamoSpendStore:
    """A SpendStore in the spend table with the indexes gsi1 and gsi2."""

    client: "DynamoDBClient"
    table: str

    def look(self, tenant: str, *, call_id: str | None = None, keys: Sequence[CounterKey] = ()) -> Look:
        control = to_item(control_key(tenant))
        wanted = [control, *(to_item(counter_key(tenant, key)) for key in keys)]
        if call_id is not None:
            wanted.append(to_item(call_key(tenant, call_id)))
        found = {(item["pk"]["S"], item["sk"]["S"]): item for item in read_all(self.client, self.table, wanted)}
        counters: dict[CounterKey, Counter] = {}
        for key in keys:
            place = counter_key(tenant, key)
            if item := found.get((place["pk"], place["sk"])):
                counters[key] = counter_of(item)
        made = found.get((call_key(tenant, call_id)["pk"], "call")) if call_id is not None else None
        return Look(
            control_of(found.get((control["pk"]["S"], "control"))),
            call_of(made) if made is not None else None,
            counters,
        )

    def snapshot(self, tenant: str, keys: Sequence[CounterKey]) -> Sequence[Counter | None]:
        gets = [{"Get": {"TableName": self.table, "Key": to_item(counter_key(tenant, key))}} for key in keys]
        try:
            replies = call(self.client.transact_get_items, TransactItems=gets)["Responses"]
        except TransactionBusy as busy:
            raise Overtaken from busy
        return [counter_of(reply["Item"]) if reply.get("Item") else None for reply in replies]

    def commit(self, tenant: str, write: Write) -> None:
        grants = [] if write.grant_id is None else [self._grant(tenant, write.grant_id)]
        items = [
            *grants,
            *self._call(tenant, write),
            *({"Update": {"TableName": self.table, **change_of(tenant, change)}} for change in write.changes),
            *({"ConditionCheck": self._unchanged(tenant, *budget)} for budget in write.same),
        ]
        try:
            if len(items) == 1 and "Put" in items[0]:
                call(self.client.put_item, **items[0]["Put"])  # half the price of a transaction
            else:
                call(self.client.transact_write_items, TransactItems=items)
        except ConditionFailed as failed:
            if grants and failed.reasons[0] == "ConditionalCheckFailed":
                raise AlreadyGranted from failed
            raise Overtaken from failed
        except TransactionBusy as busy:
            raise Overtaken from busy

    def lapsed(self, shard: int, *, before: str, limit: int) -> Sequence[Lapsed]:
        page = call(
            self.client.query,
            TableName=self.table,
            IndexName="gsi1",
            KeyConditionExpression="gsi1pk = :part AND gsi1sk < :before",
            ExpressionAttributeValues=to_item({":part": f"lapsing#{shard}", ":before": before}),
            Limit=limit,
        )
        return [Lapsed(item["tenant"]["S"], item["call_id"]["S"]) for item in page["Items"]]

    def _call(self, tenant: str, write: Write) -> list[dict[str, Any]]:
        if write.call_id is None:
            return []
        items = [self._step(tenant, write.call_id, write.before, write.after)]
        for key, sums in added(write.before, write.after).items():
            items.append({"Update": {"TableName": self.table, **sum_change(tenant, key, sums, write.call_id)}})
        return items

    def _step(self, tenant: str, call_id: str, before: Call | None, after: Call | None) -> dict[str, Any]:
        condition = {"TableName": self.table, **call_is(before)}
        if after is None:
            return {"Delete": {**condition, "Key": to_item(call_key(tenant, call_id))}}
        return {"Put": {**condition, "Item": call_item(tenant, after)}}

    def _unchanged(self, tenant: str, budget_id: str, version: int) -> dict[str, Any]:
        return {
            "TableName": self.table,
            "Key": to_item(budget_key(tenant, budget_id)),
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": to_item({":version": version}),
        }

    def _grant(self, tenant: str, grant_id: str) -> dict[str, Any]:
        return {
            "Put": {
                "TableName": self.table,
                "Item": to_item({"pk": partition(tenant, "grant", grant_id), "sk": "grant"}),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
