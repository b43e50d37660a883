"""The history of messages on DynamoDB, in the table `connections`.

message    pk tenant#history#topic#name, tenant#history#direct#a#b   sk message#id      ends after a year
line       pk tenant#user#name   sk direct#other      gsi1 tenant#directs#name, id of the last message#other
position   pk tenant#user#name   sk position          how far the inbox was acknowledged
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from heddle.adapters.aws.dynamo import (
    ConditionFailed,
    Item,
    call,
    from_item,
    pack_json,
    partition,
    to_item,
    unpack_json,
)
from heddle.adapters.aws.lists import indexed
from heddle.application.ports.messages import KEPT_SECONDS, Conversation, DirectLine, Position, StoredMessage
from heddle.application.ports.paging import Page
from heddle.application.ports.topics import FRAME_BYTES
from heddle.errors import PayloadTooLarge

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_BEHIND_ALL = "~"
"""Sorts behind every id."""


@dataclass(frozen=True)
class DynamoMessageStore:
    """A MessageStore. `now` gives seconds since 1970, for the end of items."""

    client: "DynamoDBClient"
    table: str
    now: Callable[[], float]

    def add(self, tenant: str, conversation: Conversation, message: StoredMessage) -> None:
        if len(orjson.dumps(message.payload)) > FRAME_BYTES:
            raise PayloadTooLarge(f"a message has at most {FRAME_BYTES} bytes")
        item = {
            **_message_key(tenant, conversation, message.id),
            "id": message.id,
            "type": message.type,
            "sender": message.sender,
            "at": message.at,
            "status": message.status,
            "body": pack_json({"payload": message.payload, "headers": message.headers}),
            "expires_at": self._end(),
        }
        absent = "attribute_not_exists(pk)"
        try:
            call(self.client.put_item, TableName=self.table, Item=to_item(item), ConditionExpression=absent)
        except ConditionFailed:
            return

    def mark(self, tenant: str, conversation: Conversation, message_id: str, status: str) -> None:
        try:
            call(
                self.client.update_item,
                TableName=self.table,
                Key=to_item(_message_key(tenant, conversation, message_id)),
                UpdateExpression="SET #status = :status",
                ConditionExpression="attribute_exists(pk) AND #status <> :read",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=to_item({":status": status, ":read": "read"}),
            )
        except ConditionFailed:
            return

    def newest(
        self, tenant: str, conversation: Conversation, *, before: str | None, after: str | None, limit: int
    ) -> Sequence[StoredMessage]:
        found = self._between(tenant, conversation, after, before, limit, forwards=False)
        return [each for each in found if each.id not in (before, after)][:limit]

    def oldest(self, tenant: str, conversation: Conversation, *, after: str, limit: int) -> Sequence[StoredMessage]:
        found = self._between(tenant, conversation, after, None, limit, forwards=True)
        return [each for each in found if each.id != after][:limit]

    def put_line(self, tenant: str, user: str, line: DirectLine) -> None:
        item = {
            "pk": partition(tenant, "user", user),
            "sk": f"direct#{line.other}",
            "gsi1pk": partition(tenant, "directs", user),
            "gsi1sk": f"{line.last_id}#{line.other}",
            "other": line.other,
            "last_id": line.last_id,
            "last_at": line.last_at,
            "last_sender": line.last_sender,
            "preview": line.preview,
            "expires_at": self._end(),
        }
        try:
            call(
                self.client.put_item,
                TableName=self.table,
                Item=to_item(item),
                ConditionExpression="attribute_not_exists(pk) OR last_id < :id",
                ExpressionAttributeValues=to_item({":id": line.last_id}),
            )
        except ConditionFailed:
            return

    def lines(self, tenant: str, user: str, *, limit: int, cursor: str | None = None) -> Page[DirectLine]:
        pk = partition(tenant, "user", user)
        items, more = indexed(
            self.client,
            self.table,
            partition(tenant, "directs", user),
            key_of=lambda position: {"pk": pk, "sk": f"direct#{position.partition('#')[2]}"},
            limit=limit,
            cursor=cursor,
        )
        fields = ("other", "last_id", "last_at", "last_sender", "preview")
        return Page(tuple(DirectLine(**{name: from_item(item)[name] for name in fields}) for item in items), more)

    def position(self, tenant: str, user: str) -> Position:
        key = to_item({"pk": partition(tenant, "user", user), "sk": "position"})
        item = call(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return Position(int(item["seq"]["N"]), item["at"]["S"]) if item is not None else Position(0, "")

    def move(self, tenant: str, user: str, position: Position) -> None:
        key = {"pk": partition(tenant, "user", user), "sk": "position"}
        try:
            call(
                self.client.put_item,
                TableName=self.table,
                Item=to_item({**key, "seq": position.seq, "at": position.at, "expires_at": self._end()}),
                ConditionExpression="attribute_not_exists(pk) OR #at <= :at",
                ExpressionAttributeNames={"#at": "at"},
                ExpressionAttributeValues=to_item({":at": position.at}),
            )
        except ConditionFailed:
            return

    def _between(
        self, tenant: str, conversation: Conversation, low: str | None, high: str | None, limit: int, *, forwards: bool
    ) -> list[StoredMessage]:
        bounds = {":low": f"message#{low or ''}", ":high": f"message#{high or _BEHIND_ALL}"}
        query: dict[str, Any] = {
            "TableName": self.table,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :low AND :high",
            "ExpressionAttributeValues": to_item({":pk": partition(tenant, "history", *conversation), **bounds}),
            "ScanIndexForward": forwards,
            "Limit": limit + 2,  # both ends are left out
        }
        found: list[StoredMessage] = []
        while True:  # a megabyte at a time
            page = call(self.client.query, **query)
            found += [_message(item) for item in page["Items"]]
            if len(found) >= limit + 2 or not page.get("LastEvaluatedKey"):
                return found
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _end(self) -> int:
        return int(self.now()) + KEPT_SECONDS


def _message_key(tenant: str, conversation: Conversation, message_id: str) -> dict[str, str]:
    return {"pk": partition(tenant, "history", *conversation), "sk": f"message#{message_id}"}


def _message(item: Item) -> StoredMessage:
    values: dict[str, Any] = from_item(item)
    return StoredMessage(
        id=values["id"],
        type=values["type"],
        sender=values["sender"],
        at=values["at"],
        status=values["status"],
        **unpack_json(values["body"]),
    )
