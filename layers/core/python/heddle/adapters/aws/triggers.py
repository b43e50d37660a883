"""Triggers in the catalog table, and what they did in the runs table.

trigger      pk trigger#id               sk trigger            gsi1 tenant#triggers, created#id
its copy     pk tenant#listening         sk id                 enabled, of the kinds event and run: one query to match
firing       pk tenant#firings#trigger   sk firing#at#id       ends after thirty days

A trigger is found by its id alone: a webhook's address names nothing else, and the id is chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from heddle.adapters.aws.dynamo import (
    ConditionFailed,
    Item,
    TransactionBusy,
    call,
    from_item,
    items_of,
    pack_json,
    partition,
    put_new,
    to_item,
    unpack_json,
)
from heddle.adapters.aws.lists import below, indexed
from heddle.application.ports.paging import Page
from heddle.application.ports.triggers import Firing
from heddle.domain.triggers.trigger import Trigger
from heddle.errors import VersionConflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEPT_SECONDS = 30 * 24 * 3600
LISTENING = ("event", "run")


@dataclass(frozen=True)
class DynamoTriggerStore:
    """A TriggerStore."""

    client: "DynamoDBClient"
    table: str

    def get(self, trigger_id: str) -> Trigger | None:
        key = to_item(_key(trigger_id))
        item = call(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return _trigger(item) if item is not None else None

    def put(self, trigger: Trigger) -> None:
        body = {"body": pack_json(_json(trigger)), "revision": trigger.revision}
        index = {"gsi1pk": partition(trigger.tenant, "triggers"), "gsi1sk": f"{trigger.created_at}#{trigger.id}"}
        put: dict[str, Any] = {
            "TableName": self.table,
            "Item": to_item({**_key(trigger.id), **index, **body}),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if trigger.revision > 1:
            put |= {
                "ConditionExpression": "revision = :before",
                "ExpressionAttributeValues": to_item({":before": trigger.revision - 1}),
            }
        listens = trigger.enabled and trigger.kind in LISTENING
        copy = to_item(_copy_key(trigger))
        beside: dict[str, Any] = (
            {"Put": {"TableName": self.table, "Item": {**copy, **to_item(body)}}}
            if listens
            else {"Delete": {"TableName": self.table, "Key": copy}}
        )
        self._transact([{"Put": put}, beside], trigger.revision - 1)

    def delete(self, trigger: Trigger) -> None:
        delete = {
            "TableName": self.table,
            "Key": to_item(_key(trigger.id)),
            "ConditionExpression": "revision = :revision",
            "ExpressionAttributeValues": to_item({":revision": trigger.revision}),
        }
        beside = {"Delete": {"TableName": self.table, "Key": to_item(_copy_key(trigger))}}
        self._transact([{"Delete": delete}, beside], trigger.revision)

    def triggers(self, tenant: str, *, limit: int, cursor: str | None = None) -> Page[Trigger]:
        def key_of(created: str) -> dict[str, Any]:
            return _key(created.rpartition("#")[2])

        scope = partition(tenant, "triggers")
        items, more = indexed(self.client, self.table, scope, key_of=key_of, limit=limit, cursor=cursor)
        return Page(tuple(_trigger(item) for item in items), more)

    def listening(self, tenant: str) -> Sequence[Trigger]:
        items = items_of(
            self.client.query,
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": partition(tenant, "listening")}),
        )
        return [_trigger(item) for item in items]

    def _transact(self, items: list[dict[str, Any]], revision: int) -> None:
        try:
            call(self.client.transact_write_items, TransactItems=items)
        except (ConditionFailed, TransactionBusy) as error:
            raise VersionConflict(f"the trigger is not at revision {revision}", expected=revision) from error


@dataclass(frozen=True)
class DynamoFiringLog:
    """A FiringLog."""

    client: "DynamoDBClient"
    table: str

    def add(self, tenant: str, firing: Firing) -> bool:
        item = {
            "pk": partition(tenant, "firings", firing.trigger_id),
            "sk": f"firing#{firing.at}#{firing.id}",
            "body": orjson.dumps(_fields(firing)).decode(),
            "expires_at": int(datetime.fromisoformat(firing.at).timestamp()) + KEPT_SECONDS,
        }
        return put_new(self.client.put_item, self.table, item)

    def firings(self, tenant: str, trigger_id: str, *, limit: int, cursor: str | None = None) -> Page[Firing]:
        pk = partition(tenant, "firings", trigger_id)
        items, more = below(self.client, self.table, pk, "firing#", limit=limit, cursor=cursor)
        return Page(tuple(Firing(**orjson.loads(from_item(item)["body"])) for item in items), more)


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def _json(trigger: Trigger) -> dict[str, Any]:
    return _fields(trigger)


def _trigger(item: Item) -> Trigger:
    return Trigger(**unpack_json(item["body"]["B"]))


def _key(trigger_id: str) -> dict[str, Any]:
    return {"pk": f"trigger#{trigger_id}", "sk": "trigger"}


def _copy_key(trigger: Trigger) -> dict[str, str]:
    return {"pk": partition(trigger.tenant, "listening"), "sk": trigger.id}
