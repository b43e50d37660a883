"""Every body by the name of its route: for the OpenAPI document and for tests."""

from heddle.runtime.api.bodies import (
    api_keys,
    approvals,
    auth,
    budgets,
    models,
    prompts,
    providers,
    runs,
    uploads,
    usage,
    workflows,
)
from heddle.runtime.api.bodies.body import Body

BODIES: dict[str, type[Body]] = {
    **auth.BODIES,
    **api_keys.BODIES,
    **approvals.BODIES,
    **budgets.BODIES,
    **models.BODIES,
    **prompts.BODIES,
    **providers.BODIES,
    **runs.BODIES,
    **uploads.BODIES,
    **usage.BODIES,
    **workflows.BODIES,
}
"""Route name to the body it takes."""

OPTIONAL = frozenset(
    {"logout", "execute_workflow", "cancel_run", "retry_run", "resume_run", "stop_ai", "resume_ai", "forecast_workflow"}
)
"""Routes that answer without a body as well."""
