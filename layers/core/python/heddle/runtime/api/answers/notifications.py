"""The answers about notifications."""

from typing import Any

from heddle.runtime.api.answers.answer import Answer, Answers


class NotificationAnswer(Answer):
    """A notification; `status` is pushed, held (until `held_until`) or muted (only listed)."""

    id: str
    level: str
    title: str
    message: str
    type: str
    topic: str | None
    priority: str
    actions: list[dict[str, str]]
    status: str
    created_at: str
    created_by: str
    held_until: str | None
    read_at: str | None


class NotificationPage(Answer):
    """Notifications, newest first."""

    items: list[NotificationAnswer]
    cursor: str | None


class PreferencesAnswer(Answer):
    """What you want to be told, and when."""

    channels: dict[str, bool]
    quiet_hours: dict[str, Any] | None
    types: dict[str, bool]
    topics: dict[str, bool]
    max_per_hour: int


ANSWERS: Answers = {
    "list_notifications": {200: NotificationPage},
    "create_notification": {201: NotificationAnswer},
    "read_notification": {200: NotificationAnswer},
    "get_notification_preferences": {200: PreferencesAnswer},
    "set_notification_preferences": {200: PreferencesAnswer},
}
