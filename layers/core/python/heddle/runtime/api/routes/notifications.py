"""The routes about notifications."""

from heddle.runtime.api.routes.route import PAGE, Query, Route

_TAG, _READ, _WRITE = "notifications", "notifications:read", "notifications:write"

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/notifications",
        "list_notifications",
        _TAG,
        "viewer",
        _READ,
        "List your notifications, newest first",
        query=(*PAGE, Query("unread", "only those that were not read", choices=("true", "false"))),
    ),
    Route("POST", "/notifications", "create_notification", _TAG, "editor", _WRITE, "Tell a user something"),
    Route(
        "POST",
        "/notifications/{notification_id}/read",
        "read_notification",
        _TAG,
        "viewer",
        _READ,
        "Note that you have read a notification",
    ),
    Route(
        "GET",
        "/notification-preferences",
        "get_notification_preferences",
        _TAG,
        "viewer",
        _READ,
        "Show what you want to be told, and when",
    ),
    Route(
        "PUT",
        "/notification-preferences",
        "set_notification_preferences",
        _TAG,
        "viewer",
        _READ,
        "Say what you want to be told, and when",
    ),
)
