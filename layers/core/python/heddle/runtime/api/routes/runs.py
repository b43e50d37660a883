"""The routes about runs."""

from heddle.runtime.api.routes.route import PAGE, Query, Route

RUN_STATUSES = ("queued", "running", "waiting", "succeeded", "failed", "cancelling", "cancelled")

ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/workflows/{workflow_id}/execute",
        "execute_workflow",
        "runs",
        "editor",
        "runs:write",
        "Start a run",
        query=(
            Query(
                "wait", "answer with the finished run if it ends within so many seconds", "integer", 0, 0, maximum=25
            ),
        ),
        errors=(409,),
    ),
    Route(
        "GET",
        "/workflows/{workflow_id}/status",
        "workflow_status",
        "runs",
        "viewer",
        "runs:read",
        "Show a workflow's latest runs and how many are in which status",
        query=(Query("limit", "how many runs to list", "integer", default=10, minimum=1, maximum=100),),
    ),
    Route(
        "GET",
        "/runs",
        "list_runs",
        "runs",
        "viewer",
        "runs:read",
        "List runs, newest first",
        query=(
            *PAGE,
            Query("workflow_id", "only runs of this workflow"),
            Query("status", "only runs in this status", choices=RUN_STATUSES),
        ),
    ),
    Route("GET", "/runs/{run_id}", "get_run", "runs", "viewer", "runs:read", "Show a run as it is at this moment"),
    Route(
        "GET",
        "/runs/{run_id}/events",
        "list_run_events",
        "runs",
        "viewer",
        "runs:read",
        "Read a run's history",
        query=(
            Query("after", "only events with a greater version", "integer", default=0, minimum=0),
            Query("limit", "how many to return", "integer", default=100, minimum=1, maximum=100),
        ),
    ),
    Route(
        "GET",
        "/runs/{run_id}/conversations/{node_id}",
        "get_conversation",
        "runs",
        "viewer",
        "runs:read",
        "Read what a node asked of models and tools, call by call",
        query=(
            Query("item", "which item, of a node with for_each", "integer", minimum=0),
            Query("after", "only events with a greater version", "integer", default=0, minimum=0),
            Query("limit", "how many to return", "integer", default=100, minimum=1, maximum=100),
        ),
    ),
    Route(
        "GET",
        "/runs/{run_id}/payload",
        "get_run_payload",
        "runs",
        "viewer",
        "runs:read",
        "Fetch a large value that a run's answer names by reference",
        query=(Query("key", "the `key` of the reference"),),
    ),
    Route(
        "POST",
        "/runs/{run_id}/cancel",
        "cancel_run",
        "runs",
        "editor",
        "runs:write",
        "Ask a run to stop",
        errors=(409,),
    ),
    Route(
        "POST",
        "/runs/{run_id}/retry",
        "retry_run",
        "runs",
        "editor",
        "runs:write",
        "Continue a run where it failed or lost its execution, or run it anew from the start",
        errors=(409,),
    ),
    Route(
        "POST",
        "/runs/{run_id}/resume",
        "resume_run",
        "runs",
        "editor",
        "runs:write",
        "Continue a run that failed, was cancelled or lost its execution from where it stopped",
        errors=(409,),
    ),
)
