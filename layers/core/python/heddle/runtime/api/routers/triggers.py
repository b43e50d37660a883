"""Triggers: made, changed, fired by hand, tried out, and what they did."""

from datetime import datetime
from itertools import islice
from typing import Any

from heddle.application.workflows.check_input import check_input
from heddle.domain.triggers.event_pattern import matches
from heddle.domain.triggers.schedules import firings, parse_schedule, zone_named
from heddle.domain.triggers.trigger import Trigger
from heddle.errors import HeddleError
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.idempotency_key import idempotency_key
from heddle.runtime.api.if_match import etag, expected_version
from heddle.runtime.api.services import Services

NEXT = 5
_OWN = ("generation", "previous_until")


@endpoint("list_triggers")
def list_triggers(services: Services, request: Request) -> Reply:
    """GET /triggers."""
    page = services.ports.triggers.triggers(
        request.tenant, limit=request.query["limit"], cursor=request.query["cursor"]
    )
    return Reply(200, {"items": [shown(services, each) for each in page.items], "cursor": page.cursor})


@endpoint("create_trigger")
def create_trigger(services: Services, request: Request) -> Reply:
    """POST /triggers."""
    from heddle.runtime.api.bodies.triggers import TriggerBody

    body = request.model(TriggerBody)
    fields = body.model_dump(exclude={"kind"})
    trigger, secret = services.save_trigger.create(request.tenant, body.kind, by=request.principal.id, **fields)
    answer = {**shown(services, trigger), "secret": secret}
    return Reply(201, answer, {"Location": f"triggers/{trigger.id}", **etag(trigger.revision)})


@endpoint("get_trigger")
def get_trigger(services: Services, request: Request) -> Reply:
    """GET /triggers/{trigger_id}."""
    trigger = _trigger(services, request)
    return Reply(200, shown(services, trigger), etag(trigger.revision))


@endpoint("change_trigger")
def change_trigger(services: Services, request: Request) -> Reply:
    """PATCH /triggers/{trigger_id}."""
    from heddle.runtime.api.bodies.triggers import TriggerChangeBody

    body = request.model(TriggerChangeBody)
    trigger = services.save_trigger.change(
        request.tenant,
        request.params["trigger_id"],
        body.model_dump(exclude_unset=True, exclude={"expected_revision"}),
        by=request.principal.id,
        expected_revision=expected_version(request, body.expected_revision, of="trigger"),
    )
    return Reply(200, shown(services, trigger), etag(trigger.revision))


@endpoint("delete_trigger")
def delete_trigger(services: Services, request: Request) -> Reply:
    """DELETE /triggers/{trigger_id}."""
    services.save_trigger.delete(request.tenant, request.params["trigger_id"])
    return Reply(204)


@endpoint("enable_trigger")
def enable_trigger(services: Services, request: Request) -> Reply:
    """POST /triggers/{trigger_id}/enable."""
    return _switch(services, request, True)


@endpoint("disable_trigger")
def disable_trigger(services: Services, request: Request) -> Reply:
    """POST /triggers/{trigger_id}/disable."""
    return _switch(services, request, False)


@endpoint("fire_trigger")
def fire_trigger(services: Services, request: Request) -> Reply:
    """POST /triggers/{trigger_id}/fire."""
    from heddle.runtime.api.bodies.triggers import FireBody

    body = request.model(FireBody, optional=True)
    trigger = _trigger(services, request)
    key = idempotency_key(request)
    firing_id = f"key-{key}" if key else f"fire-{services.new_id()}"
    fired = services.fire_trigger(
        trigger,
        _payload(trigger, body.payload),
        firing_id=firing_id,
        correlation_id=request.correlation_id,
        source="manual",
        preset=body.preset,
        by=request.principal.id,
    )
    assert fired.requested is not None
    answer = {
        "trigger_id": trigger.id,
        "firing_id": firing_id,
        "run_id": fired.requested.run_id,
        "mode": fired.requested.mode,
        "reason": fired.requested.reason,
        "created": fired.requested.created,
    }
    return Reply(202, answer, {"Location": f"runs/{fired.requested.run_id}"})


