"""Examples about dead letters."""

from typing import Any

_LETTER: dict[str, Any] = {
    "id": "059f36b4-87a3-44ab-83d2-661975830a7d",
    "kind": "run",
    "run_id": "01JRUN6Z0QJ5F8V7C2B9N4M3K1",
    "trigger_id": None,
    "webhook_id": None,
    "code": "upstream_unavailable",
    "reason": "the state machine did not answer",
    "attempts": 5,
    "at": "2026-02-01T09:30:00+00:00",
    "priority": "normal",
    "message": {
        "run": {"tenant": "acme", "id": "01JRUN6Z0QJ5F8V7C2B9N4M3K1", "correlation_id": "c-6f2d1c7e"},
        "reason": "requested",
        "priority": "normal",
    },
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "list_dead_letters": {"response": {"items": [_LETTER], "cursor": None}},
    "get_dead_letter": {"response": _LETTER},
    "redrive_dead_letter": {"response": _LETTER},
    "redrive_dead_letters": {"response": {"redriven": 12, "more": False}},
}
