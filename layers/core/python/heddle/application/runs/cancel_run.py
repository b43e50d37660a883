"""Ask a run to stop: nothing new starts, what waits is ended now, what is at work ends by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from heddle.application.execution.session import RunLog
from heddle.application.runs.stop_waiting import StopWaiting
from heddle.domain.engine import commands
from heddle.domain.engine.state import CANCELLED, RunState
from heddle.domain.events.envelope import Metadata
from heddle.errors import Conflict


@dataclass(frozen=True)
class CancelRun:
    """Append the request to stop (and the end, if nothing is at work), then end what the run waits for."""

    runs: RunLog
    stop_waiting: StopWaiting
    now: Callable[[], datetime]

    def __call__(self, tenant: str, run_id: str, *, reason: str, principal: str, correlation_id: str) -> str:
        """Return the run's status: `cancelling` or `cancelled`; asking twice changes nothing.

        Raises NotFound, and Conflict `run_ended` for a run that succeeded or failed.
        """
        at = self.now().isoformat()

        def command(state: RunState) -> commands.CancelRun | None:
            if state.status == CANCELLED:
                return None
            if state.ended:
                raise Conflict(f"the run has {state.status} already", code="run_ended", status=state.status)
            return commands.CancelRun(reason, principal, at)

        metadata = Metadata(correlation_id, None, principal)
        state = self.runs.change(tenant, run_id, command, metadata=metadata)
        self.stop_waiting(tenant, run_id, at=at, metadata=metadata)
        return state.status
