"""Prompts: save, check, read, compare, label, render, delete."""

from typing import TYPE_CHECKING, Any

from heddle.errors import InvalidInput, InvalidPrompt
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request, checked, path_number
from heddle.runtime.api.if_match import etag, expected_version
from heddle.runtime.api.services import Services

if TYPE_CHECKING:
    from heddle.domain.prompts.prompt import LabelChange, Prompt, PromptVersion, RenderedPrompt
    from heddle.runtime.api.bodies.prompts import PromptBody


@endpoint("list_prompts")
def list_prompts(services: Services, request: Request) -> Reply:
    """GET /prompts."""
    query = request.query
    page = services.find_prompt.page(request.tenant, limit=query["limit"], cursor=query["cursor"], tag=query["tag"])
    return Reply(200, {"items": [_row(row) for row in page.items], "cursor": page.cursor})


@endpoint("create_prompt")
def create_prompt(services: Services, request: Request) -> Reply:
    """POST /prompts."""
    body = _body(request)
    row, version, _ = services.save_prompt(request.tenant, _document(body), by=request.principal.id, create=True)
    reply = _whole(201, row, version)
    reply.headers["Location"] = f"prompts/{row.name}"
    return reply


@endpoint("save_prompt")
def save_prompt(services: Services, request: Request) -> Reply:
    """PUT /prompts/{prompt}."""
    body, name = _body(request), request.params["prompt"]
    if body.name not in (None, name):
        raise InvalidInput(
            f"the path says {name!r} and the body says {body.name!r}",
            code="invalid_body",
            errors=[{"field": "name", "message": "must be left out, or be the name of the path"}],
        )
    row, version, fresh = services.save_prompt(
        request.tenant,
        {**_document(body), "name": name},
        by=request.principal.id,
        expected_version=expected_version(request, body.expected_version, of="prompt"),
    )
    reply = _whole(201 if fresh and version.number == 1 else 200, row, version)
    if reply.status == 201:
        reply.headers["Location"] = name  # relative to the request's own path
    return reply


@endpoint("validate_prompt")
def validate_prompt(services: Services, request: Request) -> Reply:
    """POST /prompts/validate: what is wrong with a document is the answer, not an error. Its tests are run."""
    document = _document(_body(request))
    try:
        draft = services.save_prompt.checked(request.tenant, {"name": "unnamed", **document})
    except InvalidPrompt as error:
        problems = [problem.to_json() for problem in error.problems]
        return Reply(200, {"valid": False, "problems": problems, "tests": 0, "includes": [], "templates": {}})
    answer = {
        "valid": True,
        "problems": [],
        "tests": len(draft.tests),
        "includes": list(draft.includes),
        "templates": dict(draft.templates),
    }
    return Reply(200, answer)


@endpoint("get_prompt")
def get_prompt(services: Services, request: Request) -> Reply:
    """GET /prompts/{prompt}."""
    return _whole(200, *services.find_prompt.newest(request.tenant, request.params["prompt"]))


@endpoint("delete_prompt")
def delete_prompt(services: Services, request: Request) -> Reply:
    """DELETE /prompts/{prompt}."""
    services.delete_prompt(request.tenant, request.params["prompt"], by=request.principal.id)
    return Reply(204)


@endpoint("list_prompt_versions")
def list_prompt_versions(services: Services, request: Request) -> Reply:
    """GET /prompts/{prompt}/versions."""
    page = services.find_prompt.versions(
        request.tenant, request.params["prompt"], limit=request.query["limit"], cursor=request.query["cursor"]
    )
    return Reply(200, {"items": [_version(version) for version in page.items], "cursor": page.cursor})


@endpoint("get_prompt_version")
def get_prompt_version(services: Services, request: Request) -> Reply:
    """GET /prompts/{prompt}/versions/{version}."""
    number = path_number(request, "version")
    return Reply(200, _whole_version(services.find_prompt.version(request.tenant, request.params["prompt"], number)))


@endpoint("compare_prompt_versions")
def compare_prompt_versions(services: Services, request: Request) -> Reply:
    """GET /prompts/{prompt}/diff: without `to` up to the newest version, without `from` from the one before."""
    name = request.params["prompt"]
    row = services.find_prompt.row(request.tenant, name)
    after = request.query["to"] or row.version
    before = request.query["from"] or max(1, after - 1)
    found = services.find_prompt.compare(request.tenant, name, before, after)
    answer = {
        "prompt": name,
        "from": found.before,
        "to": found.after,
        "same": found.same,
        "texts": dict(found.texts),
        "variables": dict(found.variables),
        "other": dict(found.other),
    }
    return Reply(200, answer)


