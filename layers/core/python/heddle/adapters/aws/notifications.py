"""Notifications and preferences on DynamoDB, in the table `connections`.

notification   pk tenant#notifications#user   sk note#id       gsi1 tenant#unread#user, id, until it is read
preferences    pk tenant#user#name            sk preferences
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heddle.adapters.aws.dynamo import Item, call, from_item, pack_json, partition, to_item, unpack_json
from heddle.adapters.aws.lists import below, indexed
from heddle.application.ports.paging import Page
from heddle.domain.realtime.notification import KEPT_SECONDS, Notification, from_json
from heddle.domain.realtime.preferences import Preferences, checked

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@dataclass(frozen=True)
class DynamoNotificationStore:
    """A NotificationStore. `now` gives seconds since 1970, for the end of items."""

    client: "DynamoDBClient"
    table: str
    now: Callable[[], float]

    def put(self, tenant: str, notification: Notification) -> None:
        unread = notification.read_at is None
        item = {
            **_key(tenant, notification.user, notification.id),
            "gsi1pk": partition(tenant, "unread", notification.user) if unread else None,
            "gsi1sk": notification.id if unread else None,
            "body": pack_json(notification.to_json()),
            "expires_at": int(self.now()) + KEPT_SECONDS,
        }
        call(self.client.put_item, TableName=self.table, Item=to_item(item))

    def get(self, tenant: str, user: str, id: str) -> Notification | None:
        item = self._get(_key(tenant, user, id))
        return _notification(user, item) if item is not None else None

    def page(
        self, tenant: str, user: str, *, unread: bool, limit: int, cursor: str | None = None
    ) -> Page[Notification]:
        if unread:
            items, more = indexed(
                self.client,
                self.table,
                partition(tenant, "unread", user),
                key_of=lambda id: _key(tenant, user, id),
                limit=limit,
                cursor=cursor,
            )
        else:
            pk = partition(tenant, "notifications", user)
            items, more = below(self.client, self.table, pk, "note#", limit=limit, cursor=cursor)
        return Page(tuple(_notification(user, item) for item in items), more)

    def preferences(self, tenant: str, user: str) -> Preferences:
        item = self._get(_preferences_key(tenant, user))
        return checked(unpack_json(from_item(item)["body"])) if item is not None else Preferences()

    def prefer(self, tenant: str, user: str, preferences: Preferences) -> None:
        item = {**_preferences_key(tenant, user), "body": pack_json(preferences.to_json())}
        call(self.client.put_item, TableName=self.table, Item=to_item(item))

    def _get(self, key: dict[str, str]) -> Item | None:
        found: Item | None = call(
            self.client.get_item, TableName=self.table, Key=to_item(key), ConsistentRead=True
        ).get("Item")
        return found


def _key(tenant: str, user: str, id: str) -> dict[str, Any]:
    return {"pk": partition(tenant, "notifications", user), "sk": f"note#{id}"}


def _preferences_key(tenant: str, user: str) -> dict[str, str]:
    return {"pk": partition(tenant, "user", user), "sk": "preferences"}


def _notification(user: str, item: Item) -> Notification:
    return from_json(user, unpack_json(from_item(item)["body"]))
