"""Examples of requests and answers about live output."""

from typing import Any

EXAMPLES: dict[str, dict[str, Any]] = {
    "stream_run": {
        "response": {
            "items": [
                {
                    "seq": 1,
                    "type": "token",
                    "data": {"node_id": "write", "attempt": 1, "text": "Dear Ada, ", "index": 0},
                    "at": "2026-01-31T09:00:01+00:00",
                },
                {
                    "seq": 2,
                    "type": "done",
                    "data": {"node_id": "write", "attempt": 1, "usage": {"output_tokens": 3}},
                    "at": "2026-01-31T09:00:02+00:00",
                },
            ],
            "next_after": 2,
            "ended": True,
            "hint": None,
        }
    },
}