@endpoint("list_prompt_labels")
def list_prompt_labels(services: Services, request: Request) -> Reply:
    """GET /prompts/{prompt}/labels: who moved which label when."""
    page = services.find_prompt.changes(
        request.tenant, request.params["prompt"], limit=request.query["limit"], cursor=request.query["cursor"]
    )
    return Reply(200, {"items": [_change(change) for change in page.items], "cursor": page.cursor})


@endpoint("set_prompt_label")
def set_prompt_label(services: Services, request: Request) -> Reply:
    """PUT /prompts/{prompt}/labels/{label}."""
    from heddle.runtime.api.bodies.prompts import PromptLabelBody

    number, params = request.model(PromptLabelBody).version, request.params
    row = services.label_prompt.set(request.tenant, params["prompt"], params["label"], number, by=request.principal.id)
    return Reply(200, _row(row))


@endpoint("rollback_prompt")
def rollback_prompt(services: Services, request: Request) -> Reply:
    """POST /prompts/{prompt}/rollback."""
    from heddle.runtime.api.bodies.prompts import PromptRollbackBody

    label = request.model(PromptRollbackBody).label
    row = services.label_prompt.rollback(request.tenant, request.params["prompt"], label, by=request.principal.id)
    return Reply(200, _row(row))


@endpoint("render_prompt")
def render_prompt(services: Services, request: Request) -> Reply:
    """POST /prompts/{prompt}/render."""
    from heddle.runtime.api.bodies.prompts import RenderBody

    body = request.model(RenderBody)
    if body.version is not None and body.label is not None:
        raise InvalidInput(
            "give a version or a label, not both",
            code="invalid_body",
            errors=[{"field": "label", "message": "must be left out where there is a version"}],
        )
    which = body.version if body.version is not None else body.label
    reference = request.params["prompt"] + (f"@{which}" if which is not None else "")
    return Reply(200, _rendered(services.render_prompt(request.tenant, reference, body.variables)))


def _body(request: Request) -> "PromptBody":
    from heddle.runtime.api.bodies.prompts import PromptBody

    return checked(PromptBody, request.json(yaml=True))


def _document(body: "PromptBody") -> dict[str, Any]:
    return body.model_dump(exclude_unset=True, exclude={"expected_version"})


def _row(row: "Prompt") -> dict[str, Any]:
    from heddle.domain.prompts.prompt import RESERVED_PREFIX

    return {
        "name": row.name,
        "version": row.version,
        "description": row.description,
        "tags": list(row.tags),
        "labels": {
            name: {"version": label.version, "at": label.at.isoformat(), "by": label.by}
            for name, label in row.labels.items()
        },
        "built_in": row.name.startswith(RESERVED_PREFIX),
        "created_at": row.created_at.isoformat(),
        "updated_at": row.updated_at.isoformat(),
        "updated_by": row.updated_by,
    }


def _version(version: "PromptVersion") -> dict[str, Any]:
    return {
        "prompt": version.prompt,
        "version": version.number,
        "syntax": version.syntax,
        "output_format": version.output_format,
        "content_hash": version.content_hash,
        "created_at": version.created_at.isoformat(),
        "created_by": version.created_by,
        "note": version.note,
    }


def _whole_version(version: "PromptVersion") -> dict[str, Any]:
    return {
        **_version(version),
        "content": dict(version.content),
        "templates": dict(version.templates),
        "variables": {name: variable.to_json() for name, variable in version.variables.items()},
        "includes": list(version.includes),
        "tests": [test.to_json() for test in version.tests],
    }


def _whole(status: int, row: "Prompt", version: "PromptVersion") -> Reply:
    return Reply(status, {**_row(row), "newest": _whole_version(version)}, etag(row.version))


def _change(change: "LabelChange") -> dict[str, Any]:
    return {
        "label": change.label,
        "action": change.action,
        "from": change.before,
        "to": change.version,
        "at": change.at.isoformat(),
        "by": change.by,
    }


def _rendered(rendered: "RenderedPrompt") -> dict[str, Any]:
    from heddle.domain.models.tokens import count_messages

    texts = {"system": rendered.system, "user": rendered.text}
    tokens = count_messages("plain", [{"role": role, "content": text} for role, text in texts.items() if text])
    return {
        "prompt": rendered.name,
        "version": rendered.version,
        "hash": rendered.hash,
        "text": rendered.text,
        "system": rendered.system,
        "includes": dict(rendered.includes),
        "estimated_tokens": tokens.tokens,
    }
