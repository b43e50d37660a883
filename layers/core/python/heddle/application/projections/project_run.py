"""Bring the read model of one run forward: ignore what it has seen, apply what follows, re-read where something lacks.

stored position 7 ·  event 5        older: nothing to do
                  ·  event 8        the next: apply
                  ·  event 10       a gap (the bus keeps no order): read the stream after 7, apply 8, 9, 10, …
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from heddle.application.ports.catalog import CatalogStore
from heddle.application.ports.events import EventStore
from heddle.application.ports.runs import NodeRecord, RunStore, RunSummary
from heddle.application.projections.runs import node_of, project
from heddle.domain.events.envelope import Event, StreamId
from heddle.domain.payload import as_ref
from heddle.errors import Conflict

ATTEMPTS = 5
EVENTS_PER_WRITE = 500
"""A long history is applied in pieces, so that one write never holds the rows of a whole big run."""


@dataclass(frozen=True)
class ProjectRun:
    """Apply events of one run to its summary and node records."""

    runs: RunStore
    events: EventStore
    catalog: CatalogStore

    def __call__(self, stream: StreamId, events: Sequence[Event]) -> int:
        """Return the position reached. `events` may come late, twice, or with others missing between them.

        Raises Conflict with code `projection_busy` if others keep writing the same run's rows.
        """
        for _ in range(ATTEMPTS):
            position = self.runs.position(stream.tenant, stream.id)
            following = self._following(stream, position, events)
            if not following:
                return position
            if self._apply(stream, position, following):
                return following[-1].version
        raise Conflict("others keep writing this run's rows", code="projection_busy", retryable=True)

    def _following(self, stream: StreamId, position: int, events: Sequence[Event]) -> Sequence[Event]:
        fresh = sorted({event.version: event for event in events if event.version > position}.values(), key=_version)
        whole = all(as_ref(event.data) is None for event in fresh)
        if whole and [event.version for event in fresh] == list(range(position + 1, position + 1 + len(fresh))):
            return fresh
        return self.events.read(stream, after=position).events

    def _apply(self, stream: StreamId, position: int, events: Sequence[Event]) -> bool:
        summary = self.runs.run(stream.tenant, stream.id) if position else None
        for start in range(0, len(events), EVENTS_PER_WRITE):
            piece = events[start : start + EVENTS_PER_WRITE]
            # Position 0 means that stored rows, if there are any, count for nothing.
            known = self._records(stream, piece) if position else {}
            after, changed = self._fold(summary, known, piece)
            if after is None:
                return False
            before = summary.status if summary is not None else None
            if not self.runs.apply(after, changed, expected_position=position, status_before=before):
                return False
            summary, position = after, after.version
        return True

    def _records(self, stream: StreamId, events: Sequence[Event]) -> dict[str, NodeRecord]:
        wanted = {node_id for event in events if (node_id := node_of(event)) is not None}
        if not wanted:
            return {}
        return {node.node_id: node for node in self.runs.nodes(stream.tenant, stream.id, only=wanted)}

    def _fold(
        self, summary: RunSummary | None, known: dict[str, NodeRecord], events: Sequence[Event]
    ) -> tuple[RunSummary | None, list[NodeRecord]]:
        changed: dict[str, NodeRecord] = {}
        for event in events:
            node_id = node_of(event)
            before = changed.get(node_id) or known.get(node_id) if node_id is not None else None
            summary, record = project(summary, before, event)
            if record is not None:
                changed[record.node_id] = record
            if event.type == "RunRequested" and summary is not None:
                summary = self.with_total(summary)
        return summary, list(changed.values())

    def with_total(self, summary: RunSummary) -> RunSummary:
        """Return the summary with the number of nodes that its workflow version has."""
        version = self.catalog.version(summary.tenant, summary.workflow_id, summary.workflow_version)
        return replace(summary, nodes_total=len(version.plan.get("nodes", ())) if version is not None else 0)


def _version(event: Event) -> int:
    return event.version
