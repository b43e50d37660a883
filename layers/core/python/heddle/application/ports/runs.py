"""The read model of runs."""

from collections.abc import Collection, Sequence
from dataclasses import field
from typing import Any, Protocol

from heddle.application.ports.paging import Page
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run as lists show it. `version` is the last stream version applied: rows and position are written together.

    `cost_usd` is what its models cost and `infrastructure_usd` the rest, as decimal text; `measured` is what that rests
    on (see domain/usage/infrastructure.py).
    """

    tenant: str
    id: str
    workflow_id: str
    workflow_version: int
    status: str
    version: int
    requested_at: str
    started_at: str | None = None
    ended_at: str | None = None
    mode: str | None = None
    reason: str | None = None
    duration_ms: float | None = None
    cost_usd: str = "0"
    labels: dict[str, str] = field(default_factory=dict)
    principal: str = ""
    trigger: str = "manual"
    error: dict[str, Any] | None = None
    nodes_total: int = 0
    nodes_done: int = 0
    nodes_failed: int = 0
    nodes_open: int = 0
    nodes_waiting: int = 0
    correlation_id: str = ""
    infrastructure_usd: str = "0"
    measured: dict[str, int] = field(default_factory=dict)
    priority: str = "normal"


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """One node of one run as the API shows it. `output` is JSON or a payload reference.

    `status` is pending, scheduled, waiting, retrying, completed, failed, skipped or cancelled.
    """

    node_id: str
    status: str
    attempt: int
    scheduled_at: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    duration_ms: float | None = None
    output: Any = None
    error: dict[str, Any] | None = None
    usage: dict[str, Any] = field(default_factory=dict)
    items_total: int | None = None
    items_done: int = 0
    skipped_reason: str | None = None
    cached: bool = False


class RunStore(Protocol):
    """The read model of runs, built by the projection; always rebuildable from the event store."""

    def position(self, tenant: str, run_id: str) -> int:
        """Return the stream version last applied, 0 if none."""
        ...

    def apply(
        self,
        summary: RunSummary,
        nodes: Sequence[NodeRecord],
        *,
        expected_position: int,
        status_before: str | None = None,
    ) -> bool:
        """Write summary (with its `version` as the new position) and changed nodes together.

        Returns False if the stored position is not `expected_position`: nothing is written, or, of more rows than a
        transaction takes, nothing that a reader of the position would build on. `status_before` is the status of the
        stored row, where the caller knows it: lists are then touched only if it changes.
        """
        ...

    def run(self, tenant: str, run_id: str) -> RunSummary | None:
        """Return one summary."""
        ...

    def nodes(self, tenant: str, run_id: str, *, only: Collection[str] | None = None) -> tuple[NodeRecord, ...]:
        """Return the run's node records by node id; `only` asks for some of them and reads no others."""
        ...

    def runs(
        self,
        tenant: str,
        *,
        limit: int,
        cursor: str | None = None,
        workflow_id: str | None = None,
        status: str | None = None,
    ) -> Page[RunSummary]:
        """List runs, newest request first; by workflow and by status through an index, never by scan."""
        ...
