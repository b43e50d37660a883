"""Examples of requests and answers, as the OpenAPI document shows them; tests hold them to the models."""

from typing import Any

from heddle.runtime.api.model_samples import MODEL_EXAMPLES
from heddle.runtime.api.usage_samples import USAGE_EXAMPLES

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
_RUN_ID = "01JJX6Z0000000000000000000"
_RUN = {
    "id": _RUN_ID,
    "workflow_id": "greeting",
    "workflow_version": 1,
    "status": "succeeded",
    "mode": "inline",
    "reason": "every node is cheap",
    "requested_at": "2026-01-31T09:00:00+00:00",
    "started_at": "2026-01-31T09:00:00.010000+00:00",
    "ended_at": "2026-01-31T09:00:00.020000+00:00",
    "duration_ms": 20.0,
    "cost_usd": "0",
    "infrastructure_usd": "0.000011975002",
    "labels": {},
    "principal": "user:6f1c",
    "trigger": "manual",
    "error": None,
    "progress": {"total": 1, "done": 1, "failed": 0},
    "correlation_id": "5c1d2f2e-6a53-4bd5-8a9e-6d0f7a1a7d11",
}
_COST = {
    "models_usd": "0",
    "infrastructure_usd": "0.000011975002",
    "total_usd": "0.000011975002",
    "by_service_usd": {
        "step_functions": "0",
        "lambda": "0.000000600002",
        "dynamodb": "0.000006375",
        "eventbridge": "0.000005",
        "s3": "0",
    },
    "measured": {
        "commits": 2,
        "events": 5,
        "bytes": 2130,
        "write_units": 5,
        "read_units": 1,
        "invocations": 1,
        "ms": 30,
        "mb_ms": 30720,
        "transitions": 0,
        "executions": 0,
        "execution_ms": 0,
        "puts": 0,
    },
    "prices_from": "2024-11-01",
}
_NODE = {
    "node_id": "greet",
    "status": "completed",
    "attempt": 1,
    "scheduled_at": "2026-01-31T09:00:00.010000+00:00",
    "started_at": "2026-01-31T09:00:00.011000+00:00",
    "finished_at": "2026-01-31T09:00:00.012000+00:00",
    "duration_ms": 1.0,
    "output": {"text": "Hello, Ada!"},
    "error": None,
    "usage": {},
    "items_total": None,
    "items_done": 0,
    "skipped_reason": None,
    "cached": False,
}
_TOKENS = {
    "access_token": "eyJraWQiOi…",
    "id_token": "eyJraWQiOi…",
    "refresh_token": "eyJjdHkiOi…",
    "expires_in": 3600,
    "token_type": "Bearer",
}
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
_REQUESTED = {"run_id": _RUN_ID, "status": "queued", "mode": "inline", "reason": "every node is cheap"}
_APPROVAL_ID = f"{_RUN_ID}.sign_off"
_HEALTH = {
    "status": "healthy",
    "timestamp": "2026-01-31T09:00:00+00:00",
    "uptime_seconds": 12.5,
    "version": "0.1.0",
    "stage": "local",
}

# prompts
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
    "list_api_keys": {"response": {"items": [_KEY], "cursor": None}},
    "create_api_key": {
        "request": {"name": "nightly import", "role": "editor", "scopes": ["runs:write"]},
        "response": {**_KEY, "key": "hdl_01JJX6Z0000000000000000001_mF3…"},
    },
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
    "execute_workflow": {
        "request": {"input": {"who": "Ada"}, "labels": {"team": "docs"}},
        "response": {
            **_RUN,
            "input": {"who": "Ada"},
            "output": {"text": "Hello, Ada!"},
            "nodes": [_NODE],
            "events_version": 5,
            "cost": _COST,
        },
    },
    "workflow_status": {
        "response": {
            "workflow_id": "greeting",
            "version": 1,
            "counts": {"succeeded": 1},
            "counted": 1,
            "runs": [_RUN],
        }
    },
    "list_runs": {"response": {"items": [_RUN], "cursor": None}},
    "get_run": {
        "response": {
            **_RUN,
            "input": {"who": "Ada"},
            "output": {"text": "Hello, Ada!"},
            "nodes": [_NODE],
            "events_version": 5,
            "cost": _COST,
        }
    },
    "list_run_events": {
        "response": {
            "items": [
                {
                    "id": "01JJX6Z0000000000000000002",
                    "version": 1,
                    "type": "RunRequested",
                    "schema_version": 1,
                    "data": {"workflow_id": "greeting", "workflow_version": 1},
                    "metadata": {"correlation_id": "5c1d2f2e", "principal": "user:6f1c"},
                    "occurred_at": "2026-01-31T09:00:00+00:00",
                }
            ],
            "next_after": 1,
            "more": True,
        }
    },
    # live output
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
    "cancel_run": {"request": {"reason": "wrong input"}, "response": {"run_id": _RUN_ID, "status": "cancelling"}},
    "retry_run": {"request": {"from": "start"}, "response": _REQUESTED},
    "resume_run": {"response": {"run_id": _RUN_ID, "status": "queued"}},
    "list_approvals": {
        "response": {
            "items": [
                {
                    "id": _APPROVAL_ID,
                    "run_id": _RUN_ID,
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
            "run_id": _RUN_ID,
            "node_id": "sign_off",
            "decision": "approve",
            "comment": "Go ahead.",
            "by": "user:6f1c",
            "at": "2026-01-31T09:05:00+00:00",
        },
    },
    "create_upload": {
        "request": {"filename": "report.pdf", "media_type": "application/pdf", "bytes": 48213},
        "response": {
            "object": "demo/uploads/3f9c/report.pdf",
            "method": "PUT",
            "url": "https://bucket.s3.amazonaws.com/demo/uploads/3f9c/report.pdf?X-Amz-Signature=…",
            "headers": {"Content-Type": "application/pdf"},
            "expires_at": "2026-01-31T09:15:00+00:00",
        },
    },
    # prompts
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
    # budgets and kill switches
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
    "health": {"response": _HEALTH},
    "health_detailed": {
        "response": {**_HEALTH, "checks": {"event_store": {"status": "healthy", "latency_ms": 3.1, "error": None}}}
    },
    "info": {
        "response": {
            "name": "heddle",
            "version": "0.1.0",
            "stage": "local",
            "provider": "extractive",
            "documentation": "swagger-ui/",
            "openapi": "openapi.json",
        }
    },
    **MODEL_EXAMPLES,
    **USAGE_EXAMPLES,
}
"""Route name to its example `request` and `response`."""
