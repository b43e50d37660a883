"""Messages, and those who write them: history, conversations, presence."""

from typing import TYPE_CHECKING, Any

from heddle.errors import InvalidInput
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.services import Services

if TYPE_CHECKING:
    from heddle.application.ports.messages import Conversation


@endpoint("list_topic_messages")
def list_topic_messages(services: Services, request: Request) -> Reply:
    """GET /topics/{topic}/messages."""
    from heddle.application.ports.messages import of_topic
    from heddle.domain.realtime.topics import check_topic, kind_of

    topic = check_topic(request.params["topic"])
    if kind_of(topic) != "own":
        raise InvalidInput(
            f"{topic} has no messages of people: a run has its events, your inbox is read by connecting",
            code="topic_without_history",
        )
    return _history(services, request, of_topic(topic))


@endpoint("list_direct_messages")
def list_direct_messages(services: Services, request: Request) -> Reply:
    """GET /direct-messages."""
    query = request.query
    page = services.people.messages.lines(request.tenant, _me(request), limit=query["limit"], cursor=query["cursor"])
    items = [
        {
            "user": line.other,
            "last_message_id": line.last_id,
            "last_at": line.last_at,
            "last_sender": line.last_sender,
            "preview": line.preview,
        }
        for line in page.items
    ]
    return Reply(200, {"items": items, "cursor": page.cursor})


@endpoint("read_direct_messages")
def read_direct_messages(services: Services, request: Request) -> Reply:
    """GET /direct-messages/{user}: always those between that user and the caller."""
    from heddle.application.ports.messages import direct
    from heddle.domain.realtime.notification import check_user

    return _history(services, request, direct(_me(request), check_user(request.params["user"])))


@endpoint("list_presence")
def list_presence(services: Services, request: Request) -> Reply:
    """GET /presence."""
    from heddle.application.realtime.presence import MAX_USERS
    from heddle.domain.realtime.notification import check_user

    users = [each.strip() for each in (request.query["users"] or _me(request)).split(",") if each.strip()]
    names = list(dict.fromkeys(check_user(each) for each in users))
    if len(names) > MAX_USERS:
        raise InvalidInput(
            f"at most {MAX_USERS} users are answered at once, these are {len(names)}",
            code="invalid_parameter",
            errors=[{"field": "users", "message": f"must be at most {MAX_USERS} names"}],
        )
    return Reply(200, {"items": services.people.presence.read(request.tenant, names)})


def _me(request: Request) -> str:
    from heddle.application.ports.realtime import user_of

    return user_of(request.principal.id)


def _history(services: Services, request: Request, conversation: "Conversation") -> Reply:
    query = request.query
    page = services.read_history(
        request.tenant,
        conversation,
        before=query["before"],
        after=query["after"],
        limit=query["limit"],
        words=query["q"],
    )
    items: list[dict[str, Any]] = [
        {
            "id": each.id,
            "type": each.type,
            "sender": each.sender,
            "payload": each.payload,
            "headers": each.headers,
            "at": each.at,
            "status": each.status,
        }
        for each in page.items
    ]
    return Reply(200, {"items": items, "next": page.next, "examined": page.examined})
