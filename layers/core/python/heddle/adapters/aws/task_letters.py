"""Dead letters of the task queue in the runs table.

letter   pk tenant#dead-letter#id   sk letter   gsi1 tenant#dead-letters, at#id   ends after thirty days

One that was removed loses its place in the index and its body. What is left of it keeps the same message out.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from heddle.adapters.aws.dynamo import (
    Item,
    call,
    from_item,
    partition,
    put_new,
    to_item,
)
from heddle.adapters.aws.lists import indexed
from heddle.application.ports.paging import Page
from heddle.application.ports.task_letters import TaskLetter

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEPT_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True)
class DynamoTaskLetterStore:
    """A TaskLetterStore."""

    client: "DynamoDBClient"
    table: str

    def keep(self, letter: TaskLetter) -> bool:
        item = {
            **_key(letter.tenant, letter.id),
            "gsi1pk": partition(letter.tenant, "dead-letters"),
            "gsi1sk": f"{letter.at}#{letter.id}",
            "body": orjson.dumps({name: getattr(letter, name) for name in letter.__dataclass_fields__}).decode(),
            "expires_at": int(datetime.fromisoformat(letter.at).timestamp()) + KEPT_SECONDS,
        }
        return put_new(self.client.put_item, self.table, item)

    def get(self, tenant: str, letter_id: str) -> TaskLetter | None:
        key = to_item(_key(tenant, letter_id))
        item = call(self.client.get_item, TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return _letter(item) if item is not None and "body" in item else None

    def letters(self, tenant: str, *, limit: int, cursor: str | None = None) -> Page[TaskLetter]:
        def key_of(place: str) -> dict[str, Any]:
            return _key(tenant, place.rpartition("#")[2])

        scope = partition(tenant, "dead-letters")
        items, more = indexed(self.client, self.table, scope, key_of=key_of, limit=limit, cursor=cursor)
        return Page(tuple(_letter(item) for item in items), more)

    def remove(self, letter: TaskLetter) -> None:
        call(
            self.client.update_item,
            TableName=self.table,
            Key=to_item(_key(letter.tenant, letter.id)),
            UpdateExpression="SET expires_at = if_not_exists(expires_at, :end) REMOVE gsi1pk, gsi1sk, body",
            ExpressionAttributeValues=to_item(
                {":end": int(datetime.fromisoformat(letter.at).timestamp()) + KEPT_SECONDS}
            ),
        )


def _key(tenant: str, letter_id: str) -> dict[str, str]:
    return {"pk": partition(tenant, "dead-letter", letter_id), "sk": "letter"}


def _letter(item: Item) -> TaskLetter:
    return TaskLetter(**orjson.loads(from_item(item)["body"]))
