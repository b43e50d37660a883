"""The read model of a run: what each event changes in its summary and in the record of the node it is about.

`project` is a pure function that looks at one event and at most one node, so a step of a run costs the same whether it
has three nodes or a thousand.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from heddle.application.ports.runs import NodeRecord, RunSummary
from heddle.domain.engine.usage import add_usage
from heddle.domain.events.codec import upcast
from heddle.domain.events.envelope import Event
from heddle.domain.money import usd
from heddle.domain.payload import as_ref
from heddle.domain.usage.infrastructure import add_commit, total_of

Data = Mapping[str, Any]
OPEN = frozenset({"scheduled", "waiting", "retrying"})


def node_of(event: Event) -> str | None:
    """Return the node whose record the event changes, if it changes one."""
    if not event.type.startswith("Node"):
        return None
    node_id: str = event.data["node_id"]
    return node_id


def project(
    summary: RunSummary | None, node: NodeRecord | None, event: Event
) -> tuple[RunSummary | None, NodeRecord | None]:
    """Return summary and node record after the event; `node` is the stored record of `node_of(event)`, if there is one.

    Never refuses: an event of a type it does not know only moves the position. A stream that does not begin with
    RunRequested gives no summary.
    """
    data, _ = upcast(event.type, event.data, event.schema_version)
    if event.type == "RunRequested":
        return _metered(_requested(event, data), event), None
    if summary is None:
        return None, None
    record = None
    node_id = node_of(event)
    if node_id is not None:
        before = node or NodeRecord(node_id, "pending", 0)
        change = _NODE_CHANGES.get(event.type)
        record = change(before, data) if change is not None else before
        summary = _counted(summary, node, record)
        if data.get("usage"):
            cost = add_usage({"cost_usd": summary.cost_usd}, data["usage"])["cost_usd"]
            summary = replace(summary, cost_usd=cost)
    run_change = _RUN_CHANGES.get(event.type)
    if run_change is not None:
        summary = replace(summary, **run_change(summary, data))
    elif summary.status in ("running", "waiting") and record is not None:
        summary = replace(summary, status="waiting" if _only_waiting(summary) else "running")
    return _metered(replace(summary, version=event.version), event), record


def _metered(summary: RunSummary, event: Event) -> RunSummary:
    """Add what the event's commit took, which its last event says, and the objects that hold the event's values."""
    puts = sum(as_ref(value) is not None for value in event.data.values())
    if event.meter is None:
        if not puts:
            return summary
        return replace(summary, measured=summary.measured | {"held": summary.measured.get("held", 0) + puts})
    puts += summary.measured.get("held", 0)
    meter = event.meter | {"puts": event.meter.get("puts", 0) + puts}
    measured = add_commit(summary.measured, meter, event.occurred_at.isoformat())
    return replace(summary, measured=measured, infrastructure_usd=usd(total_of(measured)))


def _requested(event: Event, data: Data) -> RunSummary:
    return RunSummary(
        tenant=event.stream.tenant,
        id=event.stream.id,
        workflow_id=data["workflow_id"],
        workflow_version=data["workflow_version"],
        status="queued",
        version=event.version,
        requested_at=data["requested_at"],
        mode=data.get("mode"),
        labels=dict(data.get("labels") or {}),
        principal=event.metadata.principal,
        trigger=data.get("trigger", "manual"),
        priority=data.get("priority", "normal"),
        correlation_id=event.metadata.correlation_id,
    )


def _counted(summary: RunSummary, before: NodeRecord | None, after: NodeRecord) -> RunSummary:
    """Move the node from the count of its old status to that of its new one."""
    old = before.status if before is not None else None
    if old == after.status:
        return summary
    return replace(
        summary,
        nodes_done=summary.nodes_done + (after.status in _DONE) - (old in _DONE),
        nodes_failed=summary.nodes_failed + (after.status == "failed") - (old == "failed"),
        nodes_open=summary.nodes_open + (after.status in OPEN) - (old in OPEN),
        nodes_waiting=summary.nodes_waiting + (after.status == "waiting") - (old == "waiting"),
    )


_DONE = frozenset({"completed", "skipped"})


def _only_waiting(summary: RunSummary) -> bool:
    return summary.nodes_waiting > 0 and summary.nodes_waiting == summary.nodes_open


def _scheduled(node: NodeRecord, data: Data) -> NodeRecord:
    fresh = NodeRecord(node.node_id, "scheduled", data["attempt"], scheduled_at=data["at"])
    # What earlier attempts have done of a for_each stays done.
    return replace(fresh, items_total=node.items_total, items_done=node.items_done, usage=node.usage)


def _waiting(node: NodeRecord, data: Data) -> NodeRecord:
    return replace(node, status="waiting", attempt=data["attempt"], started_at=node.started_at or data["at"])


def _planned(node: NodeRecord, data: Data) -> NodeRecord:
    return replace(node, items_total=data["count"], items_done=0, started_at=node.started_at or data["at"])


def _items(node: NodeRecord, data: Data) -> NodeRecord:
    done = node.items_done + data["stop"] - data["start"]
    # A chunk that two functions did is recorded twice; a count beyond the total would only confuse.
    return replace(
        node,
        items_done=done if node.items_total is None else min(done, node.items_total),
        usage=_used(node.usage, data.get("usage") or {}),
    )


def _completed(node: NodeRecord, data: Data) -> NodeRecord:
    return replace(
        node,
        status="completed",
        attempt=data["attempt"],
        started_at=data["started_at"],
        finished_at=data["finished_at"],
        duration_ms=data["duration_ms"],
        output=data["output"],
        error=None,
        usage=_used(node.usage, data.get("usage") or {}),
        cached=bool(data.get("cached")),
    )


def _used(before: Mapping[str, Any], usage: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sums, with the provider and model that answered last, and `models` where there were several."""
    names = {name: usage[name] for name in ("provider", "model") if usage.get(name)}
    models = list(dict.fromkeys([*_models(before), *_models(usage)]))
    return add_usage(before, usage) | names | ({"models": models} if len(models) > 1 else {})


