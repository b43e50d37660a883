"""What triggers need to know of runs: which triggers led to one, and what it gave."""

from collections.abc import Mapping
from typing import Any

from heddle.application.ports.events import EventStore
from heddle.domain.events.envelope import StreamId
from heddle.records import dataclass

_ENDS = {"RunSucceeded": "succeeded", "RunFailed": "failed", "RunCancelled": "cancelled"}


@dataclass(frozen=True, slots=True)
class Ancestry:
    """Reads the histories of runs."""

    events: EventStore

    def chain(self, tenant: str, run_id: str) -> tuple[str, ...]:
        """Return the triggers that led to a run; of a sub-run, to the run at the top."""
        requested = self._first(tenant, run_id)
        if root := requested.get("root_run_id"):
            requested = self._first(tenant, str(root))
        return tuple(requested.get("trigger_chain") or ())

    def finished(self, tenant: str, run_id: str) -> Mapping[str, Any]:
        """Return {id, workflow_id, workflow_version, status, output, error, labels} of a run that has ended."""
        history = self.events.read(StreamId(tenant, "run", run_id)).events
        requested = history[0].data if history else {}
        end = next((event for event in reversed(history) if event.type in _ENDS), None)
        data = end.data if end is not None else {}
        error = {"code": data.get("code"), "message": data.get("message")} if end and end.type == "RunFailed" else None
        return {
            "id": run_id,
            "workflow_id": requested.get("workflow_id"),
            "workflow_version": requested.get("workflow_version"),
            "status": _ENDS[end.type] if end is not None else "running",
            "output": data.get("output"),
            "error": error,
            "labels": requested.get("labels", {}),
        }

    def _first(self, tenant: str, run_id: str) -> Mapping[str, Any]:
        history = self.events.read(StreamId(tenant, "run", run_id)).events
        return history[0].data if history else {}
