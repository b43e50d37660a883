"""Examples of requests and answers about usage and cost."""

from typing import Any

from heddle.runtime.api.samples.runs import RUN_ID

_TOTALS = {
    "calls": 40,
    "input_tokens": 52_000,
    "output_tokens": 8_000,
    "cost_usd": "0.029",
    "average_latency_ms": 1850.5,
    "cached_calls": 2,
    "failed_calls": 1,
}
_CALL = {
    "at": "2026-01-31T09:00:00+00:00",
    "call_id": "01JJX6Z0000000000000000003",
    "principal": "user:6f1c",
    "workflow_id": "greeting",
    "run_id": RUN_ID,
    "root_run_id": RUN_ID,
    "node_id": "answer",
    "attempt": 1,
    "item_index": None,
    "step": 0,
    "provider": "openai",
    "model": "gpt-5-mini",
    "alias": "default",
    "input_tokens": 1300,
    "output_tokens": 200,
    "cached_tokens": 0,
    "cost_usd": "0.000725",
    "latency_ms": 1850.5,
    "cached": False,
    "outcome": "ok",
    "prices": "genai-prices 0.2.3 (2026-01-10)",
    "correlation_id": "5c1d2f2e-6a53-4bd5-8a9e-6d0f7a1a7d11",
}
_PERIOD = {"from": "2026-01-02", "to": "2026-01-31", "time_zone": "UTC"}
_DRIVER = {"cost_usd": "0.029", "share_percent": 100.0}
_STATISTICS = {
    **_PERIOD,
    "totals": _TOTALS,
    "change_percent": 12.5,
    "cost_per_call_usd": "0.000725",
    "cost_per_million_tokens_usd": "0.483333333333",
    "providers": [{"provider": "openai", **_TOTALS, "average_tokens": 1500.0, "error_rate": 0.025}],
    "models": [{"model": "openai/gpt-5-mini", **_TOTALS, "error_rate": 0.025, "tokens_per_second": 108.1}],
    "users": [{"user": "user:6f1c", **_TOTALS, "favourite_model": "openai/gpt-5-mini", "trend": "steady"}],
    "days": [{"day": "2026-01-31", **_TOTALS}],
    "cost_drivers": {"model": [{"name": "gpt-5-mini", **_DRIVER}], "provider": [{"name": "openai", **_DRIVER}]},
    "hours": [{"hour": 9, "calls": 40, "cost_usd": "0.029"}],
    "hours_of_calls": 40,
    "forecast": {
        "days_with_use": 1,
        "per_day_usd": None,
        "next_30_days_usd": None,
        "next_30_days_with_trend_usd": None,
        "reason": "needs use on 7 of the last 30 days, there is on 1",
    },
}
_ADVICE = {
    "kind": "ModelSubstitution",
    "about": "openai/gpt-5",
    "advice": "ask openai/gpt-5-nano where answers are this short",
    "monthly_saving_usd": "1.82",
    "confidence": "high",
    "effort": "low",
    "risk": "medium",
    "figures": {"calls": 400, "average_output_tokens": 12.5, "cost_usd": "1.9", "cost_instead_usd": "0.08", "days": 30},
}
_ESTIMATE = {
    "low_usd": "0.0001",
    "high_usd": "0.0031",
    "nodes": [
        {
            "node_id": "answer",
            "model": "openai/gpt-5-mini",
            "low_usd": "0.0001",
            "high_usd": "0.0031",
            "items": 1,
            "calls": 1,
        }
    ],
    "infrastructure_usd": {"express": "0.00015", "standard": "0.00028"},
    "assumptions": ["answer: openai/gpt-5-mini at genai-prices 0.2.3 (2026-01-10), answers of at most 1024 tokens"],
}


EXAMPLES: dict[str, dict[str, Any]] = {
    "get_usage": {
        "response": {
            **_PERIOD,
            "group_by": ["model", "day"],
            "totals": _TOTALS,
            "groups": [{"group": {"model": "gpt-5-mini", "day": "2026-01-31"}, **_TOTALS}],
            "groups_total": 1,
        }
    },
    "export_usage": {"response": {"items": [_CALL], "cursor": None}},
    "usage_statistics": {"response": _STATISTICS},
    "usage_recommendations": {"response": {"days": 30, "lines": 400, "items": [_ADVICE], "cursor": None}},
    "list_run_calls": {"response": {"items": [_CALL], "cursor": None}},
    "forecast_workflow": {
        "request": {},
        "response": {
            "workflow_id": "greeting",
            "version": 1,
            "mode": "express",
            "reason": "nothing waits",
            "basis": "estimate",
            "likely_usd": "0.0001",
            "high_usd": "0.00338",
            "history": None,
            "estimate": _ESTIMATE,
        },
    },
}
