"""One logger for all functions: JSON lines that carry service, tenant, run and correlation id."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from heddle.application.execution.step import RunRef


@cache
def logger() -> Logger:
    """Return the function's logger; its level and service come from LOG_LEVEL and POWERTOOLS_SERVICE_NAME."""
    return Logger(utc=True)


def bind(run: RunRef | None, context: Any = None) -> Logger:
    """Forget what the last invocation was about and put this one's run on every line."""
    log = logger()
    log.clear_state()
    if run is not None:
        log.append_keys(tenant=run["tenant"], run_id=run["id"], correlation_id=run["correlation_id"])
    if (request_id := getattr(context, "aws_request_id", None)) is not None:
        log.append_keys(request_id=request_id)
    return log
