"""Examples of requests and answers about budgets and kill switches."""

from typing import Any

_BUDGET = {
    "id": "greeting-month",
    "name": "Greetings",
    "scope": "workflow",
    "subject": "greeting",
    "period": "month",
    "limit_usd": "25",
    "action": "block",
    "downgrade_to": None,
    "warn_at": [50, 80, 95],
    "shards": 1,
    "version": 1,
    "created_at": "2026-01-31T09:00:00+00:00",
    "created_by": "user:6f1c",
    "updated_at": "2026-01-31T09:00:00+00:00",
    "updated_by": "user:6f1c",
    "status": {
        "subject": "greeting",
        "window": "2026-01",
        "limit_usd": "25",
        "extra_usd": "0",
        "spent_usd": "20.103",
        "reserved_usd": "0.42",
        "left_usd": "4.477",
        "percentage_used": 80,
        "health": "critical",
        "projected_usd": "20.52",
    },
}
_STOPPED = {
    "stopped": False,
    "stop": None,
    "workflows": [
        {
            "workflow_id": "greeting",
            "by": "user:6f1c",
            "at": "2026-01-31T09:00:00+00:00",
            "reason": "it greets in circles",
        }
    ],
}


EXAMPLES: dict[str, dict[str, Any]] = {
    "list_budgets": {"response": {"items": [_BUDGET], "cursor": None}},
    "create_budget": {
        "request": {"scope": "workflow", "subject": "greeting", "period": "month", "limit_usd": "25"},
        "response": _BUDGET,
    },
    "get_budget": {"response": _BUDGET},
    "change_budget": {"request": {"limit_usd": "40", "action": "warn"}, "response": _BUDGET},
    "list_budget_alerts": {
        "response": {
            "items": [
                {
                    "budget_id": "greeting-month",
                    "subject": "greeting",
                    "window": "2026-01",
                    "percent": 80,
                    "kind": "critical",
                    "at": "2026-01-30T17:12:00+00:00",
                    "spent_usd": "20.004",
                    "limit_usd": "25",
                }
            ],
            "cursor": None,
        }
    },
    "stop_ai": {"request": {"reason": "it greets in circles"}, "response": _STOPPED},
    "resume_ai": {
        "request": {"workflow_id": "greeting", "reason": "mended"},
        "response": {"stopped": False, "stop": None, "workflows": []},
    },
    "ai_status": {"response": _STOPPED},
}
