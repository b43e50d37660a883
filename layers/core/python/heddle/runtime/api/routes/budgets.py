"""The routes about budgets and kill switches."""

from heddle.runtime.api.routes.route import PAGE, Query, Route

ROUTES: tuple[Route, ...] = (
    Route("GET", "/budgets", "list_budgets", "budgets", "viewer", "budgets:read", "List budgets", query=PAGE),
    Route(
        "POST",
        "/budgets",
        "create_budget",
        "budgets",
        "admin",
        "budgets:write",
        "Make a budget; it counts from now",
        errors=(409,),
    ),
    Route(
        "GET",
        "/budgets/{budget_id}",
        "get_budget",
        "budgets",
        "viewer",
        "budgets:read",
        "Show a budget and how it stands",
        query=(
            Query("subject", "of whom, for a budget that each user, key, workflow or run has for itself"),
            Query("window", "when: 2026-11-20T09, 2026-11-20, 2026-11, or a run's id; left out: now"),
        ),
    ),
    Route(
        "PUT",
        "/budgets/{budget_id}",
        "change_budget",
        "budgets",
        "admin",
        "budgets:write",
        "Change a budget's limit, action, warnings or name",
        errors=(409,),
        if_match="change only this version",
    ),
    Route("DELETE", "/budgets/{budget_id}", "delete_budget", "budgets", "admin", "budgets:write", "Delete a budget"),
    Route(
        "GET",
        "/budgets/{budget_id}/alerts",
        "list_budget_alerts",
        "budgets",
        "viewer",
        "budgets:read",
        "List what a budget has announced, newest first",
        query=PAGE,
    ),
    Route(
        "POST",
        "/ai/stop",
        "stop_ai",
        "budgets",
        "editor",
        "budgets:write",
        "Begin no more calls to models",
        errors=(404, 409),
    ),
    Route(
        "POST",
        "/ai/resume",
        "resume_ai",
        "budgets",
        "editor",
        "budgets:write",
        "Let calls to models begin again",
        errors=(404,),
    ),
    Route(
        "GET", "/ai/status", "ai_status", "budgets", "viewer", "budgets:read", "Say what is stopped, by whom and why"
    ),
)
