"""Approvals: what waits for a person, and the decision."""

from collections.abc import Sequence
from typing import Any, cast

from heddle.application.ports.callbacks import Callback
from heddle.errors import Forbidden, NotFound
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.routes.route import Role, role_allows
from heddle.runtime.api.services import Services

SEPARATOR = "."
"""Between run and node in an approval's id; neither may hold it."""


@endpoint("list_approvals")
def list_approvals(services: Services, request: Request) -> Reply:
    """GET /approvals."""
    page = services.ports.callbacks.list(
        request.tenant, kind="approval", limit=request.query["limit"], cursor=request.query["cursor"]
    )
    return Reply(200, {"items": [_shown(callback) for callback in page.items], "cursor": page.cursor})


@endpoint("decide_approval")
def decide_approval(services: Services, request: Request) -> Reply:
    """POST /approvals/{approval_id}."""
    from heddle.runtime.api.bodies.approvals import DecisionBody

    body = request.model(DecisionBody)
    run_id, _, node_id = request.params["approval_id"].partition(SEPARATOR)
    if not node_id:
        raise NotFound(f"nothing waits under {request.params['approval_id']!r}", code="approval_not_found")
    decision = services.decide_approval(
        request.tenant,
        run_id,
        node_id,
        decision=body.decision,
        comment=body.comment,
        by=request.principal.id,
        correlation_id=request.correlation_id,
        may=lambda approvers: _check_approver(request, approvers),
    )
    answer = {
        "id": request.params["approval_id"],
        "run_id": decision.run_id,
        "node_id": decision.node_id,
        "decision": decision.decision,
        "comment": decision.comment,
        "by": decision.by,
        "at": decision.at,
    }
    return Reply(200, answer)


def _check_approver(request: Request, approvers: Sequence[str]) -> None:
    """Refuse who has none of these roles: a workflow may ask for more than the route does."""
    if not any(role_allows(request.principal.roles, cast("Role", role)) for role in approvers):
        raise Forbidden(f"this waits for a decision by {' or '.join(approvers)}")


def _shown(callback: Callback) -> dict[str, Any]:
    return {
        "id": f"{callback.run_id}{SEPARATOR}{callback.node_id}",
        "run_id": callback.run_id,
        "node_id": callback.node_id,
        "attempt": callback.attempt,
        "created_at": callback.created_at,
        "expires_at": callback.expires_at,
        "message": callback.details.get("message"),
        "details": callback.details.get("details"),
        "approvers": callback.details.get("approvers"),
        "default": callback.details.get("default"),
    }
