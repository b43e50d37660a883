"""The routes about messages and those who write them."""

from heddle.runtime.api.routes.route import PAGE, Query, Route

_HISTORY = (
    Query("before", "the newest first, before the message of this id"),
    Query("after", "the oldest first, after the message of this id"),
    Query("limit", "how many to return", "integer", default=50, minimum=1, maximum=100),
    Query("q", "only messages in which each of these words is found"),
)

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/topics/{topic}/messages",
        "list_topic_messages",
        "messages",
        "viewer",
        "messages:read",
        "Read or search what was broadcast on a topic, for a year",
        query=_HISTORY,
    ),
    Route(
        "GET",
        "/direct-messages",
        "list_direct_messages",
        "messages",
        "viewer",
        "messages:read",
        "List whom you have exchanged messages with, newest message first",
        query=PAGE,
    ),
    Route(
        "GET",
        "/direct-messages/{user}",
        "read_direct_messages",
        "messages",
        "viewer",
        "messages:read",
        "Read or search the messages between you and a user, for a year",
        query=_HISTORY,
    ),
    Route(
        "GET",
        "/presence",
        "list_presence",
        "messages",
        "viewer",
        "messages:read",
        "Say where users are: status, devices, last seen",
        query=(Query("users", "names with commas between them, at most 50; left out: yourself"),),
    ),
)
