"""Examples of requests and answers about webhooks that the platform sends."""

from typing import Any

_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

EXAMPLES: dict[str, dict[str, Any]] = {
    "get_webhook_secret": {"response": {"secret": _SECRET, "previous_until": None}},
    "rotate_webhook_secret": {
        "request": {"overlap_hours": 24},
        "response": {"secret": _SECRET, "previous_until": "2026-02-01T09:00:00+00:00"},
    },
    "send_test_webhook": {
        "request": {"url": "https://example.com/hooks", "data": {"hello": "world"}},
        "response": {
            "webhook_id": "msg_01KB0G5T7C4D9W2X6Y8Z1A3B5C",
            "url": "https://example.com/hooks",
            "type": "webhook.test",
        },
    },
}
