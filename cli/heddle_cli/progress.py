"""What a run's events say about its nodes, folded for display: a run can be watched from its history alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from heddle_sdk.models import RunEvent


@dataclass
class NodeView:
    """One line of the progress display."""

    id: str
    type: str = ""
    status: str = "pending"
    attempt: int = 0
    started: str | None = None
    ended: str | None = None
    duration_ms: float | None = None
    note: str = ""
    items: int | None = None
    items_done: int = 0


@dataclass
class Progress:
    """A run as its events have told so far; `changed` holds the nodes that the last event changed."""

    nodes: dict[str, NodeView] = field(default_factory=dict)
    status: str = "queued"
    mode: str = ""
    reason: str = ""
    requested: str | None = None
    ended: str | None = None
    error: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Progress":
        """Begin with the nodes of a definition, all pending, in the order they were written."""
        nodes = {n["id"]: NodeView(n["id"], n.get("type", "")) for n in document.get("nodes", ())}
        return cls(nodes=nodes)

    def apply(self, event: RunEvent) -> NodeView | None:
        """Take one event; returns the node that it is about, if it is about one."""
        data = event.data
        match event.type:
            case "RunRequested":
                self.requested = event.occurred_at
            case "RunStarted":
                self.status, self.mode, self.reason = "running", data.get("mode", ""), data.get("reason", "")
            case "RunResumed":
                self.status, self.ended = "running", None
            case "RunCancellationRequested":
                self.status = "cancelling"
            case "RunSucceeded" | "RunFailed" | "RunCancelled":
                self.status, self.ended = event.type.removeprefix("Run").lower(), event.occurred_at
                self.error = data if event.type == "RunFailed" else None
            case _ if "node_id" in data:
                return self._node(event.type, data)
        return None

    def take(self, events: Iterable[RunEvent]) -> None:
        """Take many events."""
        for event in events:
            self.apply(event)

    def _node(self, kind: str, data: Mapping[str, Any]) -> NodeView:
        node = self.nodes.setdefault(data["node_id"], NodeView(data["node_id"]))
        node.attempt = data.get("attempt", node.attempt)
        match kind:
            case "NodeScheduled":
                node.status, node.started, node.ended, node.note = "running", data.get("at"), None, ""
                node.note = f"attempt {node.attempt}" if node.attempt > 1 else ""
            case "NodeWaiting":
                node.status, node.note = "waiting", f"for {data.get('kind', 'something')}"
            case "NodeItemsPlanned":
                node.items, node.items_done = data.get("count"), 0
            case "NodeItemsCompleted":
                node.items_done += int(data.get("stop", 0)) - int(data.get("start", 0))
            case "NodeCompleted":
                node.status, node.ended, node.duration_ms = (
                    "succeeded",
                    data.get("finished_at"),
                    data.get("duration_ms"),
                )
                route = data.get("route")
                node.note = "from the cache" if data.get("cached") else (f"→ {', '.join(route)}" if route else "")
                node.items_done = node.items or 0
            case "NodeFailed":
                node.ended, node.note = data.get("at"), f"{data.get('code', '')}: {data.get('message', '')}"
                if data.get("retry_in") is not None:
                    node.status, node.note = "running", f"{node.note} (again in {data['retry_in']:.1f} s)"
                else:
                    node.status = "failed" if data.get("handled") in (None, "fail", "lost") else "handled"
            case "NodeSkipped":
                node.status, node.note = "skipped", str(data.get("reason", ""))
            case "NodeCancelled":
                node.status, node.ended = "cancelled", data.get("at")
        return node


def milliseconds(start: str | None, end: str | None) -> float | None:
    """Return the time between two ISO timestamps."""
    if not start or not end:
        return None
    first, last = (datetime.fromisoformat(t.replace("Z", "+00:00")) for t in (start, end))
    return (last - first).total_seconds() * 1000
