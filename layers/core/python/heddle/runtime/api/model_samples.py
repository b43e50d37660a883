"""Examples of the routes about models and their providers."""

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
_PROVIDER = {
    "name": "azure",
    "kind": "azure-openai",
    "own": True,
    "enabled": True,
    "base_url": "https://acme.openai.azure.com",
    "region": None,
    "api_version": None,
    "default_model": "our-chat",
    "secret": "azure-api-key",
    "guardrail": None,
    "guardrail_version": None,
    "profiles": {"gpt-4o": "our-chat"},
    "function": "llm_openai",
}
_SETTINGS = {
    "prices": [
        {
            "provider": "openai",
            "model": "gpt-5-mini",
            "input_per_million": "0.20",
            "output_per_million": "1.60",
            "cached_input_per_million": None,
            "effective_from": "2026-11-01T00:00:00+00:00",
        }
    ],
    "price_ceiling": {"input_per_million": "20", "output_per_million": "80"},
    "cache_seconds": 0,
}

MODEL_EXAMPLES: dict[str, dict[str, Any]] = {
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
    "cheapest_model": {"response": {"items": [{**_MODEL, "cost_usd": "0.00045"}]}},
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
    "list_providers": {"response": {"items": [{**_PROVIDER, "circuit": "closed", "aliases": ["best"]}], "version": 3}},
    "put_provider": {
        "request": {
            "kind": "azure-openai",
            "base_url": "https://acme.openai.azure.com",
            "default_model": "our-chat",
            "profiles": {"gpt-4o": "our-chat"},
        },
        "response": {**_PROVIDER, "version": 1},
    },
    "put_model_alias": {
        "request": {"models": ["openai/gpt-5", "anthropic/claude-opus-4-5"]},
        "response": {"name": "best", "models": ["openai/gpt-5", "anthropic/claude-opus-4-5"], "version": 2},
    },
    "get_model_settings": {"response": {**_SETTINGS, "version": 3}},
    "put_model_settings": {"request": _SETTINGS, "response": {**_SETTINGS, "version": 3}},
}
