"""A run ended, or rests for long: its slot goes to the next one; and what an ended run still waits for ends."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from heddle.application.execution.session import RunLog
from heddle.application.ports.dispatch import Orchestrator
from heddle.application.runs.free_slot import FreeSlot
from heddle.application.runs.lives import lives
from heddle.application.runs.stop_waiting import StopWaiting
from heddle.domain.engine.state import RUNNING, SUCCEEDED, WAITING, RunState
from heddle.domain.engine.times import seconds_between
from heddle.domain.events.envelope import Metadata

LONG_SECONDS = 60.0
"""A shorter delay is not worth a change of turns."""


@dataclass(frozen=True)
class ReleaseRun:
    """React to the end of a run, or to a delay in it, at least once.

    A run that failed or was cancelled may leave strands behind that wait for a timer, an approval or a sub-run, for
    days: they cost nothing but hide what is going on, so they are ended here.
    """

    runs: RunLog
    free_slot: FreeSlot
    stop_waiting: StopWaiting
    orchestrator: Orchestrator
    now: Callable[[], datetime]

    def __call__(self, tenant: str, run_id: str, *, correlation_id: str) -> str | None:
        """Release the run; returns the id of the run that was called in. A run that is at work keeps its slot."""
        metadata = Metadata(correlation_id)
        state = self.runs.open(tenant, run_id, metadata).state
        if not state.ended:
            return self.free_slot(tenant, run_id) if _rests(state, self.now().isoformat()) else None
        called_in = self.free_slot(tenant, run_id)
        if state.status != SUCCEEDED:
            self.stop_waiting(tenant, run_id, at=self.now().isoformat(), metadata=metadata)
            if state.mode != "inline" and state.started_at is not None:
                for name, running in lives(self.orchestrator, run_id, state):
                    if running:
                        self.orchestrator.stop(name, cause=f"the run has {state.status}")
        return called_in


def _rests(state: RunState, at: str) -> bool:
    """Tell whether nothing of the run is at work, nor will be for a while. Who waits for a sub-run is at work in it."""
    waiting = [state.nodes[node] for node in state.open]
    return (
        state.status == RUNNING
        and bool(waiting)
        and all(
            node.status == WAITING
            and node.kind in ("delay", "approval")
            and (node.until is None or seconds_between(at, node.until) > LONG_SECONDS)
            for node in waiting
        )
    )
