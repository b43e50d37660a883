"""What a tenant can use, what it costs, and how many tokens a text has."""

from typing import Any

from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.services import Services


@endpoint("list_models")
def list_models(services: Services, request: Request) -> Reply:
    """GET /models."""
    provider = request.query["provider"]
    return Reply(200, services.describe_models.overview(request.tenant, services.now(), provider=provider))


@endpoint("compare_models")
def compare_models(services: Services, request: Request) -> Reply:
    """GET /models/compare."""
    query = request.query
    found = services.describe_models.compare(
        request.tenant,
        query["a"],
        query["b"],
        _usage(query),
        services.now(),
        calls_per_day=query["calls_per_day"],
    )
    return Reply(200, found)


@endpoint("cheapest_model")
def cheapest_model(services: Services, request: Request) -> Reply:
    """GET /models/cheapest."""
    names = [name.strip() for name in (request.query["models"] or "").split(",") if name.strip()]
    items = services.describe_models.cheapest(request.tenant, _usage(request.query), services.now(), names)
    return Reply(200, {"items": items, "cursor": None})


@endpoint("count_tokens")
def count_tokens(services: Services, request: Request) -> Reply:
    """POST /models/count."""
    from heddle.runtime.api.bodies.models import CountBody

    body = request.model(CountBody)
    texts = body.texts or ([body.text] if body.text is not None else [])
    found = services.describe_models.count(
        request.tenant,
        body.model,
        services.now(),
        texts=texts,
        messages=[message.model_dump() for message in body.messages or []],
        compare_with=body.compare_with,
    )
    return Reply(200, found)


def _usage(query: Any) -> Any:
    from heddle.domain.models.prices import Usage

    return Usage(query["input_tokens"], query["output_tokens"])
