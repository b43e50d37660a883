"""Presence and timers on DynamoDB, in the table `connections`.

presence   pk tenant#user#name          sk presence
timer      pk tenant#timer#kind#key     sk timer       gsi1 timers#shard, time
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from heddle.adapters.aws.dynamo import ConditionFailed, call, from_item, pack_json, partition, to_item, unpack_json
from heddle.application.ports.presence import Timer
from heddle.domain.realtime.presence import Stated
from heddle.errors import VersionConflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEPT_SECONDS = 30 * 86_400
TIMER_SHARDS = 4


@dataclass(frozen=True)
class DynamoPresenceStore:
    """A PresenceStore."""

    client: "DynamoDBClient"
    table: str

    def get(self, tenant: str, users: Sequence[str]) -> Mapping[str, Stated]:
        keys: list[Any] = [to_item(_key(tenant, user)) for user in dict.fromkeys(users)]
        found: dict[str, Stated] = {}
        while keys:
            answer = call(self.client.batch_get_item, RequestItems={self.table: {"Keys": keys, "ConsistentRead": True}})
            for item in answer["Responses"].get(self.table, ()):
                values = from_item(item)
                found[values["user"]] = Stated(**unpack_json(values["body"]))
            keys = answer.get("UnprocessedKeys", {}).get(self.table, {}).get("Keys", [])
        return found

    def put(self, tenant: str, user: str, stated: Stated, *, at: int) -> None:
        facts = {"user": user, "body": pack_json(asdict(stated)), "revision": stated.revision}
        first = stated.revision == 1
        try:
            call(
                self.client.put_item,
                TableName=self.table,
                Item=to_item({**_key(tenant, user), **facts, "expires_at": at + KEPT_SECONDS}),
                ConditionExpression="attribute_not_exists(pk)" if first else "revision = :before",
                **({} if first else {"ExpressionAttributeValues": to_item({":before": stated.revision - 1})}),
            )
        except ConditionFailed as error:
            raise VersionConflict("the user's presence has changed since it was read") from error


@dataclass(frozen=True)
class DynamoTimers:
    """A Timers."""

    client: "DynamoDBClient"
    table: str

    def put(self, timer: Timer) -> None:
        shard = zlib.crc32(f"{timer.tenant}#{timer.kind}#{timer.key}".encode()) % TIMER_SHARDS
        item = {
            **_timer_key(timer),
            "gsi1pk": f"timers#{shard}",
            "gsi1sk": _moment(timer.at),
            "tenant": timer.tenant,
            "kind": timer.kind,
            "key": timer.key,
            "due_at": timer.at,
        }
        call(self.client.put_item, TableName=self.table, Item=to_item(item))

    def due(self, before: int, *, limit: int) -> Sequence[Timer]:
        found: list[Timer] = []
        for shard in range(TIMER_SHARDS):
            page = call(
                self.client.query,
                TableName=self.table,
                IndexName="gsi1",
                KeyConditionExpression="gsi1pk = :shard AND gsi1sk <= :before",
                ExpressionAttributeValues=to_item({":shard": f"timers#{shard}", ":before": _moment(before)}),
                Limit=limit,
            )
            for item in page["Items"]:
                values = from_item(item)
                found.append(Timer(values["tenant"], values["kind"], values["key"], values["due_at"]))
        return sorted(found, key=lambda each: each.at)[:limit]

    def done(self, timer: Timer) -> bool:
        try:
            call(
                self.client.delete_item,
                TableName=self.table,
                Key=to_item(_timer_key(timer)),
                ConditionExpression="due_at = :at",
                ExpressionAttributeValues=to_item({":at": timer.at}),
            )
        except ConditionFailed:
            return False
        return True


def _key(tenant: str, user: str) -> dict[str, str]:
    return {"pk": partition(tenant, "user", user), "sk": "presence"}


def _timer_key(timer: Timer) -> dict[str, str]:
    return {"pk": partition(timer.tenant, "timer", timer.kind, timer.key), "sk": "timer"}


def _moment(seconds: int) -> str:
    return f"{seconds:012d}"
