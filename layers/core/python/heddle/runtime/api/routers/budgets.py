"""Budgets and kill switches: set, read with how they stand, stopped and resumed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from heddle.application.budgets.shown import shown, shown_status
from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.budgets import WHOLE_TENANT, Alert, Stop
from heddle.domain.budgets.budget import Budget, make_budget
from heddle.domain.money import usd
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.if_match import etag, expected_version
from heddle.runtime.api.services import Services

if TYPE_CHECKING:
    from heddle.runtime.api.bodies.budgets import BudgetBody, BudgetChangeBody


@endpoint("list_budgets")
def list_budgets(services: Services, request: Request) -> Reply:
    """GET /budgets."""
    scope, after = f"{request.tenant}#budgets", ""
    if request.query["cursor"] is not None:
        (after,) = decode_cursor(request.query["cursor"], scope)
    budgets = [each for each in services.ports.budgets.budgets(request.tenant) if each.id > after]
    page = budgets[: request.query["limit"]]
    cursor = encode_cursor(scope, page[-1].id) if len(budgets) > len(page) else None
    return Reply(200, {"items": _with_status(services, request, page), "cursor": cursor})


@endpoint("create_budget")
def create_budget(services: Services, request: Request) -> Reply:
    """POST /budgets."""
    from heddle.runtime.api.bodies.budgets import BudgetBody

    body = request.model(BudgetBody)
    budget = services.set_budget.create(
        request.tenant,
        _budget(body.id or services.new_id(), body, body),
        by=request.principal.id,
        correlation_id=request.correlation_id,
    )
    return Reply(201, _with_status(services, request, [budget])[0], {"Location": f"budgets/{budget.id}"})


@endpoint("get_budget")
def get_budget(services: Services, request: Request) -> Reply:
    """GET /budgets/{budget_id}."""
    budget = services.set_budget.find(request.tenant, request.params["budget_id"])
    subject, window = request.query["subject"], request.query["window"]
    return Reply(
        200, _with_status(services, request, [budget], subject=subject, window=window)[0], etag(budget.version)
    )


@endpoint("change_budget")
def change_budget(services: Services, request: Request) -> Reply:
    """PUT /budgets/{budget_id}."""
    from heddle.runtime.api.bodies.budgets import BudgetChangeBody

    body = request.model(BudgetChangeBody)
    stored = services.set_budget.find(request.tenant, request.params["budget_id"])
    budget = services.set_budget.change(
        request.tenant,
        _budget(stored.id, body, stored),
        by=request.principal.id,
        correlation_id=request.correlation_id,
        expected_version=expected_version(request, body.expected_version, of="budget"),
    )
    return Reply(200, _with_status(services, request, [budget])[0], etag(budget.version))


@endpoint("delete_budget")
def delete_budget(services: Services, request: Request) -> Reply:
    """DELETE /budgets/{budget_id}."""
    services.set_budget.delete(
        request.tenant,
        request.params["budget_id"],
        by=request.principal.id,
        correlation_id=request.correlation_id,
    )
    return Reply(204)


@endpoint("list_budget_alerts")
def list_budget_alerts(services: Services, request: Request) -> Reply:
    """GET /budgets/{budget_id}/alerts."""
    budget = services.set_budget.find(request.tenant, request.params["budget_id"])
    page = services.ports.budgets.alerts(
        request.tenant, budget.id, limit=request.query["limit"], cursor=request.query["cursor"]
    )
    return Reply(200, {"items": [_shown_alert(alert) for alert in page.items], "cursor": page.cursor})


@endpoint("stop_ai")
def stop_ai(services: Services, request: Request) -> Reply:
    """POST /ai/stop."""
    return _switch(services, request, stop=True)


@endpoint("resume_ai")
def resume_ai(services: Services, request: Request) -> Reply:
    """POST /ai/resume."""
    return _switch(services, request, stop=False)


@endpoint("ai_status")
def ai_status(services: Services, request: Request) -> Reply:
    """GET /ai/status."""
    return Reply(200, _shown_stops(services.stop_ai.status(request.tenant)))


def _switch(services: Services, request: Request, *, stop: bool) -> Reply:
    from heddle.runtime.api.bodies.budgets import SwitchBody

    body = request.model(SwitchBody, optional=True)
    if body.workflow_id and stop:
        # A typing error must not leave a workflow running that somebody believes to be stopped.
        services.find_workflow.row(request.tenant, body.workflow_id)
    use = services.stop_ai.stop if stop else services.stop_ai.resume
    stops = use(
        request.tenant,
        workflow_id=body.workflow_id,
        reason=body.reason,
        by=request.principal.id,
        correlation_id=request.correlation_id,
    )
    return Reply(200, _shown_stops(stops))


def _budget(ident: str, body: "BudgetBody | BudgetChangeBody", fixed: "BudgetBody | Budget") -> Budget:
    """Return the budget of a body; what cannot change is taken from the stored one where the body leaves it out."""
    given = {name: getattr(body, name, None) for name in ("scope", "subject", "period", "shards")}
    merged = {name: getattr(fixed, name) if value is None else value for name, value in given.items()}
    if merged["scope"] == "tenant" and merged["subject"] == "*":
        merged["subject"] = None
    return make_budget(
        ident,
        **merged,
        limit_usd=body.limit_usd,
        action=body.action,
        downgrade_to=body.downgrade_to,
        warn_at=tuple(body.warn_at),
        name=body.name,
    )


def _with_status(
    services: Services,
    request: Request,
    budgets: list[Budget],
    *,
    subject: str | None = None,
    window: str | None = None,
) -> list[dict[str, Any]]:
    found = services.read_budgets(request.tenant, budgets, subject=subject, window=window)
    return [
        {**shown(budget), "status": None if status is None else shown_status(status)}
        for budget, status in zip(budgets, found, strict=True)
    ]


def _shown_alert(alert: Alert) -> dict[str, Any]:
    return {
        "budget_id": alert.budget_id,
        "subject": alert.subject,
        "window": alert.window,
        "percent": alert.percent,
        "kind": alert.kind,
        "at": alert.at,
        "spent_usd": usd(alert.spent),
        "limit_usd": usd(alert.limit),
    }


def _shown_stops(stops: Mapping[str, Stop]) -> dict[str, Any]:
    def stop_of(key: str) -> dict[str, Any]:
        return {"by": stops[key].by, "at": stops[key].at, "reason": stops[key].reason}

    return {
        "stopped": WHOLE_TENANT in stops,
        "stop": stop_of(WHOLE_TENANT) if WHOLE_TENANT in stops else None,
        "workflows": [{"workflow_id": key, **stop_of(key)} for key in sorted(stops) if key != WHOLE_TENANT],
    }
