"""Endpoint functions by the name of their route; the table is the only way in.

@endpoint("get_run")
def get_run(services: Services, request: Request) -> Reply: ...
"""

from collections.abc import Callable
from importlib import import_module

from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.routes.table import BY_NAME
from heddle.runtime.api.services import Services

Endpoint = Callable[[Services, Request], Reply]

NOUNS = (
    "analyses",
    "api_keys",
    "approvals",
    "auth",
    "batches",
    "budgets",
    "conversations",
    "dead_letters",
    "documents",
    "events",
    "limits",
    "messages",
    "meta",
    "models",
    "notifications",
    "plugins",
    "prompts",
    "providers",
    "rules",
    "runs",
    "streams",
    "triggers",
    "uploads",
    "usage",
    "webhooks",
    "workflows",
)
"""The modules of `heddle.runtime.api.routers`; each registers the endpoints of its noun when it is imported."""

_ENDPOINTS: dict[str, Endpoint] = {}


def endpoint(name: str) -> Callable[[Endpoint], Endpoint]:
    """Register the function for a route; LookupError if the table does not have it, or it is taken."""
    if name not in BY_NAME or name in _ENDPOINTS:
        raise LookupError(f"endpoint {name!r} is not in the table of routes, or is defined twice")

    def register(function: Endpoint) -> Endpoint:
        _ENDPOINTS[name] = function
        return function

    return register


def endpoints() -> dict[str, Endpoint]:
    """Return the endpoint of every route; LookupError if a route has none."""
    for noun in NOUNS:
        import_module(f"heddle.runtime.api.routers.{noun}")
    if missing := [name for name in BY_NAME if name not in _ENDPOINTS]:
        raise LookupError(f"routes without an endpoint: {', '.join(missing)} (looked in {', '.join(NOUNS)})")
    return dict(_ENDPOINTS)
