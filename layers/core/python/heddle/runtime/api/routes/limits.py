"""The route about limits."""

from heddle.runtime.api.routes.route import Route

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/limits",
        "get_limits",
        "service",
        "viewer",
        "limits:read",
        "Show what this tenant may do at a time and per second, and how much of it is in use",
    ),
)
