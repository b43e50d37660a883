"""Try a run again: from where it failed, or from the start as a new run."""

from dataclasses import dataclass

from heddle.application.execution.payloads import check_out
from heddle.application.ports.blobs import BlobStore
from heddle.application.ports.events import EventStore
from heddle.application.runs.request_run import RequestedRun, RequestRun
from heddle.application.runs.resume_run import ResumeRun
from heddle.domain.events.codec import decode
from heddle.domain.events.envelope import StreamId
from heddle.domain.events.run_events import RunRequested
from heddle.errors import NotFound


@dataclass(frozen=True)
class RetryRun:
    """Resume the run in place, or request a new one of the same version and input that names it in `retry_of`."""

    events: EventStore
    blobs: BlobStore
    resume: ResumeRun
    request: RequestRun

    def __call__(
        self, tenant: str, run_id: str, *, start_over: bool, principal: str, correlation_id: str
    ) -> RequestedRun:
        """Return the run that goes on: the same, or with `start_over` a new one.

        Raises NotFound, Conflict `run_not_resumable`, and with `start_over` whatever requesting a run raises.
        """
        first = self._requested(tenant, run_id)
        if not start_over:
            status = self.resume(tenant, run_id, principal=principal, correlation_id=correlation_id)
            return RequestedRun(run_id, first.mode, "goes on in the mode it began in", status, created=False)
        return self.request(
            tenant,
            first.workflow_id,
            check_out(self.blobs, tenant, first.input),
            principal=principal,
            correlation_id=correlation_id,
            mode=first.mode,
            version=first.workflow_version,
            labels=first.labels,
            live=first.live,
            budget_usd=first.budget_usd,
            trigger="retry",
            retry_of=run_id,
            priority=first.priority,
        )

    def _requested(self, tenant: str, run_id: str) -> RunRequested:
        commit = next(iter(self.events.commits(StreamId(tenant, "run", run_id))), None)
        if commit is None:
            raise NotFound("there is no such run", code="run_not_found", run_id=run_id)
        first = commit.events[0]
        event = decode(first.type, first.data, first.schema_version)
        assert isinstance(event, RunRequested)  # always the first event of a run
        return event
