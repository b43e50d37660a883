"""Examples of requests and answers about workflows."""

from typing import Any

_DOCUMENT: dict[str, Any] = {
    "name": "greeting",
    "input": {"type": "object", "properties": {"who": {"type": "string", "default": "world"}}},
    "nodes": [{"id": "greet", "type": "template", "config": {"template": "Hello, {{ input.who }}!"}}],
    "outputs": {"text": "{{ nodes.greet.output.text }}"},
}
_PLAN = {
    "mode": "inline",
    "modes": ["inline", "express", "standard"],
    "reason": "every node is cheap",
    "nodes": 1,
    "order": ["greet"],
    "series_parallel": True,
}
_WORKFLOW = {
    "id": "greeting",
    "name": "greeting",
    "description": "",
    "version": 1,
    "labels": {},
    "created_at": "2026-01-31T09:00:00+00:00",
    "updated_at": "2026-01-31T09:00:00+00:00",
    "updated_by": "user:6f1c",
}
_WHOLE = {**_WORKFLOW, "document": _DOCUMENT, "plan": _PLAN}


EXAMPLES: dict[str, dict[str, Any]] = {
    "list_workflows": {"response": {"items": [_WORKFLOW], "cursor": None}},
    "create_workflow": {"request": _DOCUMENT, "response": _WHOLE},
    "validate_workflow": {"request": _DOCUMENT, "response": {"valid": True, "problems": [], "plan": _PLAN}},
    "get_workflow": {"response": _WHOLE},
    "save_workflow": {"request": {"document": _DOCUMENT, "expected_version": 1, "note": "clearer"}, "response": _WHOLE},
    "list_versions": {
        "response": {
            "items": [
                {
                    "workflow_id": "greeting",
                    "version": 1,
                    "created_at": "2026-01-31T09:00:00+00:00",
                    "created_by": "user:6f1c",
                    "note": "",
                }
            ],
            "cursor": None,
        }
    },
    "get_version": {
        "response": {
            "workflow_id": "greeting",
            "version": 1,
            "created_at": "2026-01-31T09:00:00+00:00",
            "created_by": "user:6f1c",
            "note": "",
            "document": _DOCUMENT,
            "plan": _PLAN,
        }
    },
}
