"""Make vectors of some of a tenant's chunks by another model; change over when none is left.

Trigger: state machine reembed_documents, state Embed
In:      {tenant, model, principal, id}
Out:     {finished, done}
"""

from functools import cache
from typing import Any

from heddle.application.documents.reembed import ReembedStep
from heddle.errors import HeddleError
from heddle.runtime.content import ReembedSettings, reembed_of
from heddle.runtime.errors import as_machine_error
from heddle.runtime.logging import bind


@cache
def reembed() -> ReembedStep:
    """Build the use case once per sandbox; tests put their own in its place."""
    return reembed_of(ReembedSettings.load())


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do some batches."""
    log = bind(None, context)
    log.append_keys(tenant=event["tenant"], correlation_id=event["id"])
    try:
        left = context.get_remaining_time_in_millis() / 1000
        answer = reembed()(event["tenant"], event["model"], event["principal"], event["id"], seconds=left)
    except HeddleError as error:
        log.warning("re-embedding failed", code=error.code, error=error.message)
        raise as_machine_error(error) from error
    log.info("re-embedding", **answer)
    return answer
