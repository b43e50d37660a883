"""What every function that the state machine calls has in common: its log lines and the names of its errors."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from heddle.errors import HeddleError
from heddle.runtime.errors import as_machine_error
from heddle.runtime.logging import bind

Handler = Callable[[Any, Any], Any]


def engine_function(handler: Handler) -> Handler:
    """Wrap a handler of a Work (or of {"work": Work, …}): one log line per call, errors by the two names.

    The line is written for every call, also the dull ones: a run can be followed through the logs of all functions.
    """

    @wraps(handler)
    def wrapped(event: dict[str, Any], context: Any) -> Any:
        work = event.get("work", event)
        log = bind(work["run"], context)
        begun = time.perf_counter()
        facts = {"do": work["do"], "strand": work["strand"]["id"], "node": work.get("node")}
        try:
            answer = handler(event, context)
        except HeddleError as error:
            log.warning("step failed", code=error.code, error=error.message, **facts)
            raise as_machine_error(error) from error
        took = round((time.perf_counter() - begun) * 1000, 1)
        log.info("step", next=(answer or {}).get("next"), duration_ms=took, **facts)
        return answer

    return wrapped


def seconds_left(context: Any) -> float:
    """Return how long this invocation may still take."""
    return float(context.get_remaining_time_in_millis()) / 1000
