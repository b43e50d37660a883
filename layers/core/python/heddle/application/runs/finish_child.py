"""A sub-run ended: its parent's node gets the output, and the strand that waits for it goes on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from heddle.application.execution.session import RunLog
from heddle.application.ports.callbacks import CallbackStore, Waker
from heddle.application.runs.names import callback_key, child_run_id
from heddle.domain.engine import commands
from heddle.domain.engine.state import SUCCEEDED, WAITING, RunState
from heddle.domain.engine.times import seconds_between
from heddle.domain.events.envelope import Metadata

SUBRUN_FAILED = "subrun_failed"


@dataclass(frozen=True)
class FinishChild:
    """Append the child's result to its parent first, then wake; both may happen twice without harm."""

    runs: RunLog
    callbacks: CallbackStore
    waker: Waker
    now: Callable[[], datetime]
    chance: Callable[[], float]

    def __call__(self, tenant: str, child_id: str, *, correlation_id: str) -> bool:
        """Hand the child's result over; False if it is nobody's child, has not ended, or its parent went on without."""
        metadata = Metadata(correlation_id, causation_id=child_id)
        child = self.runs.open(tenant, child_id, metadata).state
        parent_id, node_id, item = child.parent_run_id, child.parent_node_id, child.parent_item
        if parent_id is None or node_id is None or not child.ended:
            return False
        at = self.now().isoformat()

        def command(parent: RunState) -> commands.RunCommand | None:
            node = parent.node(node_id)
            if parent.ended or child_run_id(parent_id, node_id, node.attempt, item) != child_id:
                return None  # a later attempt has a child of its own
            if item is not None and node.items is not None:
                return _item_done(child, node_id, node.attempt, item, at)
            return self._node_done(child, child_id, node_id, node.attempt, at) if node.status == WAITING else None

        self.runs.change(tenant, parent_id, command, metadata=metadata)
        key = callback_key(node_id, item)
        callback = self.callbacks.get(tenant, parent_id, key)
        if callback is None or callback.details.get("run_id") != child_id:
            return False
        if callback.token is not None:
            self.waker.wake(callback.token)
        self.callbacks.delete(tenant, parent_id, key)
        return True

    def _node_done(
        self, child: RunState, child_id: str, node_id: str, attempt: int, at: str
    ) -> commands.CompleteNode | commands.FailNode:
        if child.status == SUCCEEDED:
            took = round(seconds_between(child.requested_at, at) * 1000, 3)
            return commands.CompleteNode(
                node_id, attempt, child.output, child.requested_at, at, took, usage=dict(child.usage)
            )
        message = f"the sub-run {child_id} {_why(child)}"
        return commands.FailNode(node_id, attempt, SUBRUN_FAILED, message, False, at, self.chance())


def _item_done(child: RunState, node_id: str, attempt: int, item: int, at: str) -> commands.CompleteItems:
    if child.status == SUCCEEDED:
        results = [{"output": child.output}]
        return commands.CompleteItems(node_id, attempt, item, item + 1, results, at, dict(child.usage))
    error = {"code": SUBRUN_FAILED, "message": f"the sub-run {_why(child)}"}
    return commands.CompleteItems(
        node_id, attempt, item, item + 1, [{"error": error}], at, dict(child.usage), {**error, "item": item}
    )


def _why(child: RunState) -> str:
    if child.error is not None:
        return f"failed: {child.error['code']}: {child.error['message']}"
    return f"was cancelled: {child.cancel_reason or 'no reason was given'}"
