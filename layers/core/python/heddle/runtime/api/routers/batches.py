"""Batches: hand in, list, show, follow item by item, pause, resume, cancel, delete."""

from typing import TYPE_CHECKING, Any

from heddle.errors import InvalidInput
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request, path_number
from heddle.runtime.api.idempotency_key import idempotency_key
from heddle.runtime.api.services import Services

if TYPE_CHECKING:
    from heddle.application.batches.read_batch import ShownItem
    from heddle.domain.batches.batch import Batch, Item
    from heddle.domain.batches.progress import Progress
    from heddle.runtime.api.bodies.batches import BatchBody

_PARAMETERS = {"analyze": "analysis", "ingest": "document"}


@endpoint("submit_batch")
def submit_batch(services: Services, request: Request) -> Reply:
    """POST /batches."""
    from heddle.application.batches.submit_batch import Order
    from heddle.domain.webhooks.url import check_url
    from heddle.runtime.api.bodies.batches import BatchBody

    body = request.model(BatchBody)
    source, items = _source(body)
    options = body.options
    if options.webhook_url is not None:
        check_url("options.webhook_url", options.webhook_url, allowed=services.settings.allowed_hosts)
    order = Order(
        operation=body.operation,
        source=source,
        items=items,
        name=body.name,
        max_parallel=options.max_parallel,
        continue_on_error=options.continue_on_error,
        timeout_seconds=options.timeout_seconds,
        webhook_url=options.webhook_url,
        parameters=_parameters(body),
    )
    batch, progress = services.submit_batch(
        request.tenant,
        order,
        by=request.principal.id,
        correlation_id=request.correlation_id,
        idempotency_key=idempotency_key(request),
    )
    return Reply(202, _batch(services, batch, progress), {"Location": f"batches/{batch.id}"})


@endpoint("list_batches")
def list_batches(services: Services, request: Request) -> Reply:
    """GET /batches."""
    from heddle.application.batches.tell import facts

    query = request.query
    page = services.ports.batches.batches(request.tenant, limit=query["limit"], cursor=query["cursor"])
    shown = [facts(batch, progress, services.now()) for batch, progress in page.items]
    return Reply(200, {"items": shown, "cursor": page.cursor})


@endpoint("get_batch")
def get_batch(services: Services, request: Request) -> Reply:
    """GET /batches/{batch}."""
    return Reply(200, _batch(services, *services.read_batch.batch(request.tenant, request.params["batch"])))


@endpoint("delete_batch")
def delete_batch(services: Services, request: Request) -> Reply:
    """DELETE /batches/{batch}."""
    services.control_batch.delete(request.tenant, request.params["batch"])
    return Reply(204)


@endpoint("list_batch_items")
def list_batch_items(services: Services, request: Request) -> Reply:
    """GET /batches/{batch}/items."""
    query = request.query
    page = services.read_batch.listed(
        request.tenant, request.params["batch"], status=query["status"], limit=query["limit"], cursor=query["cursor"]
    )
    return Reply(200, {"items": [_item(each) for each in page.items], "cursor": page.cursor})


@endpoint("get_batch_item")
def get_batch_item(services: Services, request: Request) -> Reply:
    """GET /batches/{batch}/items/{position}."""
    position = path_number(request, "position")
    item, result = services.read_batch.item(request.tenant, request.params["batch"], position)
    return Reply(200, {**_item(item), "result": result})


@endpoint("pause_batch")
def pause_batch(services: Services, request: Request) -> Reply:
    """POST /batches/{batch}/pause."""
    pause = services.control_batch.pause
    return Reply(200, _batch(services, *pause(request.tenant, request.params["batch"], by=request.principal.id)))


@endpoint("resume_batch")
def resume_batch(services: Services, request: Request) -> Reply:
    """POST /batches/{batch}/resume."""
    resume = services.control_batch.resume
    return Reply(200, _batch(services, *resume(request.tenant, request.params["batch"], by=request.principal.id)))


@endpoint("cancel_batch")
def cancel_batch(services: Services, request: Request) -> Reply:
    """POST /batches/{batch}/cancel."""
    cancel = services.control_batch.cancel
    return Reply(200, _batch(services, *cancel(request.tenant, request.params["batch"], by=request.principal.id)))


def _source(body: "BatchBody") -> tuple[dict[str, Any], "list[Item]"]:
    """Return where the items are from, and those that the request names."""
    from heddle.application.content.analyze_bytes import TYPES
    from heddle.domain.batches.batch import Item
    from heddle.runtime.api.bodies.batches import SOURCES
    from heddle.runtime.api.routers.uploads import folder_of

    given = [name for name in SOURCES if getattr(body, name) is not None]
    if len(given) != 1:
        raise _wrong(given[1] if given else "items", f"exactly one of {', '.join(SOURCES)} must be given")
    if body.prefix is not None:
        return {"prefix": folder_of("prefix", body.prefix)}, []
    if body.urls is not None:
        return {"urls": len(body.urls)}, [Item(number, url=url) for number, url in enumerate(body.urls, 1)]
    items = []
    for number, each in enumerate(body.items or (), 1):
        kind = each.content_type or ""
        media_type = TYPES.get(kind, kind) if body.operation == "ingest" else kind
        items.append(Item(number, each.name, each.content, each.object, each.url, media_type))
    return {"items": len(items)}, items


def _parameters(body: "BatchBody") -> dict[str, Any]:
    """Return what the operation is told, refusing what is meant for another one."""
    from heddle.runtime.api.bodies.batches import BatchAnalysisBody, BatchDocumentBody
    from heddle.runtime.api.routers.analyses import wanted

    for operation, field in _PARAMETERS.items():
        if getattr(body, field) is not None and operation != body.operation:
            raise _wrong(field, f"belongs to the operation {operation}; this one is {body.operation}")
    if body.operation == "ingest":
        return (body.document or BatchDocumentBody()).model_dump()
    analysis = body.analysis or BatchAnalysisBody()
    rest = analysis.model_dump(include={"model", "plugins", "plugin_params", "language"})
    return {"wanted": list(wanted(analysis)), **rest}


def _wrong(field: str, message: str) -> InvalidInput:
    return InvalidInput(f"{field}: {message}", code="invalid_body", errors=[{"field": field, "message": message}])


def _batch(services: Services, batch: "Batch", progress: "Progress") -> dict[str, Any]:
    from heddle.application.batches.tell import facts

    return {
        **facts(batch, progress, services.now()),
        "source": dict(batch.source),
        "max_parallel": batch.max_parallel,
        "continue_on_error": batch.continue_on_error,
        "timeout_seconds": batch.timeout_seconds,
        "webhook_url": batch.webhook_url,
        "parameters": dict(batch.parameters),
        "created_by": batch.created_by,
    }


def _item(item: "ShownItem") -> dict[str, Any]:
    result = item.result
    failed = result is not None and result.status == "failed"
    return {
        "position": item.position,
        "name": item.name,
        "status": item.status,
        "summary": dict(result.summary) if result is not None and not failed else None,
        "error": {"code": result.code, "message": result.message} if result is not None and failed else None,
        "attempts": result.attempts if result is not None else 0,
        "took_ms": result.took_ms if result is not None else None,
        "ended_at": result.ended_at.isoformat() if result is not None else None,
    }
