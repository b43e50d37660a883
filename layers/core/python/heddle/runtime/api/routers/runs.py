"""Runs: start, watch, cancel, retry, resume."""

from collections import Counter
from decimal import Decimal
from typing import Any

from heddle.application.execution.step import RunRef
from heddle.application.ports.runs import NodeRecord, RunSummary
from heddle.application.runs.request_run import RequestedRun
from heddle.domain.events.chain import envelope
from heddle.domain.events.envelope import StreamId
from heddle.domain.money import picos, usd
from heddle.domain.payload import REF_KEY, as_ref
from heddle.domain.usage.infrastructure import COUNTS, SERVICES, prices_at, total_of
from heddle.errors import InvalidInput, NotFound
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.idempotency_key import idempotency_key
from heddle.runtime.api.services import Services

ENDED = ("succeeded", "failed", "cancelled")
STATUS_SAMPLE = 100
INLINE_ANSWER_BYTES = 4 * 1024 * 1024
"""Payloads up to here are answered as they are; larger ones, by a link to the object store where it can give one."""


@endpoint("execute_workflow")
def execute_workflow(services: Services, request: Request) -> Reply:
    """POST /workflows/{workflow_id}/execute."""
    from heddle.runtime.api.bodies.runs import ExecuteBody

    body, seconds = request.model(ExecuteBody, optional=True), request.query["wait"]
    workflow_id = request.params["workflow_id"]
    requested = services.request_run(
        request.tenant,
        workflow_id,
        body.input,
        principal=request.principal.id,
        correlation_id=request.correlation_id,
        mode=body.mode,
        version=body.version,
        labels=body.labels,
        live=body.live,
        budget_usd=None if body.budget_usd is None else str(Decimal(body.budget_usd)),
        idempotency_key=idempotency_key(request),
        priority=body.priority,
        inline_now=seconds > 0,
    )
    run: RunRef = {"tenant": request.tenant, "id": requested.run_id, "correlation_id": request.correlation_id}
    if seconds and services.wait_for_run(run, carry_out=requested.inline_now, seconds=float(seconds)):
        return Reply(200, _whole(services, request.tenant, requested.run_id), _location(requested.run_id))
    return Reply(202, _requested(requested, workflow_id), _location(requested.run_id))


@endpoint("workflow_status")
def workflow_status(services: Services, request: Request) -> Reply:
    """GET /workflows/{workflow_id}/status: counts are of the latest hundred runs."""
    row = services.find_workflow.row(request.tenant, request.params["workflow_id"])
    page = services.ports.runs.runs(request.tenant, limit=STATUS_SAMPLE, workflow_id=row.id)
    shown = page.items[: request.query["limit"]]
    return Reply(
        200,
        {
            "workflow_id": row.id,
            "version": row.version,
            "counts": dict(Counter(run.status for run in page.items)),
            "counted": len(page.items),
            "runs": [summary(run) for run in shown],
        },
    )


@endpoint("list_runs")
def list_runs(services: Services, request: Request) -> Reply:
    """GET /runs."""
    query = request.query
    page = services.ports.runs.runs(
        request.tenant,
        limit=query["limit"],
        cursor=query["cursor"],
        workflow_id=query["workflow_id"],
        status=query["status"],
    )
    return Reply(200, {"items": [summary(run) for run in page.items], "cursor": page.cursor})


@endpoint("get_run")
def get_run(services: Services, request: Request) -> Reply:
    """GET /runs/{run_id}: folded from the history, so it shows what was written just now."""
    return Reply(200, _whole(services, request.tenant, request.params["run_id"]))


@endpoint("list_run_events")
def list_run_events(services: Services, request: Request) -> Reply:
    """GET /runs/{run_id}/events."""
    run_id, after, limit = request.params["run_id"], request.query["after"], request.query["limit"]
    history = services.ports.events.read(StreamId(request.tenant, "run", run_id), after=after)
    if history.version == 0:
        raise NotFound(f"there is no run {run_id!r}", code="run_not_found")
    events = history.events[:limit]
    return Reply(
        200,
        {
            "items": [envelope(event) for event in events],
            "next_after": events[-1].version if events else after,
            "more": len(history.events) > limit,
        },
    )


@endpoint("get_run_payload")
def get_run_payload(services: Services, request: Request) -> Reply:
    """GET /runs/{run_id}/payload: only keys that the run's own history names."""
    run_id, key = request.params["run_id"], request.query["key"]
    if key is None:
        raise InvalidInput(
            "key is needed",
            code="invalid_parameter",
            errors=[{"field": "key", "message": "needed: the `key` of a `$ref` in an answer of this run"}],
        )
    history = services.ports.events.read(StreamId(request.tenant, "run", run_id))
    if history.version == 0:
        raise NotFound(f"there is no run {run_id!r}", code="run_not_found")
    ref = next((found for event in history.events if (found := _ref(event.data, key))), None)
    if ref is None:
        raise NotFound(f"this run has no payload {key!r}", code="payload_not_found")
    link = services.ports.payload_link(request.tenant, key) if ref["bytes"] > INLINE_ANSWER_BYTES else None
    if link is not None:
        return Reply(307, None, {"Location": link})
    return Reply(200, services.ports.blobs.get(request.tenant, key).decode())


