"""Every answer by the name of its route and its status."""

from heddle.runtime.api.answers import (
    analyses,
    api_keys,
    approvals,
    auth,
    budgets,
    documents,
    events,
    meta,
    models,
    prompts,
    providers,
    runs,
    streams,
    triggers,
    uploads,
    usage,
    workflows,
)
from heddle.runtime.api.answers.answer import Answers

ANSWERS: Answers = {
    **auth.ANSWERS,
    **api_keys.ANSWERS,
    **approvals.ANSWERS,
    **budgets.ANSWERS,
    **analyses.ANSWERS,
    **documents.ANSWERS,
    **events.ANSWERS,
    **meta.ANSWERS,
    **models.ANSWERS,
    **prompts.ANSWERS,
    **providers.ANSWERS,
    **runs.ANSWERS,
    **streams.ANSWERS,
    **triggers.ANSWERS,
    **uploads.ANSWERS,
    **usage.ANSWERS,
    **workflows.ANSWERS,
}
"""Route name to status to the answer's model; None: no body, or one that is not a model's."""
