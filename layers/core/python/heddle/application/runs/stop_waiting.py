"""End what a run waits for, once it was told to stop or has ended: approvals, sub-runs, and the strands behind them."""

from collections.abc import Iterator
from dataclasses import dataclass

from heddle.application.execution.session import RunLog
from heddle.application.ports.callbacks import CallbackStore, Waker
from heddle.application.runs.names import callback_key, child_run_id
from heddle.domain.engine import commands
from heddle.domain.engine.plan import Plan
from heddle.domain.engine.state import CANCELLED, HOLD, SCHEDULED, WAITING, NodeState, RunState
from heddle.domain.events.envelope import Metadata
from heddle.errors import NotFound


@dataclass(frozen=True)
class StopWaiting:
    """Wake every strand that waits for a callback, so that it finds out, and cancel the sub-runs that are open.

    Safe to repeat: a token wakes once, and a cancelled sub-run stays cancelled. Sub-runs of sub-runs go the same way,
    depth first.
    """

    runs: RunLog
    callbacks: CallbackStore
    waker: Waker

    def __call__(self, tenant: str, run_id: str, *, at: str, metadata: Metadata) -> None:
        """Stop the waiting nodes of a run that was told to stop, or has ended."""
        session = self.runs.open(tenant, run_id, metadata)
        for node_id, node, item in _stopped(session.plan, session.state):
            key = callback_key(node_id, item)
            callback = self.callbacks.get(tenant, run_id, key)
            if callback is not None:
                if callback.token is not None:
                    self.waker.wake(callback.token)
                self.callbacks.delete(tenant, run_id, key)
            if session.plan.nodes[node_id].type == "workflow":
                child = child_run_id(run_id, node_id, node.attempt, item)
                self._cancel_child(tenant, child, run_id, at, metadata)

    def _cancel_child(self, tenant: str, child: str, parent: str, at: str, metadata: Metadata) -> None:
        command = commands.CancelRun(f"its parent run {parent} stopped", metadata.principal, at)
        try:
            self.runs.change(tenant, child, command, metadata=metadata)
        except NotFound:  # the strand was stopped before it asked for the sub-run
            return
        self(tenant, child, at=at, metadata=metadata)


def _stopped(plan: Plan, state: RunState) -> Iterator[tuple[str, NodeState, int | None]]:
    """Yield what waited: node, its state, and the item if the node runs for each of a list."""
    for node_id, node in state.nodes.items():
        waits = plan.nodes[node_id].host == "callback" or node.kind == HOLD
        if node.status not in (SCHEDULED, WAITING, CANCELLED) or not waits:
            continue
        if node.items is None:
            yield node_id, node, None
        else:
            for item in range(node.items.count):
                if item not in node.items.results:
                    yield node_id, node, item
