"""Examples of requests and answers about the API itself and what there is to build with."""

from typing import Any

_HEALTH = {
    "status": "healthy",
    "timestamp": "2026-01-31T09:00:00+00:00",
    "uptime_seconds": 12.5,
    "version": "0.1.0",
    "stage": "local",
}


EXAMPLES: dict[str, dict[str, Any]] = {
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
}