@endpoint("test_trigger")
def test_trigger(services: Services, request: Request) -> Reply:
    """POST /triggers/{trigger_id}/test."""
    from heddle.runtime.api.bodies.triggers import FireBody

    body = request.model(FireBody, optional=True)
    trigger = _trigger(services, request)
    payload = _payload(trigger, body.payload)
    found = matches(trigger.config["pattern"], payload) if trigger.kind == "event" else None
    answer: dict[str, Any] = {
        "input": None,
        "valid": True,
        "matches": found,
        "next_firings": _next(services, trigger, local=True),
        "errors": [],
    }
    try:
        answer["input"] = trigger.mapped(payload, body.preset)
        workflow = services.find_workflow.row(trigger.tenant, trigger.workflow_id)
        number = trigger.version or workflow.version
        row = services.find_workflow.version(trigger.tenant, trigger.workflow_id, number)
        answer["input"] = check_input(row.plan.get("input_schema") or {}, answer["input"])
    except HeddleError as error:
        answer |= {"valid": False, "errors": _errors(error)}
    return Reply(200, answer)


@endpoint("rotate_trigger_secret")
def rotate_trigger_secret(services: Services, request: Request) -> Reply:
    """POST /triggers/{trigger_id}/rotate-secret."""
    from heddle.runtime.api.bodies.triggers import RotateBody

    body = request.model(RotateBody, optional=True)
    trigger, secret = services.save_trigger.rotate_secret(
        request.tenant, request.params["trigger_id"], overlap_hours=body.overlap_hours, by=request.principal.id
    )
    return Reply(200, {**shown(services, trigger), "secret": secret}, etag(trigger.revision))


@endpoint("list_trigger_history")
def list_trigger_history(services: Services, request: Request) -> Reply:
    """GET /triggers/{trigger_id}/history."""
    trigger = _trigger(services, request)
    page = services.ports.firings.firings(
        request.tenant, trigger.id, limit=request.query["limit"], cursor=request.query["cursor"]
    )
    names = ("id", "at", "outcome", "run_id", "code", "reason", "source")
    items = [{name: getattr(firing, name) for name in names} for firing in page.items]
    return Reply(200, {"items": items, "cursor": page.cursor})


def shown(services: Services, trigger: Trigger) -> dict[str, Any]:
    """Return a trigger as the API shows it: without anything that a secret is made of."""
    return {
        "id": trigger.id,
        "name": trigger.name,
        "kind": trigger.kind,
        "workflow_id": trigger.workflow_id,
        "version": trigger.version,
        "enabled": trigger.enabled,
        "config": {name: value for name, value in trigger.config.items() if name not in _OWN},
        "input": trigger.input,
        "presets": dict(trigger.presets),
        "preset": trigger.preset,
        "mode": trigger.mode,
        "live": trigger.live,
        "labels": dict(trigger.labels),
        "budget_usd": trigger.budget_usd,
        "priority": trigger.priority,
        "hook_path": f"/hooks/{trigger.id}" if trigger.kind == "webhook" else None,
        "next_firings": _next(services, trigger),
        "revision": trigger.revision,
        "created_at": trigger.created_at,
        "created_by": trigger.created_by,
        "updated_at": trigger.updated_at,
        "updated_by": trigger.updated_by,
    }


def _next(services: Services, trigger: Trigger, *, local: bool = False) -> list[str]:
    """Return when a timer fires next; `local`: on the clock of its zone, and as if it were enabled."""
    if trigger.kind != "timer" or not (trigger.enabled or local):
        return []
    config = trigger.config
    zone = zone_named(config["timezone"])
    ends = config["ends_at"]
    found = firings(
        parse_schedule(config["schedule"]),
        zone,
        after=services.now(),
        start=_moment(config["starts_at"] or trigger.created_at),
    )
    until = _moment(ends) if ends else None
    coming = [moment for moment in islice(found, NEXT) if until is None or moment < until]
    return [(moment.astimezone(zone) if local else moment).isoformat() for moment in coming]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _switch(services: Services, request: Request, enabled: bool) -> Reply:
    trigger = services.save_trigger.enable(
        request.tenant, request.params["trigger_id"], enabled, by=request.principal.id
    )
    return Reply(200, shown(services, trigger), etag(trigger.revision))


def _trigger(services: Services, request: Request) -> Trigger:
    return services.save_trigger.find(request.tenant, request.params["trigger_id"])


def _payload(trigger: Trigger, payload: Any) -> dict[str, Any]:
    """Return what `trigger` holds: a manual trigger's payload may be anything, the others' look like what they get."""
    if trigger.kind == "manual":
        return {"payload": payload}
    return payload if isinstance(payload, dict) else {"payload": payload}


def _errors(error: HeddleError) -> list[dict[str, str]]:
    found = error.details.get("errors")
    if isinstance(found, list) and found:
        return [{"field": str(each["field"]), "message": str(each["message"]), "code": error.code} for each in found]
    return [{"field": "input", "message": error.message, "code": error.code}]
