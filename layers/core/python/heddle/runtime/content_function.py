"""What every step of an ingest has in common: its log line, and the two names of its errors."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from heddle.application.ports.ingests import IngestJob
from heddle.errors import HeddleError
from heddle.runtime.errors import as_machine_error
from heddle.runtime.logging import bind

Step = Callable[[IngestJob, dict[str, Any], Any], dict[str, Any]]
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def ingest_step(step: Step) -> Handler:
    """Wrap (job, event, context) → answer as a handler of events that have a `job`."""

    @wraps(step)
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        job = IngestJob.from_json(event["job"])
        log = bind(None, context)
        log.append_keys(tenant=job.tenant, correlation_id=job.correlation_id)
        begun = time.perf_counter()
        facts = {"document": job.document_id, "version": job.version, "ingest": job.id}
        try:
            answer = step(job, event, context)
        except HeddleError as error:
            log.warning("ingest step failed", code=error.code, error=error.message, **facts)
            raise as_machine_error(error) from error
        log.info("ingest step", duration_ms=round((time.perf_counter() - begun) * 1000, 1), **(answer | facts))
        return answer

    return handler
