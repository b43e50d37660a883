"""The routes about uploads."""

from heddle.runtime.api.routes.route import Route

ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/uploads",
        "create_upload",
        "catalogue",
        "editor",
        "uploads:write",
        "Get a place to PUT a document that runs can then name",
    ),
)
