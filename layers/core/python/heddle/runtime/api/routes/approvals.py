"""The routes about what waits for a person."""

from heddle.runtime.api.routes.route import PAGE, Route

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/approvals",
        "list_approvals",
        "approvals",
        "viewer",
        "approvals:read",
        "List what waits for a decision, oldest first",
        query=PAGE,
    ),
    Route(
        "POST",
        "/approvals/{approval_id}",
        "decide_approval",
        "approvals",
        "viewer",
        "approvals:write",
        "Approve or reject",
        errors=(409,),
    ),
)
