"""Examples of requests and answers about models."""

from typing import Any

_PRICE = {
    "input_per_million": "0.25",
    "cached_input_per_million": "0.025",
    "output_per_million": "2",
    "tiers": [],
    "source": "genai-prices 0.2.3 (2026-11-10)",
    "origin": "table",
    "freshness": "fresh",
}
_MODEL = {
    "ref": "openai/gpt-5-mini",
    "provider": "openai",
    "kind": "openai",
    "model": "gpt-5-mini",
    "enabled": True,
    "context_window": 400000,
    "max_output_tokens": 128000,
    "price": _PRICE,
}


EXAMPLES: dict[str, dict[str, Any]] = {
    "list_models": {
        "response": {
            "aliases": [{"name": "default", "built_in": True, "answers": "openai/gpt-5-mini", "chain": [_MODEL]}],
            "models": [_MODEL],
            "version": 0,
        }
    },
    "compare_models": {
        "response": {
            "a": {**_MODEL, "cost_usd": "0.00045", "monthly_cost_usd": "13.5"},
            "b": {**_MODEL, "ref": "openai/gpt-5", "model": "gpt-5", "cost_usd": "0.00225", "monthly_cost_usd": "67.5"},
            "cheaper": "a",
            "saving_usd": "0.0018",
            "saving_percent": "80.00",
            "monthly_saving_usd": "54",
        }
    },
    "cheapest_model": {"response": {"items": [{**_MODEL, "cost_usd": "0.00045"}], "cursor": None}},
    "count_tokens": {
        "request": {"model": "openai/gpt-5-mini", "text": "hello world"},
        "response": {
            "model": "openai/gpt-5-mini",
            "tokens": 2,
            "method": "o200k",
            "exact": True,
            "bound": 11,
            "items": [{"tokens": 2}],
            "context_window": 400000,
            "context_left": 399998,
            "input_cost_usd": "0.0000005",
            "price": _PRICE,
            "compared": None,
        },
    },
}
