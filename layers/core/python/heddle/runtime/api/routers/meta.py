"""What is said about the service itself: health, version, node types, OpenAPI, Swagger UI."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

from heddle.errors import NotFound
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.ports import HealthCheck
from heddle.runtime.api.services import Services

CHECK_SECONDS = 3.0
SLOW_MS = 1000.0
KEEP_SECONDS = 5.0
"""Detailed health is public, so an answer is kept for a moment: asking often must not load what is asked about."""

ESSENTIAL = frozenset({"event_store", "catalog", "runs", "bucket", "queue"})
"""Without these nothing works: 503. Without the others something does: degraded, 200."""

_STARTED = time.monotonic()
_kept: tuple[float, Services, Reply] | None = None


@endpoint("health")
def health(services: Services, request: Request) -> Reply:
    """GET /health."""
    return Reply(200, _health(services, "healthy"))


@endpoint("health_detailed")
def health_detailed(services: Services, request: Request) -> Reply:
    """GET /health/detailed."""
    global _kept
    now = time.monotonic()
    if _kept is None or _kept[1] is not services or now - _kept[0] > KEEP_SECONDS:
        _kept = (now, services, _check_all(services))
    return _kept[2]


@endpoint("info")
def info(services: Services, request: Request) -> Reply:
    """GET /info."""
    return Reply(
        200,
        {
            "name": "heddle",
            "version": services.settings.version,
            "stage": services.settings.stage,
            "provider": services.settings.default_provider,
            "documentation": "swagger-ui/",
            "openapi": "openapi.json",
        },
    )


@endpoint("list_node_types")
def list_node_types(services: Services, request: Request) -> Reply:
    """GET /node-types: with the JSON Schema of each config, which forms and checks are built from."""
    from heddle.domain.nodes.catalogue import NODE_TYPES

    items = [
        {
            "name": node.name,
            "category": node.category,
            "summary": node.summary,
            "host": node.host,
            "effects": node.effects,
            "timeout": node.timeout,
            "config_schema": node.config.model_json_schema(),
            "output_schema": node.output_schema,
            "secret_fields": list(node.secret_fields),
            "deferred": {name: list(names) for name, names in node.deferred.items()},
        }
        for node in NODE_TYPES.values()
    ]
    return Reply(200, {"items": items, "cursor": None})


@endpoint("openapi")
def openapi(services: Services, request: Request) -> Reply:
    """GET /openapi.json."""
    from heddle.runtime.api.openapi import document

    return Reply(200, document(services.settings.version), {"Cache-Control": "public, max-age=300"})


@endpoint("swagger_ui")
def swagger_ui(services: Services, request: Request) -> Reply:
    """GET /swagger-ui/."""
    from heddle.runtime.api.swagger import page

    return page()


@endpoint("swagger_asset")
def swagger_asset(services: Services, request: Request) -> Reply:
    """GET /swagger-ui/{asset}."""
    from heddle.runtime.api.swagger import asset

    found = asset(request.params["asset"])
    if found is None:
        raise NotFound(f"Swagger UI has no file {request.params['asset']!r}", code="route_not_found")
    return found


def _health(services: Services, status: str) -> dict[str, Any]:
    return {
        "status": status,
        "timestamp": services.now().isoformat(),
        "uptime_seconds": round(time.monotonic() - _STARTED, 1),
        "version": services.settings.version,
        "stage": services.settings.stage,
    }


def _check_all(services: Services) -> Reply:
    checks = services.ports.health_checks
    with ThreadPoolExecutor(max_workers=max(1, len(checks))) as pool:
        running = {name: pool.submit(_check, check) for name, check in checks.items()}
        results: dict[str, dict[str, Any]] = {}
        for name, future in running.items():
            try:
                results[name] = future.result(timeout=CHECK_SECONDS)
            except FutureTimeout:
                results[name] = {"status": "unhealthy", "latency_ms": CHECK_SECONDS * 1000, "error": "Timeout"}
    bad = {name for name, result in results.items() if result["status"] == "unhealthy"}
    if bad & ESSENTIAL:
        status = "unhealthy"
    elif bad or any(result["status"] == "degraded" for result in results.values()):
        status = "degraded"
    else:
        status = "healthy"
    return Reply(503 if status == "unhealthy" else 200, {**_health(services, status), "checks": results})


def _check(check: HealthCheck, clock: Callable[[], float] = time.perf_counter) -> dict[str, Any]:
    started = clock()
    try:
        check()
    except Exception as error:
        # Any failure of a dependency is the answer here; its text may name accounts and addresses, its class does not.
        latency = round((clock() - started) * 1000, 1)
        return {"status": "unhealthy", "latency_ms": latency, "error": type(error).__name__}
    latency = round((clock() - started) * 1000, 1)
    return {"status": "degraded" if latency > SLOW_MS else "healthy", "latency_ms": latency}
