"""Subscriptions of the realtime service on DynamoDB, in the table `connections`.

subscription   pk tenant#connection#id       sk name            which shard, by which token
topic          pk tenant#subscribed#name     sk topic           how many shards and members, how full the newest is
member         pk tenant#subscribed#name#n   sk connection id   who listens in shard n; gsi1 behind#… if it is behind

A shard takes 500 connections and is never filled again, so a subscription keeps its shard and its order. The item of
the topic counts the members of each shard as `in1`, `in2`, …; a count of 0 goes with the next shard.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from heddle.adapters.aws.dynamo import (
    ConditionFailed,
    Item,
    TransactionBusy,
    call,
    from_item,
    items_of,
    partition,
    to_item,
)
from heddle.application.ports.realtime import Member, Owed, Subscription

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

SHARD_MEMBERS = 500
BEHIND_SHARDS = 4
ATTEMPTS = 20
KEPT_SECONDS = 3 * 3600
"""Longer than any connection lasts: what a crash leaves behind ends by itself."""


@dataclass(frozen=True)
class DynamoSubscriptionStore:
    """A SubscriptionStore. `now` gives seconds since 1970, for the end of items that nobody removed."""

    client: "DynamoDBClient"
    table: str
    now: Any
    pause: Any

    def of(self, tenant: str, connection_id: str) -> Sequence[Subscription]:
        page = call(
            self.client.query,
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": partition(tenant, "connection", connection_id)}),
        )
        return [_subscription(item) for item in page["Items"]]

    def enter(self, tenant: str, connection_id: str, name: str, *, after: int, token: str) -> Subscription:
        for attempt in range(1, ATTEMPTS + 1):
            own = self._get(_own_key(tenant, connection_id, name))
            if own is not None:
                return self._again(tenant, connection_id, name, _subscription(own).shard, after, token)
            topic = self._get(_topic_key(tenant, name))
            shards, newest = (int(topic["shards"]["N"]), int(topic["newest"]["N"])) if topic else (0, SHARD_MEMBERS)
            shard = shards if newest < SHARD_MEMBERS else shards + 1
            if self._enter(tenant, connection_id, Subscription(name, shard, token, after), topic):
                return Subscription(name, shard, token, after)
            if attempt > 1:
                self.pause(0.002 * attempt)
        raise TransactionBusy("too many connections subscribe to this topic at once", topic=name)

    def leave(self, tenant: str, connection_id: str, name: str) -> bool:
        own = self._get(_own_key(tenant, connection_id, name))
        if own is None:
            return False
        shard = _subscription(own).shard
        gone = {"TableName": self.table, "ConditionExpression": "attribute_exists(pk)"}
        count = {
            "TableName": self.table,
            "Key": to_item(_topic_key(tenant, name)),
            "UpdateExpression": f"ADD members :less, {_held(shard)} :less",
            "ExpressionAttributeValues": to_item({":less": -1}),
        }
        member = {"TableName": self.table, "Key": to_item(_member_key(tenant, name, shard, connection_id))}
        return self._write(
            [
                {"Delete": {**gone, "Key": to_item(_own_key(tenant, connection_id, name))}},
                {"Delete": member},
                {"Update": count},
            ]
        )

    def shards(self, tenant: str, names: Sequence[str]) -> Mapping[str, Sequence[int]]:
        found = {
            name: [shard for shard in range(1, values["shards"] + 1) if values.get(_held(shard), 0) > 0]
            for name, values in self._topics(tenant, names).items()
        }
        return {name: shards for name, shards in found.items() if shards}

    def count(self, tenant: str, names: Sequence[str]) -> int:
        return sum(values["members"] for values in self._topics(tenant, names).values())

    def members(self, tenant: str, name: str, shard: int) -> Sequence[Member]:
        items = items_of(
            self.client.query,
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": partition(tenant, "subscribed", name, str(shard))}),
        )
        return [_member(item) for item in items]

    def member(self, tenant: str, name: str, shard: int, connection_id: str) -> Member | None:
        item = self._get(_member_key(tenant, name, shard, connection_id))
        return _member(item) if item is not None else None

    def owed(self, *, limit: int) -> Sequence[Owed]:
        found: list[Owed] = []
        for shard in range(BEHIND_SHARDS):
            page = call(
                self.client.query,
                TableName=self.table,
                IndexName="gsi1",
                KeyConditionExpression="gsi1pk = :behind",
                ExpressionAttributeValues=to_item({":behind": f"behind#{shard}"}),
                Limit=limit,
            )
            found += [_owed(item) for item in page["Items"]]
        return found[:limit]

    def put_member(self, tenant: str, name: str, shard: int, member: Member) -> bool:
        own: dict[str, Any] = {
            "TableName": self.table,
            "Key": to_item(_own_key(tenant, member.connection_id, name)),
            "UpdateExpression": "SET #after = :after, #behind = :behind",
            "ConditionExpression": "#shard = :shard" + (" AND #token = :token" if member.token else ""),
            "ExpressionAttributeNames": {"#shard": "shard", "#after": "after", "#behind": "behind"}
            | ({"#token": "token"} if member.token else {}),
            "ExpressionAttributeValues": to_item(
                {":shard": shard, ":token": member.token or None, ":after": member.after, ":behind": member.behind}
            ),
        }
        item = {
            **_member_key(tenant, name, shard, member.connection_id),
            "after": member.after,
            "also": orjson.dumps(member.also).decode(),
            "behind": member.behind,
            "failures": member.failures,
            "token": member.token,
            "expires_at": self._expires_at(),
            **(self._behind(member) if member.behind else {}),
        }
        return self._write([{"Update": own}, {"Put": {"TableName": self.table, "Item": to_item(item)}}])

    def _enter(self, tenant: str, connection_id: str, wanted: Subscription, topic: Item | None) -> bool:
        """Write the subscription and its place; False if somebody else changed the topic meanwhile."""
        key = {"TableName": self.table, "Key": to_item(_topic_key(tenant, wanted.name))}
        expires_at = self._expires_at()
        if topic is not None and wanted.shard == int(topic["shards"]["N"]):
            place = {
                **key,
                "UpdateExpression": f"ADD members :one, newest :one, {_held(wanted.shard)} :one SET expires_at = :end",
                "ConditionExpression": "shards = :shard AND newest < :full",
                "ExpressionAttributeValues": to_item(
                    {":one": 1, ":shard": wanted.shard, ":full": SHARD_MEMBERS, ":end": expires_at}
                ),
            }
        else:
            ended = [name for name, held in from_item(topic or {}).items() if name.startswith("in") and held == 0]
            place = {
                **key,
                "UpdateExpression": f"ADD members :one, {_held(wanted.shard)} :one "
                "SET shards = :shard, newest = :one, expires_at = :end"
                + (f" REMOVE {', '.join(ended)}" if ended else ""),
                "ConditionExpression": "attribute_not_exists(pk)" if topic is None else "shards = :before",
                "ExpressionAttributeValues": to_item(
                    {
                        ":one": 1,
                        ":shard": wanted.shard,
                        ":before": None if topic is None else wanted.shard - 1,
                        ":end": expires_at,
                    }
                ),
            }
        own = {
            "TableName": self.table,
            "Item": to_item({**_own_key(tenant, connection_id, wanted.name), **_values(wanted, expires_at)}),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        try:
            call(self.client.transact_write_items, TransactItems=[{"Put": own}, {"Update": place}])
        except (ConditionFailed, TransactionBusy):
            return False
        return True

    def _again(self, tenant: str, connection_id: str, name: str, shard: int, after: int, token: str) -> Subscription:
        wanted = Subscription(name, shard, token, after)
        item = {**_own_key(tenant, connection_id, name), **_values(wanted, self._expires_at())}
        member = {"TableName": self.table, "Key": to_item(_member_key(tenant, name, shard, connection_id))}
        self._write([{"Put": {"TableName": self.table, "Item": to_item(item)}}, {"Delete": member}])
        return wanted

    def _write(self, writes: Sequence[Any]) -> bool:
        """Write all, waiting for others who write the same; False if a condition does not hold."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                call(self.client.transact_write_items, TransactItems=writes)
            except ConditionFailed:
                return False
            except TransactionBusy:
                if attempt == ATTEMPTS:
                    raise
                self.pause(0.002 * attempt)
            else:
                return True
        raise AssertionError("the loop returns or raises")

    def _behind(self, member: Member) -> dict[str, str]:
        shard = zlib.crc32(member.connection_id.encode()) % BEHIND_SHARDS
        return {"gsi1pk": f"behind#{shard}", "gsi1sk": f"{int(self.now()):012d}"}

    def _topics(self, tenant: str, names: Sequence[str]) -> dict[str, dict[str, int]]:
        keys = [to_item(_topic_key(tenant, name)) for name in names]
        reply = call(self.client.batch_get_item, RequestItems={self.table: {"Keys": keys, "ConsistentRead": True}})
        found = [from_item(item) for item in reply["Responses"].get(self.table, [])]
        while reply.get("UnprocessedKeys"):
            reply = call(self.client.batch_get_item, RequestItems=reply["UnprocessedKeys"])
            found += [from_item(item) for item in reply["Responses"].get(self.table, [])]
        return {values["pk"].split("#", 2)[2]: values for values in found}

    def _get(self, key: Mapping[str, str]) -> Item | None:
        found: Item | None = call(
            self.client.get_item, TableName=self.table, Key=to_item(key), ConsistentRead=True
        ).get("Item")
        return found

    def _expires_at(self) -> int:
        return int(self.now()) + KEPT_SECONDS


