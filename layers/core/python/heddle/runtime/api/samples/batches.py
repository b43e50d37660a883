"""Examples of requests and answers about batches."""

from typing import Any

_PROGRESS = {
    "id": "batch_01KAGN5XG0W3V9ZJ8Q4T7C2M6B",
    "name": "autumn archive",
    "operation": "analyze",
    "status": "running",
    "total": 100,
    "succeeded": 36,
    "failed": 1,
    "skipped": 0,
    "in_flight": 10,
    "progress_percent": 37,
    "current_step": "37 of 100 items done",
    "estimated_completion": "2026-01-31T09:00:09+00:00",
    "error": None,
    "created_at": "2026-01-31T09:00:00+00:00",
    "started_at": "2026-01-31T09:00:01+00:00",
    "ended_at": None,
}
_BATCH = {
    **_PROGRESS,
    "source": {"items": 100},
    "max_parallel": 10,
    "continue_on_error": True,
    "timeout_seconds": 300,
    "webhook_url": "https://hooks.acme.example/batches",
    "parameters": {"wanted": ["language", "summary"], "model": None, "plugins": [], "plugin_params": {}},
    "created_by": "user:6f1c",
}
_ENDED = {
    **_BATCH,
    "status": "cancelled",
    "in_flight": 0,
    "skipped": 63,
    "current_step": "cancelled",
    "estimated_completion": None,
    "ended_at": "2026-01-31T09:00:05+00:00",
}
_ITEM = {
    "position": 1,
    "name": "looms.md",
    "status": "succeeded",
    "summary": {"status": "completed", "media_type": "text/markdown", "title": "Looms", "language": "en", "words": 22},
    "error": None,
    "attempts": 1,
    "took_ms": 12.4,
    "ended_at": "2026-01-31T09:00:01+00:00",
}
_FAILED = {
    **_ITEM,
    "position": 2,
    "name": "figures.json",
    "status": "failed",
    "summary": None,
    "error": {"code": "document_corrupt", "message": "the document is not JSON: it breaks at character 1"},
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "submit_batch": {
        "request": {
            "operation": "analyze",
            "name": "autumn archive",
            "items": [
                {"name": "looms.md", "content": "# Looms\n\nA loom weaves cloth.\n", "content_type": "markdown"},
                {"object": "acme/uploads/3f9c/figures.json"},
                {"url": "https://acme.example/weaving.html"},
            ],
            "analysis": {"extract_concepts": False},
            "options": {"max_parallel": 10, "webhook_url": "https://hooks.acme.example/batches"},
        },
        "response": {
            **_BATCH,
            "status": "pending",
            "total": None,
            "succeeded": 0,
            "failed": 0,
            "in_flight": 0,
            "progress_percent": 0,
            "current_step": "listing the items",
            "estimated_completion": None,
            "started_at": None,
        },
    },
    "list_batches": {"response": {"items": [_PROGRESS], "cursor": None}},
    "get_batch": {"response": _BATCH},
    "list_batch_items": {"response": {"items": [_ITEM, _FAILED], "cursor": None}},
    "get_batch_item": {"response": {**_ITEM, "result": {"status": "completed", "title": "Looms"}}},
    "pause_batch": {"response": {**_BATCH, "status": "paused", "current_step": "paused, 10 items under way"}},
    "resume_batch": {"response": _BATCH},
    "cancel_batch": {"response": _ENDED},
}
