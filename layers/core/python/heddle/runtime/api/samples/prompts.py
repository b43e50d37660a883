"""Examples of requests and answers about prompts."""

from typing import Any

_PROMPT_DOCUMENT: dict[str, Any] = {
    "content": {"system": "You answer for {{ shop }}.", "user": "{{ question }}"},
    "variables": {"shop": {"type": "String", "default": "the loom shop"}, "question": {"type": "String"}},
    "tests": [{"variables": {"question": "Open on Sunday?"}, "expect_contains": ["the loom shop", "Sunday"]}],
    "tags": ["support"],
    "labels": ["production"],
}
_PROMPT = {
    "name": "support",
    "version": 1,
    "description": "",
    "tags": ["support"],
    "labels": {"production": {"version": 1, "at": "2026-01-31T09:00:00+00:00", "by": "user:6f1c"}},
    "built_in": False,
    "created_at": "2026-01-31T09:00:00+00:00",
    "updated_at": "2026-01-31T09:00:00+00:00",
    "updated_by": "user:6f1c",
}
_PROMPT_VERSION = {
    "prompt": "support",
    "version": 1,
    "syntax": "jinja",
    "output_format": "Text",
    "content_hash": "9f2c4b0f6d1e",
    "created_at": "2026-01-31T09:00:00+00:00",
    "created_by": "user:6f1c",
    "note": "",
}
_WHOLE_PROMPT_VERSION = {
    **_PROMPT_VERSION,
    "content": _PROMPT_DOCUMENT["content"],
    "templates": _PROMPT_DOCUMENT["content"],
    "variables": {
        "shop": {"type": "String", "required": False, "default": "the loom shop", "description": ""},
        "question": {"type": "String", "required": True, "default": None, "description": ""},
    },
    "includes": [],
    "tests": _PROMPT_DOCUMENT["tests"],
}
_WHOLE_PROMPT = {**_PROMPT, "newest": _WHOLE_PROMPT_VERSION}


EXAMPLES: dict[str, dict[str, Any]] = {
    "list_prompts": {"response": {"items": [_PROMPT], "cursor": None}},
    "create_prompt": {"request": {"name": "support", **_PROMPT_DOCUMENT}, "response": _WHOLE_PROMPT},
    "save_prompt": {"request": {**_PROMPT_DOCUMENT, "note": "clearer"}, "response": _WHOLE_PROMPT},
    "validate_prompt": {
        "request": {"name": "support", **_PROMPT_DOCUMENT},
        "response": {
            "valid": True,
            "problems": [],
            "tests": 1,
            "includes": [],
            "templates": _PROMPT_DOCUMENT["content"],
        },
    },
    "get_prompt": {"response": _WHOLE_PROMPT},
    "list_prompt_versions": {"response": {"items": [_PROMPT_VERSION], "cursor": None}},
    "get_prompt_version": {"response": _WHOLE_PROMPT_VERSION},
    "compare_prompt_versions": {
        "response": {
            "prompt": "support",
            "from": 1,
            "to": 2,
            "same": False,
            "texts": {
                "user": "--- support@1 user\n+++ support@2 user\n@@ -1 +1 @@\n-{{ question }}\n+Q: {{ question }}"
            },
            "variables": {"added": {}, "removed": {}, "changed": {}},
            "other": {},
        }
    },
    "list_prompt_labels": {
        "response": {
            "items": [
                {
                    "label": "production",
                    "action": "set",
                    "from": None,
                    "to": 1,
                    "at": "2026-01-31T09:00:00+00:00",
                    "by": "user:6f1c",
                }
            ],
            "cursor": None,
        }
    },
    "set_prompt_label": {"request": {"version": 1}, "response": _PROMPT},
    "rollback_prompt": {"request": {"label": "production"}, "response": _PROMPT},
    "render_prompt": {
        "request": {"variables": {"question": "Open on Sunday?"}},
        "response": {
            "prompt": "support",
            "version": 1,
            "hash": "c6a8f1d2b7e4",
            "text": "Open on Sunday?",
            "system": "You answer for the loom shop.",
            "includes": {},
            "estimated_tokens": 24,
        },
    },
}
