"""Let a run that failed, was cancelled or lost its execution go on from where it stopped."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from heddle.application.execution.session import RunLog
from heddle.application.execution.step import RunRef
from heddle.application.ports.dispatch import Orchestrator, TaskQueue
from heddle.application.runs.lives import EXPRESS_WATCH_SECONDS, lives, on_express
from heddle.domain.engine import commands
from heddle.domain.engine.state import CANCELLED, FAILED, RunState
from heddle.domain.events.envelope import Metadata
from heddle.errors import Conflict


@dataclass(frozen=True)
class ResumeRun:
    """Append RunResumed and put the run into the task queue, the one entrance.

    Nodes that completed keep their outputs; those that failed or were cancelled get a fresh attempt. An open run that
    no execution carries any more is put there as it is, to be taken up by another execution.
    """

    runs: RunLog
    queue: TaskQueue
    orchestrator: Orchestrator
    now: Callable[[], datetime]

    def __call__(self, tenant: str, run_id: str, *, principal: str, correlation_id: str) -> str:
        """Return the run's status as its user sees it: `queued`, or of an open run the status that it keeps.

        Resuming a run that was resumed before and still goes on only sends it again: the first request may have died
        on its way to the queue. Raises NotFound, and Conflict `run_not_resumable` for a run that succeeded, or waits
        for its turn, or is carried by an execution.
        """
        stopped = False

        def command(state: RunState) -> commands.ResumeRun | None:
            nonlocal stopped
            stopped = state.status in (FAILED, CANCELLED)
            if stopped:
                return commands.ResumeRun(principal, self.now().isoformat())
            if state.ended:
                raise _refusal(state, "only one that failed, was cancelled or lost its execution can go on")
            return None

        state = self.runs.change(tenant, run_id, command, metadata=Metadata(correlation_id, None, principal))
        lost = not stopped and self._is_lost(run_id, state)
        if not lost and not state.resumed:
            raise _refusal(state, "it goes on by itself")
        reason = "watch" if lost else "resumed"
        run: RunRef = {"tenant": tenant, "id": run_id, "correlation_id": correlation_id}
        self.queue.send(run, reason=reason, priority=state.priority)
        return state.status if lost else "queued"

    def _is_lost(self, run_id: str, state: RunState) -> bool:
        """Whether an open run has begun, and nothing is known that carries it.

        Who takes it up looks again, so a run that is called lost by mistake is not carried twice.
        """
        if state.mode == "inline":
            return state.started_at is not None  # nobody can ask; a copy beside the first one finds all it did
        found = [running for _, running in lives(self.orchestrator, run_id, state)]
        if any(found):
            return False
        if found != [None]:
            return True  # each of its executions has ended
        if state.started_at is None or (state.resumed and not state.continued):
            return False  # still in the queue, or parked
        over = datetime.fromisoformat(state.started_at) + timedelta(seconds=EXPRESS_WATCH_SECONDS)
        return self.now() >= over if on_express(state) else True


def _refusal(state: RunState, why: str) -> Conflict:
    return Conflict(f"the run is {state.status}: {why}", code="run_not_resumable", status=state.status)
