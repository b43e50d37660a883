"""Sessions of agents on DynamoDB: pk tenant#memory#sha256(session), sk memory, forgotten by the table at `expires_at`.

One item holds a whole session, because it is always read as a whole and bounded in size: a get to recall, a conditional
put to add. Whoever loses a race reads again and adds to what the winner left.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from heddle.adapters.aws.dynamo import ConditionFailed, call, pack_json, partition, to_item, unpack_json
from heddle.application.agents.remembered import EMPTY, with_turn
from heddle.application.ports.models import Message
from heddle.errors import VersionConflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

TRIES = 10


@dataclass(frozen=True)
class DynamoConversationMemory:
    """A ConversationMemory in the runs table."""

    client: "DynamoDBClient"
    table: str

    def recall(self, tenant: str, session: str, *, messages: int, now: datetime) -> tuple[Message, ...]:
        kept, _ = self._read(tenant, session, now)
        return tuple(kept["messages"][-messages:])

    def remember(
        self,
        tenant: str,
        session: str,
        turn: str,
        messages: Sequence[Message],
        *,
        keep: int,
        now: datetime,
        expires_at: datetime,
    ) -> None:
        for _ in range(TRIES):
            before, version = self._read(tenant, session, now)
            after = with_turn(before, turn, messages, keep)
            if after is None or self._write(tenant, session, after, version, expires_at):
                return
        raise VersionConflict("too many runs add to this session at once", session=session)

    def _read(self, tenant: str, session: str, now: datetime) -> tuple[Mapping[str, Any], int]:
        """Return the session and the number of its last writing; 0 if there is no item."""
        key = to_item(_key(tenant, session))
        item = call(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        if item is None:
            return EMPTY, 0
        version = int(item["written"]["N"])
        # DynamoDB deletes expired items when it finds the time, so the moment is checked here.
        if float(item["until"]["S"]) <= now.timestamp():
            return EMPTY, version
        return unpack_json(item["body"]["B"]), version

    def _write(self, tenant: str, session: str, value: dict[str, Any], version: int, expires_at: datetime) -> bool:
        until = expires_at.timestamp()
        item = _key(tenant, session) | {
            "body": pack_json(value),
            "written": version + 1,
            "until": repr(until),
            "expires_at": int(until) + 1,
        }
        is_new = {"ConditionExpression": "attribute_not_exists(pk)"}
        is_unchanged = {
            "ConditionExpression": "written = :written",
            "ExpressionAttributeValues": to_item({":written": version}),
        }
        try:
            call(
                self.client.put_item,
                TableName=self.table,
                Item=to_item(item),
                **(is_unchanged if version else is_new),
            )
        except ConditionFailed:
            return False
        return True


def _key(tenant: str, session: str) -> dict[str, Any]:
    # Hashed, because a session's key is text of the user's: any length, any characters.
    return {"pk": partition(tenant, "memory", hashlib.sha256(session.encode()).hexdigest()), "sk": "memory"}
