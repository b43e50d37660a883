"""Examples of requests and answers about notifications."""

from typing import Any

_WORDS: dict[str, Any] = {
    "level": "warning",
    "title": "The import waits for you",
    "message": "Three rows need a decision.",
    "type": "approval",
    "actions": [{"label": "Look", "url": "/runs/01JZ8Y"}],
}
_NOTIFICATION: dict[str, Any] = {
    "id": "01JZ90",
    **_WORDS,
    "topic": None,
    "priority": "Normal",
    "status": "pushed",
    "created_at": "2026-01-31T09:00:00+00:00",
    "created_by": "user:6f1c",
    "held_until": None,
    "read_at": None,
}
_PREFERENCES: dict[str, Any] = {
    "channels": {"in_app": True},
    "quiet_hours": {"start": "22:00", "end": "07:00", "timezone": "Europe/Vienna"},
    "types": {"gossip": False},
    "topics": {"news.*": False},
    "max_per_hour": 20,
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "list_notifications": {"response": {"items": [_NOTIFICATION], "cursor": None}},
    "create_notification": {"request": {"user": "bob", **_WORDS}, "response": _NOTIFICATION},
    "read_notification": {"response": {**_NOTIFICATION, "read_at": "2026-01-31T09:05:00+00:00"}},
    "get_notification_preferences": {"response": _PREFERENCES},
    "set_notification_preferences": {"request": _PREFERENCES, "response": _PREFERENCES},
}
