"""Examples of requests and answers about providers, aliases and own prices."""

from typing import Any

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


EXAMPLES: dict[str, dict[str, Any]] = {
    "list_providers": {
        "response": {"items": [{**_PROVIDER, "circuit": "closed", "aliases": ["best"]}], "cursor": None, "version": 3}
    },
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
