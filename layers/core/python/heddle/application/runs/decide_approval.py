"""A person decides what an approval node waits for, or whether a node that is held may go on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from heddle import records
from heddle.application.execution.payloads import check_out
from heddle.application.execution.session import RunLog
from heddle.application.ports.blobs import BlobStore
from heddle.application.ports.callbacks import CallbackStore, Waker
from heddle.domain.engine import commands
from heddle.domain.engine.state import COMPLETED, HOLD, WAITING, NodeState, RunState
from heddle.domain.engine.times import seconds_between
from heddle.domain.events.envelope import Metadata
from heddle.errors import Conflict, NotFound


@records.dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, by whom and when."""

    run_id: str
    node_id: str
    decision: Literal["approve", "reject"]
    comment: str
    by: str
    at: str


class Allow(Protocol):
    """Makes room for what a held node is about to do."""

    def __call__(self, tenant: str, details: Mapping[str, Any], *, by: str, correlation_id: str) -> None:
        """Do it once for each hold; `details` is what the node said of itself."""
        ...


@dataclass(frozen=True)
class DecideApproval:
    """Append the decision to the run first, then wake the strand that waits for it.

    In this order nothing is lost: a strand that is not woken (the token was not registered yet, or this process died)
    finds the decision in the history, and a repeated decision wakes it again.

    `allow(tenant, details, by=…)` makes room for what a held node is about to do (raises a budget, say), before the
    node is begun again; told twice of the same hold it does so once.
    """

    runs: RunLog
    blobs: BlobStore
    callbacks: CallbackStore
    waker: Waker
    now: Callable[[], datetime]
    allow: Allow

    def __call__(
        self,
        tenant: str,
        run_id: str,
        node_id: str,
        *,
        decision: Literal["approve", "reject"],
        comment: str,
        by: str,
        correlation_id: str,
        may: Callable[[Sequence[str]], None],
    ) -> Decision:
        """Return the decision as recorded.

        `may` gets the roles of which the person needs one, and raises to refuse. It is asked by what the run itself
        says, because what waits may not stand in the list of approvals yet. Raises NotFound for an unknown run or node,
        Conflict `approval_decided` with the first decision in details["first"], and Conflict `approval_not_waiting`.
        """
        metadata = Metadata(correlation_id, None, by)
        session = self.runs.open(tenant, run_id, metadata)
        planned, held = session.plan.nodes.get(node_id), session.state.node(node_id)
        if planned is not None and held.status == WAITING and (planned.type == "approval" or held.kind == HOLD):
            details = check_out(self.blobs, tenant, held.details) or {}
            may(list(details.get("approvers") or ("editor",)))
        if planned is not None and held.kind == HOLD:
            return self._held(tenant, run_id, node_id, held, decision, comment, metadata)
        if planned is None or planned.type != "approval":
            if planned is not None:  # it was held, perhaps, and whoever allowed it died before waking it
                self._wake(tenant, run_id, node_id, metadata)
            message = f"this run has no approval {node_id!r}, or it was held and is not any more"
            raise NotFound(message, code="approval_not_found", node_id=node_id)
        callback = self.callbacks.get(tenant, run_id, node_id)
        at = self.now().isoformat()
        created_at = callback.created_at if callback else at
        output = {
            "approved": decision == "approve",
            "decision": decision,
            "comment": comment,
            "by": by,
            "at": at,
            "timed_out": False,
        }

        def command(state: RunState) -> commands.CompleteNode:
            attempt = _waiting_attempt(state, node_id)
            took = round(seconds_between(created_at, at) * 1000, 3)
            return commands.CompleteNode(node_id, attempt, output, created_at, at, took)

        try:
            self.runs.change(tenant, run_id, command, metadata=metadata)
        finally:
            # Also when it was decided before: the one who decided may have died before waking the strand.
            self._wake(tenant, run_id, node_id, metadata)
        return Decision(run_id, node_id, decision, comment, by, at)

    def _held(
        self,
        tenant: str,
        run_id: str,
        node_id: str,
        held: NodeState,
        decision: Literal["approve", "reject"],
        comment: str,
        metadata: Metadata,
    ) -> Decision:
        by, at, facts = metadata.principal, self.now().isoformat(), (held.details or {}).get("details") or {}
        if held.status == WAITING and decision == "approve":
            self.allow(tenant, facts, by=by, correlation_id=metadata.correlation_id)

        def command(state: RunState) -> commands.RunCommand:
            attempt = _waiting_attempt(state, node_id)
            said = f": {comment}" if comment else ""
            if decision == "approve":
                return commands.AllowNode(node_id, attempt, f"allowed by {by}{said}", at)
            code, message = "approval_rejected", f"rejected by {by}{said}"
            return commands.FailNode(node_id, attempt, code, message, False, at, final=True)

        try:
            self.runs.change(tenant, run_id, command, metadata=metadata)
        finally:
            self._wake(tenant, run_id, node_id, metadata)
        return Decision(run_id, node_id, decision, comment, by, at)

    def _wake(self, tenant: str, run_id: str, node_id: str, metadata: Metadata) -> None:
        callback = self.callbacks.get(tenant, run_id, node_id)
        if callback is None or self.runs.open(tenant, run_id, metadata).state.node(node_id).status == WAITING:
            return
        if callback.token is not None:
            self.waker.wake(callback.token)
        self.callbacks.delete(tenant, run_id, node_id)


def _waiting_attempt(state: RunState, node_id: str) -> int:
    """Return the attempt at the approval that waits; refuse if none does."""
    node = state.node(node_id)
    if node.status == WAITING and not state.ended:
        return node.attempt
    if node.status == COMPLETED and isinstance(node.output, dict) and "decision" in node.output:
        first: dict[str, Any] = node.output
        who = first.get("by") or "nobody (its time was up)"
        raise Conflict(
            f"{who} decided already: {first['decision']}, at {first.get('at')}", code="approval_decided", first=first
        )
    raise Conflict(f"this approval does not wait: it is {node.status}", code="approval_not_waiting")
