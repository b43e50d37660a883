"""Examples of requests and answers about runs."""

from typing import Any

RUN_ID = "01JJX6Z0000000000000000000"
_RUN = {
    "id": RUN_ID,
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
    "priority": "normal",
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
_REQUESTED = {"run_id": RUN_ID, "status": "queued", "mode": "inline", "reason": "every node is cheap"}


EXAMPLES: dict[str, dict[str, Any]] = {
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
    "get_conversation": {
        "response": {
            "items": [
                {
                    "id": "01JJX6Z0000000000000000003",
                    "version": 1,
                    "type": "ModelCalled",
                    "schema_version": 1,
                    "data": {
                        "step": 1,
                        "attempt": 1,
                        "provider": "anthropic",
                        "model": "claude-haiku-4-5",
                        "answer": {"text": "Hello, Ada!", "tool_calls": [], "stop_reason": "end", "citations": []},
                        "usage": {"input_tokens": 12, "output_tokens": 6, "cost_usd": "0.000042"},
                    },
                    "metadata": {"correlation_id": "5c1d2f2e", "principal": "user:6f1c"},
                    "occurred_at": "2026-01-31T09:00:01+00:00",
                }
            ],
            "next_after": 1,
            "more": False,
        }
    },
    "cancel_run": {"request": {"reason": "wrong input"}, "response": {"run_id": RUN_ID, "status": "cancelling"}},
    "retry_run": {"request": {"from": "start"}, "response": _REQUESTED},
    "resume_run": {"response": {"run_id": RUN_ID, "status": "queued"}},
}
