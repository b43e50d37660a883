"""Notifications and the preferences of who gets them."""

from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.services import Services


@endpoint("list_notifications")
def list_notifications(services: Services, request: Request) -> Reply:
    """GET /notifications."""
    query = request.query
    page = services.people.notifications.page(
        request.tenant, _me(request), unread=query["unread"] == "true", limit=query["limit"], cursor=query["cursor"]
    )
    return Reply(200, {"items": [each.to_json() for each in page.items], "cursor": page.cursor})


@endpoint("create_notification")
def create_notification(services: Services, request: Request) -> Reply:
    """POST /notifications."""
    from heddle.runtime.api.bodies.notifications import NotificationBody

    document = request.model(NotificationBody).model_dump()
    user = document.pop("user")
    made = services.people.notify(request.tenant, user, document, by=request.principal.id)
    return Reply(201, made.to_json())


@endpoint("read_notification")
def read_notification(services: Services, request: Request) -> Reply:
    """POST /notifications/{notification_id}/read."""
    found = services.people.notify.mark_read(request.tenant, _me(request), request.params["notification_id"])
    return Reply(200, found.to_json())


@endpoint("get_notification_preferences")
def get_notification_preferences(services: Services, request: Request) -> Reply:
    """GET /notification-preferences."""
    return Reply(200, services.people.notifications.preferences(request.tenant, _me(request)).to_json())


@endpoint("set_notification_preferences")
def set_notification_preferences(services: Services, request: Request) -> Reply:
    """PUT /notification-preferences."""
    from heddle.domain.realtime.preferences import checked
    from heddle.runtime.api.bodies.notifications import PreferencesBody

    preferences = checked(request.model(PreferencesBody).model_dump(exclude_unset=True))
    services.people.notifications.prefer(request.tenant, _me(request), preferences)
    return Reply(200, preferences.to_json())


def _me(request: Request) -> str:
    from heddle.application.ports.realtime import user_of

    return user_of(request.principal.id)
