"""All routes, in the order in which the reference lists them."""

from heddle.runtime.api.routes import (
    analyses,
    api_keys,
    approvals,
    auth,
    batches,
    budgets,
    dead_letters,
    documents,
    events,
    hooks,
    limits,
    messages,
    meta,
    models,
    notifications,
    plugins,
    prompts,
    providers,
    rules,
    runs,
    streams,
    triggers,
    uploads,
    usage,
    webhooks,
    workflows,
)
from heddle.runtime.api.routes.route import Route

ALIAS_PREFIX = "/v1"
"""Every route answers below this prefix too; with the stage's `/api` before it that is `/api/v1`."""

ROUTES: tuple[Route, ...] = (
    *auth.ROUTES,
    *api_keys.ROUTES,
    *workflows.ROUTES,
    *runs.ROUTES,
    *streams.ROUTES,
    *triggers.ROUTES,
    *webhooks.ROUTES,
    *events.ROUTES,
    *approvals.ROUTES,
    *dead_letters.ROUTES,
    *uploads.ROUTES,
    *analyses.ROUTES,
    *documents.ROUTES,
    *batches.ROUTES,
    *plugins.ROUTES,
    *prompts.ROUTES,
    *models.ROUTES,
    *providers.ROUTES,
    *budgets.ROUTES,
    *usage.ROUTES,
    *messages.ROUTES,
    *notifications.ROUTES,
    *rules.ROUTES,
    *limits.ROUTES,
    *meta.ROUTES,
)

ELSEWHERE: tuple[Route, ...] = hooks.ROUTES
"""Routes of the same API that functions of their own answer."""

DOCUMENTED: tuple[Route, ...] = (*ROUTES, *ELSEWHERE)

BY_NAME: dict[str, Route] = {route.name: route for route in ROUTES}

SCOPES: tuple[str, ...] = tuple(sorted({route.scope for route in ROUTES if route.scope not in (None, "*")}))
"""Every scope an API key can have, besides `*` for all of them."""
