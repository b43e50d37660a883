"""The route about events that tenants put."""

from heddle.runtime.api.routes.route import Route

ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/events",
        "put_events",
        "triggers",
        "editor",
        "events:write",
        "Put events on the bus; triggers of yours that match them start runs",
        errors=(413,),
    ),
)
