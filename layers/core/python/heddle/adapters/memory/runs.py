"""The read model of runs in memory."""

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.paging import Page
from heddle.application.ports.runs import NodeRecord, RunSummary


@dataclass
class MemoryRunStore:
    """A RunStore in dictionaries."""

    _summaries: dict[tuple[str, str], RunSummary] = field(default_factory=dict)
    _nodes: dict[tuple[str, str], dict[str, NodeRecord]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def position(self, tenant: str, run_id: str) -> int:
        summary = self._summaries.get((tenant, run_id))
        return summary.version if summary is not None else 0

    def apply(
        self,
        summary: RunSummary,
        nodes: Sequence[NodeRecord],
        *,
        expected_position: int,
        status_before: str | None = None,
    ) -> bool:
        key = (summary.tenant, summary.id)
        with self._lock:
            stored = self._summaries.get(key)
            if (stored.version if stored is not None else 0) != expected_position:
                return False
            self._summaries[key] = summary
            self._nodes.setdefault(key, {}).update({node.node_id: node for node in nodes})
            return True

    def run(self, tenant: str, run_id: str) -> RunSummary | None:
        return self._summaries.get((tenant, run_id))

    def nodes(self, tenant: str, run_id: str, *, only: Collection[str] | None = None) -> tuple[NodeRecord, ...]:
        with self._lock:
            records = self._nodes.get((tenant, run_id), {})
            return tuple(records[node_id] for node_id in sorted(records) if only is None or node_id in only)

    def runs(
        self,
        tenant: str,
        *,
        limit: int,
        cursor: str | None = None,
        workflow_id: str | None = None,
        status: str | None = None,
    ) -> Page[RunSummary]:
        scope = f"{tenant}#runs#{workflow_id or ''}#{status or ''}"
        with self._lock:
            rows = [
                row
                for row in self._summaries.values()
                if row.tenant == tenant
                and (workflow_id is None or row.workflow_id == workflow_id)
                and (status is None or row.status == status)
            ]
        rows.sort(key=_requested, reverse=True)
        if cursor is not None:
            (position,) = decode_cursor(cursor, scope)
            rows = [row for row in rows if _requested(row) < position]
        page = tuple(rows[:limit])
        return Page(page, encode_cursor(scope, _requested(page[-1])) if len(rows) > limit else None)


def _requested(row: RunSummary) -> str:
    return f"{row.requested_at}#{row.id}"
