"""Every example by the name of its route."""

from typing import Any

from heddle.runtime.api.samples import (
    analyses,
    api_keys,
    approvals,
    auth,
    budgets,
    dead_letters,
    documents,
    events,
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
    workflows,
)

EXAMPLES: dict[str, dict[str, Any]] = {
    **auth.EXAMPLES,
    **api_keys.EXAMPLES,
    **approvals.EXAMPLES,
    **dead_letters.EXAMPLES,
    **budgets.EXAMPLES,
    **analyses.EXAMPLES,
    **documents.EXAMPLES,
    **events.EXAMPLES,
    **meta.EXAMPLES,
    **models.EXAMPLES,
    **plugins.EXAMPLES,
    **prompts.EXAMPLES,
    **providers.EXAMPLES,
    **runs.EXAMPLES,
    **streams.EXAMPLES,
    **triggers.EXAMPLES,
    **uploads.EXAMPLES,
    **usage.EXAMPLES,
    **messages.EXAMPLES,
    **notifications.EXAMPLES,
    **rules.EXAMPLES,
    **workflows.EXAMPLES,
}
"""Route name to its example `request` and `response`."""