def _values(subscription: Subscription, expires_at: int) -> dict[str, Any]:
    return {
        "shard": subscription.shard,
        "token": subscription.token,
        "after": subscription.after,
        "behind": subscription.behind,
        "expires_at": expires_at,
    }


def _subscription(item: Item) -> Subscription:
    values = from_item(item)
    return Subscription(values["sk"], values["shard"], values["token"], values["after"], values["behind"])


def _member(item: Item) -> Member:
    values = from_item(item)
    also = tuple((name, after) for name, after in orjson.loads(values["also"]))
    return Member(values["sk"], values["after"], also, values["behind"], values["failures"], values["token"])


def _owed(item: Item) -> Owed:
    values = from_item(item)
    tenant, _, place = values["pk"].split("#", 2)
    name, _, shard = place.rpartition("#")
    return Owed(tenant, name, int(shard), values["sk"])


def _held(shard: int) -> str:
    return f"in{shard}"


def _own_key(tenant: str, connection_id: str, name: str) -> dict[str, str]:
    return {"pk": partition(tenant, "connection", connection_id), "sk": name}


def _topic_key(tenant: str, name: str) -> dict[str, str]:
    return {"pk": partition(tenant, "subscribed", name), "sk": "topic"}


def _member_key(tenant: str, name: str, shard: int, connection_id: str) -> dict[str, str]:
    return {"pk": partition(tenant, "subscribed", name, str(shard)), "sk": connection_id}
