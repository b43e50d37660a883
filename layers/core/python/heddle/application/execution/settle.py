"""Settling a waiting node from outside: an approval that was decided, a sub-run that ended.

The events say at once what follows for the graph; the strand that waits goes on with it when it is woken.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from heddle.application.execution.session import RunLog
from heddle.domain.engine import commands as c
from heddle.domain.engine.state import HOLD, WAITING, RunState
from heddle.domain.engine.times import seconds_between
from heddle.domain.events.envelope import Metadata
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: an output (JSON or a reference's JSON), or an error {"code", "message"}."""

    output: Any = None
    error: Mapping[str, Any] | None = None
    usage: dict[str, Any] = field(default_factory=dict)


def settle_node(
    log: RunLog,
    tenant: str,
    run_id: str,
    node_id: str,
    outcome: Outcome,
    *,
    now: datetime,
    metadata: Metadata,
    item: int | None = None,
    attempt: int | None = None,
    started_at: str | None = None,
) -> RunState:
    """Record the outcome of a waiting node (or of one item of a for_each over sub-runs) and return the run's state.

    A node on hold is allowed to go on rather than completed. `started_at` is when what it waited for began. Settling
    twice, too late, or another attempt than the one that waits, changes nothing. Raises NotFound for an unknown run.
    Waking the strand afterwards is the caller's business.
    """
    at = now.isoformat()
    began = started_at or at
    took = round(seconds_between(began, at) * 1000, 3)

    def command(state: RunState) -> c.RunCommand | None:
        node = state.nodes.get(node_id)
        if node is None or (attempt is not None and node.attempt != attempt):
            return None
        if item is not None:
            result: dict[str, Any] = {"output": outcome.output}
            error = None
            if outcome.error is not None:
                result = {"error": {"code": outcome.error["code"], "message": outcome.error["message"]}}
                error = {**result["error"], "item": item}
            return c.CompleteItems(node_id, node.attempt, item, item + 1, [result], at, outcome.usage, error)
        if node.status != WAITING:
            return None
        if outcome.error is not None:
            code, message = outcome.error["code"], outcome.error["message"]
            retryable = bool(outcome.error.get("retryable"))
            return c.FailNode(node_id, node.attempt, code, message, retryable, at, duration_ms=took)
        if node.kind == HOLD:
            return c.AllowNode(node_id, node.attempt, "a person allowed it", at)
        return c.CompleteNode(node_id, node.attempt, outcome.output, began, at, took, usage=outcome.usage)

    return log.change(tenant, run_id, command, metadata=metadata)