@endpoint("cancel_run")
def cancel_run(services: Services, request: Request) -> Reply:
    """POST /runs/{run_id}/cancel."""
    from heddle.runtime.api.bodies.runs import CancelBody

    body, run_id = request.model(CancelBody, optional=True), request.params["run_id"]
    status = services.cancel_run(
        request.tenant,
        run_id,
        reason=body.reason or "asked for by the caller",
        principal=request.principal.id,
        correlation_id=request.correlation_id,
    )
    return Reply(202, {"run_id": run_id, "status": status}, _location(run_id))


@endpoint("retry_run")
def retry_run(services: Services, request: Request) -> Reply:
    """POST /runs/{run_id}/retry."""
    from heddle.runtime.api.bodies.runs import RetryBody

    body = request.model(RetryBody, optional=True)
    requested = services.retry_run(
        request.tenant,
        request.params["run_id"],
        start_over=body.from_ == "start",
        principal=request.principal.id,
        correlation_id=request.correlation_id,
    )
    return Reply(202, _requested(requested, None), _location(requested.run_id))


@endpoint("resume_run")
def resume_run(services: Services, request: Request) -> Reply:
    """POST /runs/{run_id}/resume."""
    from heddle.runtime.api.bodies.runs import ResumeBody

    request.model(ResumeBody, optional=True)
    run_id = request.params["run_id"]
    status = services.resume_run(
        request.tenant, run_id, principal=request.principal.id, correlation_id=request.correlation_id
    )
    return Reply(202, {"run_id": run_id, "status": status}, _location(run_id))


def summary(run: RunSummary) -> dict[str, Any]:
    """Return a run as lists show it."""
    return {
        "id": run.id,
        "workflow_id": run.workflow_id,
        "workflow_version": run.workflow_version,
        "status": run.status,
        "mode": run.mode,
        "reason": run.reason,
        "requested_at": run.requested_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "duration_ms": run.duration_ms,
        "cost_usd": run.cost_usd,
        "infrastructure_usd": run.infrastructure_usd,
        "labels": run.labels,
        "principal": run.principal,
        "trigger": run.trigger,
        "priority": run.priority,
        "error": run.error,
        "progress": {
            "total": run.nodes_total,
            "done": run.nodes_done,
            "failed": run.nodes_failed,
        },
        "correlation_id": run.correlation_id,
    }


def _node(node: NodeRecord) -> dict[str, Any]:
    return {
        "node_id": node.node_id,
        "status": node.status,
        "attempt": node.attempt,
        "scheduled_at": node.scheduled_at,
        "started_at": node.started_at,
        "finished_at": node.finished_at,
        "duration_ms": node.duration_ms,
        "output": node.output,
        "error": node.error,
        "usage": node.usage,
        "items_total": node.items_total,
        "items_done": node.items_done,
        "skipped_reason": node.skipped_reason,
        "cached": node.cached,
    }


def _whole(services: Services, tenant: str, run_id: str) -> dict[str, Any]:
    view = services.read_run(tenant, run_id)
    return {
        **summary(view.summary),
        "input": view.input,
        "output": view.output,
        "nodes": [_node(node) for node in view.nodes],
        "events_version": view.events_version,
        "cost": cost(view.summary),
    }


def cost(run: RunSummary) -> dict[str, Any]:
    """Return what a run cost, all of it, and the counts that the part without models rests on."""
    measured = run.measured
    models = picos(run.cost_usd)
    return {
        "models_usd": run.cost_usd,
        "infrastructure_usd": run.infrastructure_usd,
        "total_usd": usd(models + total_of(measured)),
        "by_service_usd": {service: usd(measured.get(service, 0)) for service in SERVICES},
        "measured": {name: measured.get(name, 0) for name in COUNTS},
        "prices_from": prices_at(run.ended_at or run.requested_at).effective_from,
    }


def _requested(run: RequestedRun, workflow_id: str | None) -> dict[str, Any]:
    answer = {"run_id": run.run_id, "status": run.status, "mode": run.mode, "reason": run.reason}
    return answer if workflow_id is None else {**answer, "workflow_id": workflow_id, "created": run.created}


def _location(run_id: str) -> dict[str, str]:
    # Relative to the request, which is two levels deep wherever a run is started or changed: any prefix works.
    return {"Location": f"../../runs/{run_id}"}


def _ref(value: Any, key: str) -> dict[str, Any] | None:
    """Return the payload reference with this key somewhere in a value, if there is one."""
    if as_ref(value) is not None:
        inner: dict[str, Any] = value[REF_KEY]
        return inner if inner["key"] == key else None
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for part in parts if (found := _ref(part, key))), None)
