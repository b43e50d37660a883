"""The routes about live output."""

from heddle.runtime.api.routes.route import Query, Route

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/runs/{run_id}/stream",
        "stream_run",
        "runs",
        "viewer",
        "runs:read",
        "Follow what models of a live run write, as JSON or as server-sent events",
        query=(
            Query("after", "only frames with a greater number", "integer", default=0, minimum=0),
            Query("wait", "how many seconds to wait for the first one", "integer", default=20, minimum=0, maximum=25),
            Query("limit", "how many to return", "integer", default=200, minimum=1, maximum=1000),
        ),
    ),
)
