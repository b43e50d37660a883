"""Events that tenants put on the bus."""

from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.services import Services


@endpoint("put_events")
def put_events(services: Services, request: Request) -> Reply:
    """POST /events."""
    from heddle.runtime.api.bodies.events import EventsBody

    body = request.model(EventsBody)
    ids = services.put_events(
        request.tenant, body.events, principal=request.principal.id, correlation_id=request.correlation_id
    )
    return Reply(202, {"ids": list(ids), "refused": sum(each is None for each in ids)})
