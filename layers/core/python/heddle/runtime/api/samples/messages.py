"""Examples of answers about messages."""

from typing import Any

_MESSAGE: dict[str, Any] = {
    "id": "01JZ8Y",
    "type": "Broadcast",
    "sender": "ada",
    "payload": {"text": "shipped"},
    "headers": {},
    "at": "2026-01-31T09:00:00+00:00",
    "status": "sent",
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "list_topic_messages": {"response": {"items": [_MESSAGE], "next": None, "examined": 1}},
    "list_direct_messages": {
        "response": {
            "items": [
                {
                    "user": "bob",
                    "last_message_id": "01JZ8Z",
                    "last_at": "2026-01-31T09:00:00+00:00",
                    "last_sender": "ada",
                    "preview": "lunch?",
                }
            ],
            "cursor": None,
        }
    },
    "read_direct_messages": {
        "response": {
            "items": [{**_MESSAGE, "type": "DirectMessage", "payload": "lunch?", "status": "read"}],
            "next": None,
            "examined": 1,
        }
    },
    "list_presence": {
        "response": {
            "items": [
                {
                    "user_id": "ada",
                    "status": "Busy",
                    "message": "in a call",
                    "last_seen": 1769850000,
                    "timezone": "Europe/Vienna",
                    "active_connections": 1,
                    "devices": [{"platform": "web"}],
                }
            ]
        }
    },
}
