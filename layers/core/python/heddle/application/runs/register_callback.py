"""A strand waits for the outside: keep its task token, and start the sub-run it may wait for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from heddle.application.execution.payloads import check_out
from heddle.application.execution.session import RunLog
from heddle.application.execution.step import Work
from heddle.application.ports.blobs import BlobStore
from heddle.application.ports.callbacks import Callback, CallbackStore, Waker
from heddle.application.runs.finish_child import FinishChild
from heddle.application.runs.free_slot import FreeSlot
from heddle.application.runs.names import callback_key, child_run_id
from heddle.application.runs.request_run import Parent, RequestRun
from heddle.domain.engine import commands
from heddle.domain.engine.state import HOLD, WAITING, NodeState, RunState
from heddle.domain.events.envelope import Metadata
from heddle.domain.nodes.waiting import sub_run_request
from heddle.errors import HeddleError

MAX_DEPTH = 10
"""How deep sub-runs may nest: a workflow that runs itself ends here instead of never."""

SUBRUN_TOO_DEEP = "WF_SUBRUN_TOO_DEEP"


@dataclass(frozen=True)
class RegisterCallback:
    """Keep the token, then look whether there is still something to wait for.

        token kept ── settled meanwhile? ── yes: wake at once, forget the token
                                         └─ no:  whoever settles the node finds the token and wakes

    In this order no settlement falls between two chairs. A redelivery brings a new token, which replaces the old one,
    and asks for the same sub-run again: its id is worked out from the attempt. `waiting_config` is the kernel's.
    """

    runs: RunLog
    blobs: BlobStore
    callbacks: CallbackStore
    waker: Waker
    request: RequestRun
    finish_child: FinishChild
    free_slot: FreeSlot
    waiting_config: Callable[[Work], Mapping[str, Any]]
    now: Callable[[], datetime]

    def __call__(self, work: Work, token: str) -> None:
        """Register the strand's token for the node of the work. Safe to repeat, with any token."""
        run, node_id, item = work["run"], work["node"], work.get("start")
        tenant, run_id = run["tenant"], run["id"]
        metadata = Metadata(run["correlation_id"])
        session = self.runs.open(tenant, run_id, metadata)
        node, kind = session.state.node(node_id), session.plan.nodes[node_id].type
        config = self._config(work, node)
        details = dict(config)
        if node.kind == HOLD:
            kind = "approval"  # what is held stands in the same list as what was asked on purpose
        if kind == "workflow":
            details = {
                "workflow_id": config.get("workflow_id"),
                "run_id": child_run_id(run_id, node_id, node.attempt, item),
            }
        callback = Callback(
            tenant=tenant,
            run_id=run_id,
            node_id=callback_key(node_id, item),
            attempt=node.attempt,
            kind=kind,
            token=token,
            created_at=self.now().isoformat(),
            expires_at=node.until,
            details=details,
        )
        self.callbacks.put(callback)
        state = self.runs.open(tenant, run_id, metadata).state
        if not _still_waits(state, node_id, item, work.get("attempt", node.attempt)):
            self._wake(callback)
        elif kind == "workflow":
            self._start_child(work, state, state.node(node_id), config, callback)
        elif not any(state.nodes[open_node].status != WAITING for open_node in state.open):
            # Nothing of the run is at work: days of waiting for a person must not keep the tenant's other runs out.
            self.free_slot(tenant, run_id)

    def _config(self, work: Work, node: NodeState) -> Mapping[str, Any]:
        """Return what the node was asked, as rendered when it began to wait; an item's is rendered from its item."""
        if "start" in work:
            return self.waiting_config(work)
        config: Mapping[str, Any] = check_out(self.blobs, work["run"]["tenant"], node.details) or {}
        return config

    def _start_child(
        self, work: Work, state: RunState, node: NodeState, config: Mapping[str, Any], callback: Callback
    ) -> None:
        run, item = work["run"], work.get("start")
        try:
            if state.depth >= MAX_DEPTH:
                raise HeddleError(f"sub-runs may nest {MAX_DEPTH} deep at most", code=SUBRUN_TOO_DEEP)
            wanted = sub_run_request(config)
            child_id = child_run_id(run["id"], work["node"], node.attempt, item)
            self.request(
                run["tenant"],
                wanted.workflow_id,
                wanted.input,
                principal=f"run:{run['id']}",
                correlation_id=run["correlation_id"],
                version=wanted.version,
                live=state.live,
                budget_usd=state.budget_usd,
                trigger="run",
                priority=state.priority,
                parent=Parent(
                    run["id"],
                    work["node"],
                    state.depth + 1,
                    item,
                    requested_by=state.requested_by,
                    root_run_id=state.root_run_id or run["id"],
                ),
                run_id=child_id,
            )
        except HeddleError as error:
            if error.retryable:
                raise
            self._refuse(work, node, error)
            self._wake(callback)
            return
        # A repeated registration may come after the child's end, when nobody is left to wake this token.
        self.finish_child(run["tenant"], child_id, correlation_id=run["correlation_id"])

    def _refuse(self, work: Work, node: NodeState, error: HeddleError) -> None:
        """Fail the node (or the item) whose sub-run cannot be."""
        run, node_id, item, at = work["run"], work["node"], work.get("start"), self.now().isoformat()
        command: commands.RunCommand
        if item is None:
            command = commands.FailNode(node_id, node.attempt, error.code, error.message, False, at)
        else:
            facts = {"code": error.code, "message": error.message}
            command = commands.CompleteItems(
                node_id, node.attempt, item, item + 1, [{"error": facts}], at, error={**facts, "item": item}
            )
        self.runs.change(run["tenant"], run["id"], command, metadata=Metadata(run["correlation_id"]))

    def _wake(self, callback: Callback) -> None:
        if callback.token is not None:
            self.waker.wake(callback.token)
        self.callbacks.delete(callback.tenant, callback.run_id, callback.node_id)


def _still_waits(state: RunState, node_id: str, item: int | None, attempt: int) -> bool:
    node = state.node(node_id)
    if state.ended or state.status == "cancelling" or node.attempt != attempt:
        return False
    if item is not None:
        return node.items is not None and item not in node.items.results
    return node.status == WAITING
