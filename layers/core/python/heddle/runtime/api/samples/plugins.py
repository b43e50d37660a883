"""Examples of requests and answers about plugins."""

from typing import Any

_MANIFEST = {
    "name": "word-count",
    "version": "1.0.0",
    "description": "Counts the words and the sentences of a text.",
    "author": "Ada",
    "homepage": "",
    "input_types": ["text", "html"],
    "permissions": [],
    "config_schema": {},
    "limits": {"memory_mb": 20, "seconds": 2.0},
}
_VERSION = {
    "version": "1.0.0",
    "manifest": _MANIFEST,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "bytes": 1038,
    "target": "wasmtime-50.0.1/1/aarch64",
    "uploaded_at": "2026-01-31T09:00:00+00:00",
    "uploaded_by": "user:6f1c",
}
_PLUGIN = {
    "name": "word-count",
    "enabled": True,
    "config": {},
    "current": _VERSION,
    "revision": 2,
    "created_at": "2026-01-31T09:00:00+00:00",
    "updated_at": "2026-01-31T09:01:00+00:00",
    "updated_by": "user:6f1c",
}
_CALL = {
    "id": "01KAGN5XG0W3V9ZJ8Q4T7C2M6B",
    "plugin": "word-count",
    "version": "1.0.0",
    "word": "analyze",
    "source": "analyze",
    "at": "2026-01-31T09:02:00+00:00",
    "ok": True,
    "duration_ms": 0.41,
    "fuel": 14210,
    "memory_bytes": 65536,
    "code": None,
    "message": "",
    "log": "",
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "upload_plugin": {
        "request": {"object": "acme/uploads/77aa/word-count.wasm", "manifest": _MANIFEST},
        "response": {**_PLUGIN, "enabled": False, "revision": 1, "new": True},
    },
    "list_plugins": {"response": {"items": [_PLUGIN], "cursor": None}},
    "get_plugin": {"response": {**_PLUGIN, "versions": [_VERSION], "health": "healthy"}},
    "enable_plugin": {"response": _PLUGIN},
    "disable_plugin": {"response": {**_PLUGIN, "enabled": False}},
    "configure_plugin": {"request": {"config": {}}, "response": _PLUGIN},
    "reload_plugin": {"response": _PLUGIN},
    "test_plugin": {
        "request": {"content": {"text": "Warp and weft.", "content_type": "text"}},
        "response": {
            "ok": True,
            "version": "1.0.0",
            "output": {"words": 3, "sentences": 1},
            "error": None,
            "log": "",
            "duration_ms": 0.41,
            "fuel": 1702,
            "memory_bytes": 65536,
        },
    },
    "list_plugin_calls": {"response": {"items": [_CALL], "cursor": None}},
}
