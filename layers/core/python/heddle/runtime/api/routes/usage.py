"""The routes about usage and cost."""

from heddle.runtime.api.routes.route import CURSOR, PAGE, Query, Route

_DAYS = (
    Query("from", "the first day (UTC, YYYY-MM-DD); left out: 30 days up to `to`"),
    Query("to", "the last day, included; left out: today"),
)
_SPAN = Query("days", "of how many days up to today", "integer", default=30, minimum=1, maximum=180)

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/usage",
        "get_usage",
        "usage",
        "viewer",
        "usage:read",
        "Add up what models were used, by any of user, workflow, model, provider, day, week, month",
        query=(
            *_DAYS,
            Query(
                "group_by",
                "comma list of tenant, user, workflow, model, provider, day, week, month; left out: totals only",
            ),
            Query("user", "only calls for this principal"),
            Query("workflow", "only calls of this workflow"),
            Query("model", "only calls of this model"),
            Query("provider", "only calls of this provider"),
            Query("limit", "how many groups to return, the dearest", "integer", default=100, minimum=1, maximum=1000),
        ),
    ),
    Route(
        "GET",
        "/usage/export",
        "export_usage",
        "usage",
        "viewer",
        "usage:read",
        "Export the calls of some days, line by line, as CSV or JSON",
        query=(
            Query("format", "csv or json", default="json", choices=("csv", "json")),
            Query("day", "one day (UTC), instead of from and to"),
            *_DAYS,
            Query("limit", "how many lines to return at most", "integer", default=500, minimum=1, maximum=1000),
            CURSOR,
        ),
    ),
    Route(
        "GET",
        "/usage/statistics",
        "usage_statistics",
        "usage",
        "viewer",
        "usage:read",
        "Statistics per provider, model and user, cost drivers, and what the next 30 days may cost",
        query=(_SPAN,),
    ),
    Route(
        "GET",
        "/usage/recommendations",
        "usage_recommendations",
        "usage",
        "viewer",
        "usage:read",
        "Advice on what to change, with what it saves and the figures that it rests on",
        query=(_SPAN,),
    ),
    Route(
        "GET",
        "/runs/{run_id}/calls",
        "list_run_calls",
        "usage",
        "viewer",
        "usage:read",
        "List the calls to models that a run made, with what each cost",
        query=PAGE,
    ),
    Route(
        "POST",
        "/workflows/{workflow_id}/forecast",
        "forecast_workflow",
        "usage",
        "viewer",
        "usage:read",
        "Say what a run of the workflow may cost, without starting one",
    ),
)
