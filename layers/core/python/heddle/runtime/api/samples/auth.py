"""Examples of requests and answers about logging in and out."""

from typing import Any

_TOKENS = {
    "access_token": "eyJraWQiOi…",
    "id_token": "eyJraWQiOi…",
    "refresh_token": "eyJjdHkiOi…",
    "expires_in": 3600,
    "token_type": "Bearer",
}


EXAMPLES: dict[str, dict[str, Any]] = {
    "login": {"request": {"username": "ada@example.com", "password": "correct horse battery"}, "response": _TOKENS},
    "refresh": {"request": {"refresh_token": "eyJjdHkiOi…"}, "response": _TOKENS},
    "logout": {"request": {"refresh_token": "eyJjdHkiOi…"}},
    "me": {
        "response": {
            "tenant": "demo",
            "principal": "user:6f1c",
            "name": "ada@example.com",
            "roles": ["editor"],
            "scopes": ["*"],
            "expires_at": 1769853600,
        }
    },
}
