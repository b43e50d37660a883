"""The one table of routes: what exists, who may use it, and which query parameters it knows.

The handler enforces it, the infrastructure stack reads it (public routes have no authorizer), and
docs/reference/routes.md and the OpenAPI document are made from it. An endpoint that is not here cannot be registered.
Nothing but the standard library is imported, so that the stacks can read the table.
"""

from typing import Literal

from heddle.records import dataclass

Role = Literal["public", "viewer", "editor", "admin"]

ROLES: tuple[Role, ...] = ("public", "viewer", "editor", "admin")
"""From least to most; each includes the ones before it."""

ALIAS_PREFIX = "/v1"
"""Every route answers below this prefix too; with the stage's `/api` before it that is `/api/v1`."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter: its type, bounds, default, and what it means."""

    name: str
    summary: str
    type: Literal["string", "integer"] = "string"
    default: str | int | None = None
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path. `name` is the operation id and the name of its endpoint function.

    `role` is the least role a principal needs; `scope` is what an API key needs besides (None: keys cannot call it,
    unless the route is public). `{name}` in the path is a parameter.
    """

    method: str
    path: str
    name: str
    tag: str
    role: Role
    scope: str | None
    summary: str
    query: tuple[Query, ...] = ()


RUN_STATUSES = ("queued", "running", "waiting", "succeeded", "failed", "cancelling", "cancelled")

_LIMIT = Query("limit", "how many to return", "integer", default=50, minimum=1, maximum=100)
_CURSOR = Query("cursor", "where the page before ended, as it said in `cursor`")
_PAGE = (_LIMIT, _CURSOR)
_VERSION = Query("version", "a version other than the newest", "integer", minimum=1)
_USAGE = (
    Query("input_tokens", "tokens of the prompt", "integer", default=1000, minimum=0, maximum=1_000_000_000),
    Query("output_tokens", "tokens of the answer", "integer", default=100, minimum=0, maximum=1_000_000_000),
)
_DAYS = (
    Query("from", "the first day (UTC, YYYY-MM-DD); left out: 30 days up to `to`"),
    Query("to", "the last day, included; left out: today"),
)
_SPAN = Query("days", "of how many days up to today", "integer", default=30, minimum=1, maximum=180)

ROUTES: tuple[Route, ...] = (
    # who you are
    Route("POST", "/login", "login", "identity", "public", None, "Exchange user name and password for tokens"),
    Route("POST", "/refresh", "refresh", "identity", "public", None, "Exchange a refresh token for fresh tokens"),
    Route("POST", "/logout", "logout", "identity", "viewer", None, "Revoke a refresh token, or sign out everywhere"),
    Route("GET", "/me", "me", "identity", "viewer", "*", "Say who the caller is"),
    Route("GET", "/api-keys", "list_api_keys", "identity", "admin", "api-keys:read", "List API keys", query=_PAGE),
    Route("POST", "/api-keys", "create_api_key", "identity", "admin", "api-keys:write", "Make an API key, shown once"),
    Route("DELETE", "/api-keys/{key_id}", "revoke_api_key", "identity", "admin", "api-keys:write", "Revoke an API key"),
    # workflows
    Route(
        "GET", "/workflows", "list_workflows", "workflows", "viewer", "workflows:read", "List workflows", query=_PAGE
    ),
    Route("POST", "/workflows", "create_workflow", "workflows", "editor", "workflows:write", "Save a new workflow"),
    Route(
        "POST",
        "/workflows/validate",
        "validate_workflow",
        "workflows",
        "viewer",
        "workflows:read",
        "Check a definition without saving it",
    ),
    Route(
        "GET",
        "/workflows/{workflow_id}",
        "get_workflow",
        "workflows",
        "viewer",
        "workflows:read",
        "Show a workflow and its newest definition",
    ),
    Route(
        "PUT",
        "/workflows/{workflow_id}",
        "save_workflow",
        "workflows",
        "editor",
        "workflows:write",
        "Save a new version (or create the workflow under this id)",
    ),
    Route(
        "DELETE",
        "/workflows/{workflow_id}",
        "delete_workflow",
        "workflows",
        "editor",
        "workflows:write",
        "Delete a workflow; its runs stay readable",
    ),
    Route(
        "GET",
        "/workflows/{workflow_id}/versions",
        "list_versions",
        "workflows",
        "viewer",
        "workflows:read",
        "List a workflow's versions, newest first",
        query=_PAGE,
    ),
    Route(
        "GET",
        "/workflows/{workflow_id}/versions/{version}",
        "get_version",
        "workflows",
        "viewer",
        "workflows:read",
        "Show one version of a workflow",
    ),
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
    # runs
    Route(
        "GET",
        "/runs",
        "list_runs",
        "runs",
        "viewer",
        "runs:read",
        "List runs, newest first",
        query=(
            *_PAGE,
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
        "/runs/{run_id}/payload",
        "get_run_payload",
        "runs",
        "viewer",
        "runs:read",
        "Fetch a large value that a run's answer names by reference",
        query=(Query("key", "the `key` of the reference"),),
    ),
    # live output
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
    Route("POST", "/runs/{run_id}/cancel", "cancel_run", "runs", "editor", "runs:write", "Ask a run to stop"),
    Route(
        "POST",
        "/runs/{run_id}/retry",
        "retry_run",
        "runs",
        "editor",
        "runs:write",
        "Continue a run where it failed or lost its execution, or run it anew from the start",
    ),
    Route(
        "POST",
        "/runs/{run_id}/resume",
        "resume_run",
        "runs",
        "editor",
        "runs:write",
        "Continue a run that failed, was cancelled or lost its execution from where it stopped",
    ),
    # approvals
    Route(
        "GET",
        "/approvals",
        "list_approvals",
        "approvals",
        "viewer",
        "approvals:read",
        "List what waits for a decision, oldest first",
        query=_PAGE,
    ),
    Route(
        "POST",
        "/approvals/{approval_id}",
        "decide_approval",
        "approvals",
        "viewer",
        "approvals:write",
        "Approve or reject",
    ),
    # budgets and kill switches
    Route("GET", "/budgets", "list_budgets", "budgets", "viewer", "budgets:read", "List budgets", query=_PAGE),
    Route(
        "POST", "/budgets", "create_budget", "budgets", "admin", "budgets:write", "Make a budget; it counts from now"
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
        query=_PAGE,
    ),
    Route("POST", "/ai/stop", "stop_ai", "budgets", "editor", "budgets:write", "Begin no more calls to models"),
    Route("POST", "/ai/resume", "resume_ai", "budgets", "editor", "budgets:write", "Let calls to models begin again"),
    Route(
        "GET", "/ai/status", "ai_status", "budgets", "viewer", "budgets:read", "Say what is stopped, by whom and why"
    ),
    # models and providers
    Route(
        "GET",
        "/models",
        "list_models",
        "models",
        "viewer",
        "models:read",
        "List aliases and models with prices and windows",
        query=(Query("provider", "every known model of this provider, instead of those that aliases name"),),
    ),
    Route(
        "GET",
        "/models/compare",
        "compare_models",
        "models",
        "viewer",
        "models:read",
        "Compare what two models cost",
        query=(
            Query("a", "alias or provider/model", default="default"),
            Query("b", "alias or provider/model", default="best"),
            *_USAGE,
            Query("calls_per_day", "for what a month costs", "integer", default=1, minimum=0, maximum=1_000_000_000),
        ),
    ),
    Route(
        "GET",
        "/models/cheapest",
        "cheapest_model",
        "models",
        "viewer",
        "models:read",
        "List models by what a usage costs with them",
        query=(*_USAGE, Query("models", "only these, a comma list of aliases or provider/model")),
    ),
    Route(
        "POST", "/models/count", "count_tokens", "models", "viewer", "models:read", "Count tokens, asking no provider"
    ),
    Route("GET", "/providers", "list_providers", "models", "viewer", "models:read", "List providers of models"),
    Route(
        "PUT",
        "/providers/{provider}",
        "put_provider",
        "models",
        "admin",
        "models:write",
        "Configure a provider (its key is the secret `<name>-api-key`)",
    ),
    Route("DELETE", "/providers/{provider}", "delete_provider", "models", "admin", "models:write", "Remove a provider"),
    Route(
        "PUT",
        "/model-aliases/{alias}",
        "put_model_alias",
        "models",
        "admin",
        "models:write",
        "Let an alias stand for models, tried in order",
    ),
    Route(
        "DELETE", "/model-aliases/{alias}", "delete_model_alias", "models", "admin", "models:write", "Remove an alias"
    ),
    Route(
        "GET",
        "/model-settings",
        "get_model_settings",
        "models",
        "viewer",
        "models:read",
        "Show own prices, the ceiling and the cache of answers",
    ),
    Route(
        "PUT",
        "/model-settings",
        "put_model_settings",
        "models",
        "admin",
        "models:write",
        "Replace own prices, the ceiling and the cache of answers",
    ),
    # usage and cost
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
            _CURSOR,
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
        query=_PAGE,
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
    # what there is to build with
    Route("GET", "/node-types", "list_node_types", "catalogue", "viewer", "workflows:read", "List the node types"),
    Route(
        "POST",
        "/uploads",
        "create_upload",
        "catalogue",
        "editor",
        "uploads:write",
        "Get a place to PUT a document that runs can then name",
    ),
    # prompts
    Route(
        "GET",
        "/prompts",
        "list_prompts",
        "prompts",
        "viewer",
        "prompts:read",
        "List prompts, newest change first",
        query=(*_PAGE, Query("tag", "only prompts that have this tag")),
    ),
    Route("POST", "/prompts", "create_prompt", "prompts", "editor", "prompts:write", "Save a new prompt"),
    Route(
        "POST",
        "/prompts/validate",
        "validate_prompt",
        "prompts",
        "viewer",
        "prompts:read",
        "Check a prompt and run its tests without saving it",
    ),
    Route(
        "GET",
        "/prompts/{prompt}",
        "get_prompt",
        "prompts",
        "viewer",
        "prompts:read",
        "Show a prompt and its newest version",
    ),
    Route(
        "PUT",
        "/prompts/{prompt}",
        "save_prompt",
        "prompts",
        "editor",
        "prompts:write",
        "Save a new version, if the content is new (or create the prompt under this name)",
    ),
    Route(
        "DELETE",
        "/prompts/{prompt}",
        "delete_prompt",
        "prompts",
        "editor",
        "prompts:write",
        "Delete a prompt; the versions that runs name stay",
    ),
    Route(
        "GET",
        "/prompts/{prompt}/versions",
        "list_prompt_versions",
        "prompts",
        "viewer",
        "prompts:read",
        "List a prompt's versions, newest first",
        query=_PAGE,
    ),
    Route(
        "GET",
        "/prompts/{prompt}/versions/{version}",
        "get_prompt_version",
        "prompts",
        "viewer",
        "prompts:read",
        "Show one version of a prompt",
    ),
    Route(
        "GET",
        "/prompts/{prompt}/diff",
        "compare_prompt_versions",
        "prompts",
        "viewer",
        "prompts:read",
        "Compare two versions of a prompt",
        query=(
            Query("from", "the older version; left out: the one before `to`", "integer", minimum=1),
            Query("to", "the newer version; left out: the newest", "integer", minimum=1),
        ),
    ),
    Route(
        "GET",
        "/prompts/{prompt}/labels",
        "list_prompt_labels",
        "prompts",
        "viewer",
        "prompts:read",
        "List who moved which label of a prompt when, newest first",
        query=_PAGE,
    ),
    Route(
        "PUT",
        "/prompts/{prompt}/labels/{label}",
        "set_prompt_label",
        "prompts",
        "editor",
        "prompts:write",
        "Point a label, such as `production`, at a version",
    ),
    Route(
        "POST",
        "/prompts/{prompt}/rollback",
        "rollback_prompt",
        "prompts",
        "editor",
        "prompts:write",
        "Point a label back at the version that it meant before",
    ),
    Route(
        "POST",
        "/prompts/{prompt}/render",
        "render_prompt",
        "prompts",
        "viewer",
        "prompts:read",
        "Fill in a prompt's variables",
    ),
    # the service itself
    Route("GET", "/health", "health", "service", "public", None, "Say whether the API answers"),
    Route(
        "GET", "/health/detailed", "health_detailed", "service", "public", None, "Check everything the API depends on"
    ),
    Route("GET", "/info", "info", "service", "public", None, "Say what this is and which version"),
    Route("GET", "/openapi.json", "openapi", "service", "public", None, "The OpenAPI document of this API"),
    Route("GET", "/swagger-ui", "swagger_ui", "service", "public", None, "Try the API in the browser"),
    Route("GET", "/swagger-ui/{asset}", "swagger_asset", "service", "public", None, "A file of Swagger UI"),
)

BY_NAME: dict[str, Route] = {route.name: route for route in ROUTES}

SCOPES: tuple[str, ...] = tuple(sorted({route.scope for route in ROUTES if route.scope not in (None, "*")}))
"""Every scope an API key can have, besides `*` for all of them."""


def role_allows(roles: tuple[str, ...], least: Role) -> bool:
    """Say whether any of the roles is at least `least`."""
    rank = {role: number for number, role in enumerate(ROLES)}
    return max((rank.get(role, 0) for role in roles), default=0) >= rank[least]  # type: ignore[call-overload]


def scope_allows(scopes: tuple[str, ...], needed: str | None) -> bool:
    """Say whether the scopes cover `needed`; `*` covers all, `x:write` covers `x:read`, a route without one nobody."""
    if "*" in scopes:
        return True
    if needed is None:
        return False
    if needed == "*":
        return bool(scopes)
    noun, _, verb = needed.partition(":")
    return needed in scopes or (verb == "read" and f"{noun}:write" in scopes)
