"""What a tenant may do at a time and per second, and how much of it is in use."""

from dataclasses import asdict

from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.services import Services


@endpoint("get_limits")
def get_limits(services: Services, request: Request) -> Reply:
    """GET /limits."""
    ports, tenant = services.ports, request.tenant
    in_use = {"concurrent_runs": ports.slots.held(tenant), "connections": services.people.connections.count(tenant)}
    return Reply(200, {"limits": asdict(ports.limits.of(tenant)), "in_use": in_use})
