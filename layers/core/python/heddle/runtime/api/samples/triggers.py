"""Examples of requests and answers about triggers."""

from typing import Any

_TRIGGER: dict[str, Any] = {
    "id": "trg_6f1c0b5a9d3e4f7081a2b3c4",
    "name": "morning report",
    "kind": "timer",
    "workflow_id": "greeting",
    "version": None,
    "enabled": True,
    "config": {
        "schedule": "cron(0 8 ? * MON-FRI *)",
        "timezone": "Europe/Berlin",
        "flexible_minutes": 0,
        "starts_at": None,
        "ends_at": None,
        "missed": "run",
        "max_age_seconds": 3600,
    },
    "input": {"name": "{{ preset.name }}", "day": "{{ trigger.scheduled_at }}"},
    "presets": {"team": {"name": "everybody"}},
    "preset": "team",
    "mode": "auto",
    "live": False,
    "labels": {},
    "budget_usd": None,
    "priority": "normal",
    "hook_path": None,
    "next_firings": ["2026-02-02T07:00:00+00:00", "2026-02-03T07:00:00+00:00"],
    "revision": 1,
    "created_at": "2026-01-31T09:00:00+00:00",
    "created_by": "user:6f1c",
    "updated_at": "2026-01-31T09:00:00+00:00",
    "updated_by": "user:6f1c",
}
_HOOK = {
    **_TRIGGER,
    "name": "orders",
    "kind": "webhook",
    "config": {"scheme": "standard", "tolerance_seconds": 300, "body": "json", "wait_seconds": 0},
    "input": {"order": "{{ trigger.body.id }}"},
    "presets": {},
    "preset": None,
    "hook_path": "/hooks/trg_6f1c0b5a9d3e4f7081a2b3c4",
    "next_firings": [],
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "list_triggers": {"response": {"items": [_TRIGGER], "cursor": None}},
    "create_trigger": {
        "request": {
            "name": "orders",
            "kind": "webhook",
            "workflow_id": "greeting",
            "config": {"scheme": "standard"},
            "input": {"order": "{{ trigger.body.id }}"},
        },
        "response": _HOOK,
    },
    "get_trigger": {"response": _TRIGGER},
    "change_trigger": {"request": {"enabled": False}, "response": {**_TRIGGER, "enabled": False, "revision": 2}},
    "enable_trigger": {"response": _TRIGGER},
    "disable_trigger": {"response": {**_TRIGGER, "enabled": False, "revision": 2}},
    "fire_trigger": {
        "request": {"payload": {"scheduled_at": "2026-02-02T07:00:00+00:00"}},
        "response": {
            "trigger_id": "trg_6f1c0b5a9d3e4f7081a2b3c4",
            "firing_id": "fire-0c7d",
            "run_id": "K3V7QXJ2M5N8P4R6T9W2Y5Z8B3",
            "mode": "inline",
            "reason": "Every node is computed in process, so a run needs no state machine.",
            "created": True,
        },
    },
    "test_trigger": {
        "request": {"payload": {"scheduled_at": "2026-02-02T07:00:00+00:00"}},
        "response": {
            "input": {"name": "everybody", "day": "2026-02-02T07:00:00+00:00"},
            "valid": True,
            "matches": None,
            "next_firings": ["2026-02-02T08:00:00+01:00", "2026-02-03T08:00:00+01:00"],
            "errors": [],
        },
    },
    "receive_hook": {
        "response": {
            "run_id": "K3V7QXJ2M5N8P4R6T9W2Y5Z8B3",
            "delivery_id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "created": True,
            "status": "succeeded",
            "output": {"text": "Order o-1"},
        }
    },
    "rotate_trigger_secret": {"request": {"overlap_hours": 24}, "response": {**_HOOK, "revision": 2}},
    "list_trigger_history": {
        "response": {
            "items": [
                {
                    "id": "2026-01-30T07:00:00+00:00",
                    "at": "2026-01-30T07:00:01+00:00",
                    "outcome": "started",
                    "run_id": "K3V7QXJ2M5N8P4R6T9W2Y5Z8B3",
                    "code": None,
                    "reason": "",
                    "source": "timer",
                }
            ],
            "cursor": None,
        }
    },
}
