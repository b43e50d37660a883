"""Examples of requests and answers about API keys."""

from typing import Any

_KEY = {
    "id": "01JJX6Z0000000000000000001",
    "name": "nightly import",
    "role": "editor",
    "scopes": ["runs:write"],
    "created_at": "2026-01-31T09:00:00+00:00",
    "created_by": "user:6f1c",
    "expires_at": None,
    "revoked_at": None,
}


EXAMPLES: dict[str, dict[str, Any]] = {
    "list_api_keys": {"response": {"items": [_KEY], "cursor": None}},
    "create_api_key": {
        "request": {"name": "nightly import", "role": "editor", "scopes": ["runs:write"]},
        "response": {**_KEY, "key": "hdl_01JJX6Z0000000000000000001_mF3…"},
    },
}
