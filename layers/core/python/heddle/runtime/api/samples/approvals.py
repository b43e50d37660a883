"""Examples of requests and answers about what waits for a person."""

from typing import Any

from heddle.runtime.api.samples.runs import RUN_ID

_APPROVAL_ID = f"{RUN_ID}.sign_off"


EXAMPLES: dict[str, dict[str, Any]] = {
    "list_approvals": {
        "response": {
            "items": [
                {
                    "id": _APPROVAL_ID,
                    "run_id": RUN_ID,
                    "node_id": "sign_off",
                    "attempt": 1,
                    "created_at": "2026-01-31T09:00:00+00:00",
                    "expires_at": "2026-02-07T09:00:00+00:00",
                    "message": "Publish this?",
                    "details": None,
                    "approvers": ["editor", "admin"],
                    "default": "reject",
                }
            ],
            "cursor": None,
        }
    },
    "decide_approval": {
        "request": {"decision": "approve", "comment": "Go ahead."},
        "response": {
            "id": _APPROVAL_ID,
            "run_id": RUN_ID,
            "node_id": "sign_off",
            "decision": "approve",
            "comment": "Go ahead.",
            "by": "user:6f1c",
            "at": "2026-01-31T09:05:00+00:00",
        },
    },
}
