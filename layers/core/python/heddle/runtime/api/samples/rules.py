"""Examples of requests and answers about rules."""

from typing import Any

_DOCUMENT: dict[str, Any] = {
    "description": "Errors go to the operators too.",
    "priority": 10,
    "match": {"topic": "^orders", "content": {"level": "error"}},
    "transform": {"topic": "operators.{{ message.topic }}"},
}
_BARE = {
    "enabled": True,
    "is_terminal": False,
    "action": "allow",
    "condition": None,
    "persist_offline": None,
    "override_priority": None,
    "rate_limit": None,
}
_RULE: dict[str, Any] = {
    **_BARE,
    "name": "errors",
    **_DOCUMENT,
    "updated_by": "user:6f1c",
    "disabled_because": None,
    "counts": {"matched": 12, "denied": 0, "failed": 0, "in_a_row": 0},
}
_SETTINGS: dict[str, Any] = {"default_action": "Allow", "strip_html": True}
_RULES: dict[str, Any] = {"items": [_RULE], **_SETTINGS, "revision": 1}
_PRESET: dict[str, Any] = {
    **_BARE,
    "name": "allow_all",
    "description": "Lets every message through that no rule above it denied, whatever the default action.",
    "priority": 0,
    "is_terminal": True,
    "match": {},
    "transform": {},
}
_MESSAGE: dict[str, Any] = {
    "type": "Broadcast",
    "topic": "orders.eu",
    "payload": {"level": "error"},
    "sender_id": "ada",
    "sender_type": "User",
    "headers": {},
    "routing_key": "",
    "target_users": [],
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "list_rules": {"response": _RULES},
    "create_rule": {"request": {"name": "errors", **_DOCUMENT}, "response": _RULE},
    "save_rule": {"request": _DOCUMENT, "response": _RULE},
    "get_rule": {"response": _RULE},
    "set_rule_settings": {"request": _SETTINGS, "response": _RULES},
    "list_rule_presets": {"response": {"items": [_PRESET]}},
    "install_rule_preset": {
        "response": {**_PRESET, **{name: _RULE[name] for name in ("updated_by", "disabled_because", "counts")}}
    },
    "test_rules": {
        "request": {"message": _MESSAGE},
        "response": {
            "allowed": True,
            "denied_by": None,
            "matched": ["errors"],
            "message": {**_MESSAGE, "topic": "operators.orders.eu", "priority": "Normal"},
            "persist_offline": True,
            "failures": [],
        },
    },
}
