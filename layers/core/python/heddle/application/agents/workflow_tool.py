"""A tool that is a workflow: the run is asked for under an id that follows from the call, and its end is waited for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from heddle.application.agents.records import ToolOutcome
from heddle.application.agents.tools import ToolUse
from heddle.application.execution.payloads import check_out
from heddle.application.ports.blobs import BlobStore
from heddle.application.ports.events import EventStore
from heddle.application.ports.models import ToolSpec
from heddle.application.runs.names import tool_run_id
from heddle.application.runs.register_callback import MAX_DEPTH, SUBRUN_TOO_DEEP
from heddle.application.runs.request_run import Parent, RequestRun
from heddle.domain.engine.usage import COST, add_usage
from heddle.domain.events.envelope import Event, StreamId
from heddle.domain.nodes.spec import Evaluate, NodeTask
from heddle.errors import NodeError

ANSWER_MARGIN = 0.9
"""The share of a tool's time after which it says that the run is not done, rather than being left behind."""

_FIRST_LOOK, _SLOWER, _LONGEST_LOOK = 0.25, 1.6, 5.0
_ENDS = frozenset({"RunSucceeded", "RunFailed", "RunTimedOut", "RunCancelled"})
_CODES = {"RunCancelled": "run_cancelled", "RunTimedOut": "run_timed_out"}


@dataclass(frozen=True)
class WorkflowTool:
    """Runs a workflow. A call that is made again, after a crash, finds the run of the first one."""

    spec: ToolSpec
    workflow_id: str
    version: int | None
    input: Any
    task: NodeTask
    evaluate: Evaluate
    request: RequestRun
    events: EventStore
    blobs: BlobStore
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    once: bool = False

    def call(self, use: ToolUse) -> ToolOutcome:
        """Return the run's output, or what became of it, see Tool."""
        began, task = self.monotonic(), self.task
        if task.depth >= MAX_DEPTH:
            raise NodeError(f"runs may nest {MAX_DEPTH} deep at most", code=SUBRUN_TOO_DEEP)
        run_id = tool_run_id(task.run_id, task.node_id, task.item_index, use.step, use.call_id)
        args = {"args": use.arguments}
        self.request(
            task.tenant,
            str(self.evaluate(self.workflow_id, {})),
            self.evaluate(self.input, args),
            principal=f"run:{task.run_id}",
            correlation_id=task.correlation_id,
            version=self.version,
            budget_usd=task.run_budget,
            priority=task.run_priority,
            trigger="run",
            # Nobody wakes a parent that has no callback: the run is only counted to the tree, its budget and its depth.
            parent=Parent(
                task.run_id,
                task.node_id,
                task.depth + 1,
                task.item_index,
                requested_by=task.principal,
                root_run_id=task.root_run_id or task.run_id,
            ),
            run_id=run_id,
        )
        return self._wait(run_id, began + use.seconds * ANSWER_MARGIN)

    def _wait(self, run_id: str, until: float) -> ToolOutcome:
        stream = StreamId(self.task.tenant, "run", run_id)
        seen: list[Event] = []
        pause = _FIRST_LOOK
        while True:
            seen += self.events.read(stream, after=seen[-1].version if seen else 0).events
            if seen and seen[-1].type in _ENDS:
                return self._outcome(run_id, seen)
            if self.monotonic() + pause >= until:
                message = "the run is not done yet; it goes on, and what it gives is not waited for"
                return ToolOutcome({"error": "tool_timeout", "run_id": run_id, "message": message}, True)
            self.sleep(pause)
            pause = min(pause * _SLOWER, _LONGEST_LOOK)

    def _outcome(self, run_id: str, seen: list[Event]) -> ToolOutcome:
        last, usage = seen[-1], _cost(seen)
        if last.type == "RunSucceeded":
            return ToolOutcome(check_out(self.blobs, self.task.tenant, last.data["output"]), usage=usage)
        code = last.data.get("code", _CODES.get(last.type, "run_failed"))
        message = last.data.get("message") or last.data.get("reason") or "the run did not succeed"
        return ToolOutcome({"error": code, "run_id": run_id, "message": message}, True, usage)


def _cost(events: list[Event]) -> dict[str, Any]:
    """Return what the run's nodes have cost."""
    total: dict[str, Any] = {}
    for event in events:
        if event.type.startswith("Node"):
            total = add_usage(total, event.data.get("usage") or {})
    return {COST: total[COST]} if COST in total else {}
