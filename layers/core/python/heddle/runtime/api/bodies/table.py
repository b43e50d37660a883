"""Every body by the name of its route: for the OpenAPI document and for tests."""

from heddle.runtime.api.bodies import (
    analyses,
    api_keys,
    approvals,
    auth,
    batches,
    budgets,
    documents,
    events,
    models,
    notifications,
    plugins,
    prompts,
    providers,
    rules,
    runs,
    triggers,
    uploads,
    usage,
    webhooks,
    workflows,
)
from heddle.runtime.api.bodies.body import Body

BODIES: dict[str, type[Body]] = {
    **auth.BODIES,
    **api_keys.BODIES,
    **approvals.BODIES,
    **budgets.BODIES,
    **analyses.BODIES,
    **batches.BODIES,
    **documents.BODIES,
    **events.BODIES,
    **models.BODIES,
    **plugins.BODIES,
    **prompts.BODIES,
    **providers.BODIES,
    **runs.BODIES,
    **triggers.BODIES,
    **webhooks.BODIES,
    **uploads.BODIES,
    **usage.BODIES,
    **notifications.BODIES,
    **rules.BODIES,
    **workflows.BODIES,
}
"""Route name to the body it takes."""

OPTIONAL = frozenset(
    {
        "ingest_document",
        "enable_plugin",
        "disable_plugin",
        "reload_plugin",
        "logout",
        "execute_workflow",
        "cancel_run",
        "retry_run",
        "resume_run",
        "stop_ai",
        "resume_ai",
        "forecast_workflow",
        "fire_trigger",
        "test_trigger",
        "rotate_trigger_secret",
        "rotate_webhook_secret",
    }
)
"""Routes that answer without a body as well."""
