"""Let a run that failed or was cancelled go on from where it stopped."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from heddle.application.execution.session import RunLog
from heddle.application.ports.dispatch import TaskQueue
from heddle.domain.engine import commands
from heddle.domain.engine.state import CANCELLED, FAILED, RunState
from heddle.domain.events.envelope import Metadata
from heddle.errors import Conflict


@dataclass(frozen=True)
class ResumeRun:
    """Append RunResumed and put the run into the task queue, the one entrance.

    Nodes that completed keep their outputs; those that failed or were cancelled get a fresh attempt.
    """

    runs: RunLog
    queue: TaskQueue
    now: Callable[[], datetime]

    def __call__(self, tenant: str, run_id: str, *, principal: str, correlation_id: str) -> str:
        """Return the run's status as its user sees it.

        Resuming a run that was resumed before and still goes on only sends it again: the first request may have died
        on its way to the queue. Raises NotFound, and Conflict `run_not_resumable`.
        """

        def command(state: RunState) -> commands.ResumeRun | None:
            if state.status in (FAILED, CANCELLED):
                return commands.ResumeRun(principal, self.now().isoformat())
            if state.resumed > 0 and not state.ended:
                return None
            raise Conflict(
                f"only a run that failed or was cancelled can go on; this one is {state.status}",
                code="run_not_resumable",
                status=state.status,
            )

        self.runs.change(tenant, run_id, command, metadata=Metadata(correlation_id, None, principal))
        self.queue.send({"tenant": tenant, "id": run_id, "correlation_id": correlation_id}, reason="resumed")
        return "queued"
