"""The routes about dead letters."""

from heddle.runtime.api.routes.route import PAGE, Query, Route

READ, WRITE = "dead-letters:read", "dead-letters:write"

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/dead-letters",
        "list_dead_letters",
        "dead letters",
        "viewer",
        READ,
        "List what was given up, newest first",
        query=(Query("limit", "how many to return", "integer", default=50, minimum=1, maximum=100), PAGE[1]),
    ),
    Route(
        "POST",
        "/dead-letters/redrive",
        "redrive_dead_letters",
        "dead letters",
        "editor",
        WRITE,
        "Send up to a hundred of them again, newest first",
    ),
    Route(
        "GET",
        "/dead-letters/{letter_id}",
        "get_dead_letter",
        "dead letters",
        "viewer",
        READ,
        "Show a dead letter with its message",
        errors=(404,),
    ),
    Route(
        "POST",
        "/dead-letters/{letter_id}/redrive",
        "redrive_dead_letter",
        "dead letters",
        "editor",
        WRITE,
        "Send it again",
        errors=(404,),
    ),
    Route(
        "DELETE",
        "/dead-letters/{letter_id}",
        "delete_dead_letter",
        "dead letters",
        "editor",
        WRITE,
        "Delete it; a run that it is about stays as it is",
        errors=(404,),
    ),
)
