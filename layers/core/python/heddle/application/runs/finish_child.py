"""A sub-run ended: its parent's node gets the output, and the strand that waits for it goes on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from heddle.application.execution.session import RunLog
from heddle.application.execution.settle import Outcome, settle_node
from heddle.application.ports.callbacks import CallbackStore, Waker
from heddle.application.runs.names import callback_key, child_run_id
from heddle.domain.engine.state import SUCCEEDED, RunState
from heddle.domain.events.envelope import Metadata

SUBRUN_FAILED = "subrun_failed"


@dataclass(frozen=True)
class FinishChild:
    """Append the child's result to its parent first, then wake; both may happen twice without harm."""

    runs: RunLog
    callbacks: CallbackStore
    waker: Waker
    now: Callable[[], datetime]

    def __call__(self, tenant: str, child_id: str, *, correlation_id: str) -> bool:
        """Hand the child's result over; False if it is nobody's child, has not ended, or its parent went on without."""
        metadata = Metadata(correlation_id, causation_id=child_id)
        child = self.runs.open(tenant, child_id, metadata).state
        parent_id, node_id, item = child.parent_run_id, child.parent_node_id, child.parent_item
        if parent_id is None or node_id is None or not child.ended:
            return False
        attempt = self.runs.open(tenant, parent_id, metadata).state.node(node_id).attempt
        if child_run_id(parent_id, node_id, attempt, item) == child_id:  # else a later attempt has a child of its own
            settle_node(
                self.runs,
                tenant,
                parent_id,
                node_id,
                _outcome(child_id, child),
                now=self.now(),
                metadata=metadata,
                item=item,
                attempt=attempt,
                started_at=child.requested_at,
            )
        key = callback_key(node_id, item)
        callback = self.callbacks.get(tenant, parent_id, key)
        if callback is None or callback.details.get("run_id") != child_id:
            return False
        if callback.token is not None:
            self.waker.wake(callback.token)
        self.callbacks.delete(tenant, parent_id, key)
        return True


def _outcome(child_id: str, child: RunState) -> Outcome:
    if child.status == SUCCEEDED:
        return Outcome(child.output, usage=dict(child.usage))
    if child.error is not None:
        why = f"failed: {child.error['code']}: {child.error['message']}"
    else:
        why = f"was cancelled: {child.cancel_reason or 'no reason was given'}"
    return Outcome(error={"code": SUBRUN_FAILED, "message": f"the sub-run {child_id} {why}"}, usage=dict(child.usage))
