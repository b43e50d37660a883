"""Read a run from its events: newer than any projection, as a run's own page wants it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from heddle import records
from heddle.application.execution.plans import Plans
from heddle.application.ports.events import EventStore
from heddle.application.ports.runs import NodeRecord, RunSummary
from heddle.application.projections.runs import node_of, project
from heddle.domain.events.envelope import Event, StreamId
from heddle.errors import NotFound


@records.dataclass(frozen=True, slots=True)
class RunView:
    """A run with its nodes in the order in which they came up, its input, and its output once it succeeded.

    `input`, `output` and the nodes' outputs are JSON or the `{"$ref": …}` of a large payload.
    """

    summary: RunSummary
    nodes: tuple[NodeRecord, ...]
    input: Any
    output: Any
    events_version: int


@dataclass(frozen=True)
class ReadRun:
    """Fold the run's stream with the projection's own function, so that both tell the same story."""

    events: EventStore
    plans: Plans

    def __call__(self, tenant: str, run_id: str) -> RunView:
        """Return the run as it is at this moment; NotFound if the tenant has no such run."""
        history = self.events.read(StreamId(tenant, "run", run_id))
        if not history.events:
            raise NotFound("there is no such run", code="run_not_found", run_id=run_id)
        view = fold(history.events)
        summary = view.summary
        plan = self.plans.plan(tenant, summary.workflow_id, summary.workflow_version)
        return replace(view, summary=replace(summary, nodes_total=len(plan.nodes)))


def fold(events: Sequence[Event]) -> RunView:
    """Return what a whole history, from RunRequested on, adds up to."""
    summary: RunSummary | None = None
    nodes: dict[str, NodeRecord] = {}
    output: Any = None
    for event in events:
        node_id = node_of(event)
        summary, record = project(summary, nodes.get(node_id) if node_id is not None else None, event)
        if record is not None:
            nodes[record.node_id] = record
        if event.type == "RunSucceeded":
            output = event.data["output"]
    if summary is None:
        raise NotFound("this history does not begin with a request for a run")
    return RunView(summary, tuple(nodes.values()), events[0].data["input"], output, events[-1].version)
