"""Conversations: what a node of a run asked of models and tools."""

from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.services import Services


@endpoint("get_conversation")
def get_conversation(services: Services, request: Request) -> Reply:
    """GET /runs/{run_id}/conversations/{node_id}."""
    query = request.query
    events, more = services.read_conversation(
        request.tenant,
        request.params["run_id"],
        request.params["node_id"],
        item=query["item"],
        after=query["after"],
        limit=query["limit"],
    )
    return Reply(
        200, {"items": events, "next_after": events[-1]["version"] if events else query["after"], "more": more}
    )
