"""Connections and sessions of the realtime service on DynamoDB, in the table `connections`.

connection   pk connection#id         sk connection     gsi1 due#shard, time of its next look
of its user  pk tenant#user#name      sk connection#id  the same again, to find a user's devices
session      pk tenant#session#id     sk session

The gateway tells nothing but a connection's id, so that key cannot begin with the tenant; the id is the gateway's own
and cannot be chosen. Items end by themselves some minutes after the connection must have ended.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from heddle.adapters.aws.dynamo import ConditionFailed, Item, call, from_item, partition, to_item
from heddle.application.identity.principal import Principal
from heddle.application.ports.realtime import Connection, Mark, Session
from heddle.domain.realtime.frames import RateLimited
from heddle.errors import Conflict, NotFound

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

DUE_SHARDS = 16
KEPT_SECONDS = 900


@dataclass(frozen=True)
class DynamoConnectionStore:
    """A ConnectionStore."""

    client: "DynamoDBClient"
    table: str

    def add(self, connection: Connection, *, per_user: int, per_tenant: int) -> None:
        held = self._ids(connection.tenant, connection.user)
        if len(held) >= per_user:
            raise RateLimited(f"the user has {per_user} connections already", code="too_many_connections")
        items = [{"Put": {"TableName": self.table, "Item": item}} for item in _items(connection)]
        count = self._count(connection.tenant, 1, "attribute_not_exists(held) OR held < :limit", {":limit": per_tenant})
        try:
            call(self.client.transact_write_items, TransactItems=[*items, {"Update": count}])
        except ConditionFailed as error:
            message = f"the tenant has {per_tenant} connections already"
            raise RateLimited(message, code="too_many_connections") from error

    def get(self, connection_id: str) -> Connection | None:
        item = call(
            self.client.get_item, TableName=self.table, Key=to_item(_key(connection_id)), ConsistentRead=True
        ).get("Item")
        return _connection(item) if item is not None else None

    def change(self, connection: Connection) -> bool:
        own, of_user = _items(connection)
        there = {"TableName": self.table, "ConditionExpression": "attribute_exists(pk)"}
        try:
            call(
                self.client.transact_write_items,
                TransactItems=[{"Put": {**there, "Item": own}}, {"Put": {**there, "Item": of_user}}],
            )
        except ConditionFailed:
            return False
        return True

    def remove(self, connection_id: str) -> bool:
        connection = self.get(connection_id)
        if connection is None:
            return False
        delete = {"TableName": self.table, "ConditionExpression": "attribute_exists(pk)"}
        keys = [_key(connection_id), _user_key(connection)]
        count = self._count(connection.tenant, -1, "held > :none", {":none": 0})
        try:
            deletes = [{"Delete": {**delete, "Key": to_item(key)}} for key in keys]
            call(self.client.transact_write_items, TransactItems=[*deletes, {"Update": count}])
        except ConditionFailed:
            return False
        return True

    def of_user(self, tenant: str, user: str) -> Sequence[Connection]:
        return [_connection(item) for item in self._ids(tenant, user)]

    def count(self, tenant: str) -> int:
        key = to_item({"pk": partition(tenant, "connections"), "sk": "counter"})
        item = call(self.client.get_item, TableName=self.table, Key=key).get("Item")
        return int(item["held"]["N"]) if item else 0

    def due(self, before: int, *, limit: int) -> Sequence[Connection]:
        found: list[Connection] = []
        for shard in range(DUE_SHARDS):
            page = call(
                self.client.query,
                TableName=self.table,
                IndexName="gsi1",
                KeyConditionExpression="gsi1pk = :due AND gsi1sk <= :before",
                ExpressionAttributeValues=to_item({":due": f"due#{shard}", ":before": _moment(before)}),
                Limit=limit,
            )
            found += [_connection(item) for item in page["Items"]]
        return found[:limit]

    def _ids(self, tenant: str, user: str) -> list[Item]:
        page = call(
            self.client.query,
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues=to_item({":pk": partition(tenant, "user", user), ":prefix": "connection#"}),
        )
        items: list[Item] = page["Items"]
        return items

    def _count(self, tenant: str, change: int, condition: str, values: Mapping[str, int]) -> dict[str, Any]:
        return {
            "TableName": self.table,
            "Key": to_item({"pk": partition(tenant, "connections"), "sk": "counter"}),
            "UpdateExpression": "ADD held :change",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": to_item({":change": change, **values}),
        }


@dataclass(frozen=True)
class DynamoSessionStore:
    """A SessionStore."""

    client: "DynamoDBClient"
    table: str

    def put(self, session: Session) -> None:
        item = {
            **_session_key(session.tenant, session.id),
            "id": session.id,
            "user": session.user,
            "secret": session.secret,
            "connection_id": session.connection_id,
            "topics": _written(session.topics),
            "cut": session.cut,
            "expires_at": session.ends_at,
        }
        call(self.client.put_item, TableName=self.table, Item=to_item(item))

    def resume(
        self,
        tenant: str,
        session_id: str,
        *,
        user: str,
        secret: str,
        new_secret: str,
        connection_id: str,
        at: int,
        ends_at: int,
    ) -> Session:
        try:
            before = call(
                self.client.update_item,
                TableName=self.table,
                Key=to_item(_session_key(tenant, session_id)),
                UpdateExpression="SET secret = :new, connection_id = :connection, expires_at = :end, #cut = :no",
                # Items that have ended stay readable until DynamoDB gets round to removing them.
                ConditionExpression="secret = :secret AND #user = :user AND expires_at > :at",
                ExpressionAttributeNames={"#user": "user", "#cut": "cut"},
                ExpressionAttributeValues=to_item(
                    {
                        ":secret": secret,
                        ":new": new_secret,
                        ":connection": connection_id,
                        ":user": user,
                        ":at": at,
                        ":end": ends_at,
                        ":no": False,
                    }
                ),
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )["Attributes"]
        except ConditionFailed as refused:
            there = from_item(refused.item) if refused.item else {}
            if there.get("user") != user or there["expires_at"] <= at:
                raise NotFound("there is no such session to resume", code="session_not_found") from refused
            raise Conflict("another connection has resumed this session", code="session_resumed") from refused
        values = from_item(before)
        return Session(
            session_id,
            tenant,
            values["user"],
            values["secret"],
            values["connection_id"],
            {name: Mark(*mark) for name, mark in orjson.loads(values["topics"]).items()},
            values["expires_at"],
            values["cut"],
        )

    def cut(
        self, tenant: str, session_id: str, connection_id: str, topics: Mapping[str, Mark], *, ends_at: int
    ) -> None:
        try:
            call(
                self.client.update_item,
                TableName=self.table,
                Key=to_item(_session_key(tenant, session_id)),
                UpdateExpression="SET topics = :topics, expires_at = :end, #cut = :yes",
                ConditionExpression="connection_id = :connection AND #cut = :no",
                ExpressionAttributeNames={"#cut": "cut"},
                ExpressionAttributeValues=to_item(
                    {
                        ":topics": _written(topics),
                        ":connection": connection_id,
                        ":end": ends_at,
                        ":yes": True,
                        ":no": False,
                    }
                ),
            )
        except ConditionFailed:
            return  # it was noted before, another connection has it by now, or it has ended


def _written(topics: Mapping[str, Mark]) -> str:
    return orjson.dumps({name: [mark.after, mark.since] for name, mark in topics.items()}).decode()


def _items(connection: Connection) -> tuple[Item, Item]:
    body = orjson.dumps(
        {
            "id": connection.id,
            "principal": connection.principal.to_context(),
            "session": connection.session,
            "connected_at": connection.connected_at,
            "closes_at": connection.closes_at,
            "seen_at": connection.seen_at,
            "device": dict(connection.device),
            "warned": connection.warned,
        }
    ).decode()
    common = {"body": body, "expires_at": connection.closes_at + KEPT_SECONDS}
    due = {
        "gsi1pk": f"due#{zlib.crc32(connection.id.encode()) % DUE_SHARDS}",
        "gsi1sk": _moment(connection.due_at),
    }
    return to_item({**_key(connection.id), **common, **due}), to_item({**_user_key(connection), **common})


def _connection(item: Item) -> Connection:
    value = orjson.loads(item["body"]["S"])
    context = value["principal"]
    expires_at = context["expires_at"]
    principal = Principal(
        tenant=context["tenant"],
        id=context["principal"],
        roles=tuple(filter(None, context["roles"].split(","))),
        scopes=tuple(filter(None, context["scopes"].split(","))),
        name=context["name"],
        expires_at=int(expires_at) if expires_at else None,
    )
    return Connection(
        value["id"],
        principal,
        value["session"],
        value["connected_at"],
        value["closes_at"],
        value["seen_at"],
        value["device"],
        value["warned"],
    )


def _key(connection_id: str) -> dict[str, str]:
    return {"pk": f"connection#{connection_id}", "sk": "connection"}


def _user_key(connection: Connection) -> dict[str, str]:
    return {"pk": partition(connection.tenant, "user", connection.user), "sk": f"connection#{connection.id}"}


def _session_key(tenant: str, session_id: str) -> dict[str, str]:
    return {"pk": partition(tenant, "session", session_id), "sk": "session"}


def _moment(seconds: int) -> str:
    return f"{seconds:012d}"
