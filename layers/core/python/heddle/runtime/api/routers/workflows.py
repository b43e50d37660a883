"""Workflows and their versions: save, check, read, delete."""

from typing import TYPE_CHECKING, Any

from heddle.application.ports.catalog import VersionRow, WorkflowRow
from heddle.errors import InvalidInput, InvalidWorkflow
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request, checked, path_number
from heddle.runtime.api.if_match import etag, expected_version
from heddle.runtime.api.services import Services

if TYPE_CHECKING:
    from heddle.runtime.api.bodies.workflows import WorkflowBody


@endpoint("list_workflows")
def list_workflows(services: Services, request: Request) -> Reply:
    """GET /workflows."""
    page = services.find_workflow.page(request.tenant, limit=request.query["limit"], cursor=request.query["cursor"])
    return Reply(200, {"items": [_row(row) for row in page.items], "cursor": page.cursor})


@endpoint("create_workflow")
def create_workflow(services: Services, request: Request) -> Reply:
    """POST /workflows."""
    body = _body(request)
    if body.expected_version:
        raise InvalidInput(
            "a new workflow has no version to stand behind; save with PUT /workflows/{id}",
            code="invalid_body",
            errors=[{"field": "expected_version", "message": "must be left out, or 0"}],
        )
    row, version = services.save_workflow.create(
        request.tenant, body.document, by=request.principal.id, workflow_id=body.id, note=body.note
    )
    return _whole(201, row, version)


@endpoint("save_workflow")
def save_workflow(services: Services, request: Request) -> Reply:
    """PUT /workflows/{workflow_id}."""
    body, workflow_id = _body(request), request.params["workflow_id"]
    if body.id is not None and body.id != workflow_id:
        raise InvalidInput(
            f"the path says {workflow_id!r} and the body says {body.id!r}",
            code="invalid_body",
            errors=[{"field": "id", "message": "must be left out, or be the id of the path"}],
        )
    row, version = services.save_workflow.save(
        request.tenant,
        workflow_id,
        body.document,
        by=request.principal.id,
        expected_version=expected_version(request, body.expected_version, of="workflow"),
        note=body.note,
    )
    reply = _whole(201 if row.version == 1 else 200, row, version)
    if reply.status == 201:
        reply.headers["Location"] = workflow_id  # relative to the request's own path
    return reply


@endpoint("validate_workflow")
def validate_workflow(services: Services, request: Request) -> Reply:
    """POST /workflows/validate: what is wrong with a definition is the answer, not an error."""
    try:
        _, plan = services.save_workflow.compile(_body(request).document)
    except InvalidWorkflow as error:
        return Reply(200, {"valid": False, "problems": [problem.to_json() for problem in error.problems], "plan": None})
    return Reply(200, {"valid": True, "problems": [], "plan": _plan(plan)})


@endpoint("get_workflow")
def get_workflow(services: Services, request: Request) -> Reply:
    """GET /workflows/{workflow_id}."""
    return _whole(200, *services.find_workflow.newest(request.tenant, request.params["workflow_id"]))


@endpoint("delete_workflow")
def delete_workflow(services: Services, request: Request) -> Reply:
    """DELETE /workflows/{workflow_id}."""
    services.delete_workflow(request.tenant, request.params["workflow_id"], by=request.principal.id)
    return Reply(204)


@endpoint("list_versions")
def list_versions(services: Services, request: Request) -> Reply:
    """GET /workflows/{workflow_id}/versions."""
    page = services.find_workflow.versions(
        request.tenant,
        request.params["workflow_id"],
        limit=request.query["limit"],
        cursor=request.query["cursor"],
    )
    return Reply(200, {"items": [_version(version) for version in page.items], "cursor": page.cursor})


@endpoint("get_version")
def get_version(services: Services, request: Request) -> Reply:
    """GET /workflows/{workflow_id}/versions/{version}."""
    number = path_number(request, "version")
    version = services.find_workflow.version(request.tenant, request.params["workflow_id"], number)
    return Reply(200, {**_version(version), "document": version.document, "plan": _plan(version.plan)})


def _body(request: Request) -> "WorkflowBody":
    """Return the envelope, made around the document if the body is the document itself."""
    from heddle.runtime.api.bodies.workflows import WorkflowBody

    value = request.json(yaml=True)
    if isinstance(value, dict) and "document" not in value:
        value = {"document": value}
    return checked(WorkflowBody, value)


def _row(row: WorkflowRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "version": row.version,
        "labels": row.labels,
        "created_at": row.created_at.isoformat(),
        "updated_at": row.updated_at.isoformat(),
        "updated_by": row.updated_by,
    }


def _version(version: VersionRow) -> dict[str, Any]:
    return {
        "workflow_id": version.workflow_id,
        "version": version.version,
        "created_at": version.created_at.isoformat(),
        "created_by": version.created_by,
        "note": version.note,
    }


def _plan(plan: dict[str, Any]) -> dict[str, Any]:
    """Return what a user wants to know of a plan."""
    return {
        "mode": plan["mode"],
        "modes": list(plan["modes"]),
        "reason": plan["reason"],
        "nodes": len(plan["nodes"]),
        "order": list(plan["order"]),
        "series_parallel": plan["series_parallel"],
    }


def _whole(status: int, row: WorkflowRow, version: VersionRow) -> Reply:
    headers = etag(row.version)
    if status == 201:
        headers["Location"] = f"workflows/{row.id}"
    return Reply(status, {**_row(row), "document": version.document, "plan": _plan(version.plan)}, headers)