def _models(usage: Mapping[str, Any]) -> list[str]:
    if usage.get("models"):
        return list(usage["models"])
    return [f"{usage['provider']}/{usage['model']}"] if usage.get("provider") and usage.get("model") else []


def _failed(node: NodeRecord, data: Data) -> NodeRecord:
    again = data.get("retry_in") is not None
    return replace(
        node,
        status="retrying" if again else "failed",
        attempt=data["attempt"],
        finished_at=None if again else data["at"],
        duration_ms=data.get("duration_ms"),
        output=data.get("output"),
        error={name: data.get(name) for name in ("code", "message", "retryable", "handled")},
    )


def _skipped(node: NodeRecord, data: Data) -> NodeRecord:
    return replace(node, status="skipped", finished_at=data["at"], skipped_reason=data["reason"])


def _cancelled(node: NodeRecord, data: Data) -> NodeRecord:
    return replace(node, status="cancelled", finished_at=data["at"])


_NODE_CHANGES: dict[str, Callable[[NodeRecord, Data], NodeRecord]] = {
    "NodeScheduled": _scheduled,
    "NodeWaiting": _waiting,
    "NodeItemsPlanned": _planned,
    "NodeItemsCompleted": _items,
    "NodeCompleted": _completed,
    "NodeFailed": _failed,
    "NodeSkipped": _skipped,
    "NodeCancelled": _cancelled,
}


def _run_started(_summary: RunSummary, data: Data) -> dict[str, Any]:
    return {
        "status": "running",
        "mode": data["mode"],
        "reason": data["reason"],
        "started_at": data["started_at"],
    }


def _ended(status: str) -> Callable[[RunSummary, Data], dict[str, Any]]:
    def change(_summary: RunSummary, data: Data) -> dict[str, Any]:
        error = None
        if status == "failed":
            error = {name: data.get(name) for name in ("code", "message", "node_id", "details")}
        return {"status": status, "ended_at": data["at"], "duration_ms": data["duration_ms"], "error": error}

    return change


def _run_resumed(_summary: RunSummary, _data: Data) -> dict[str, Any]:
    return {"status": "running", "ended_at": None, "duration_ms": None, "error": None}


def _run_cancelling(_summary: RunSummary, _data: Data) -> dict[str, Any]:
    return {"status": "cancelling"}


_RUN_CHANGES: dict[str, Callable[[RunSummary, Data], dict[str, Any]]] = {
    "RunStarted": _run_started,
    "RunCancellationRequested": _run_cancelling,
    "RunSucceeded": _ended("succeeded"),
    "RunFailed": _ended("failed"),
    "RunCancelled": _ended("cancelled"),
    "RunResumed": _run_resumed,
}
