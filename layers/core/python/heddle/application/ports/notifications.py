"""Where notifications and preferences of users are kept."""

from typing import Protocol

from heddle.application.ports.paging import Page
from heddle.domain.realtime.notification import Notification
from heddle.domain.realtime.preferences import Preferences


class NotificationStore(Protocol):
    """Notifications for a year, and preferences, by tenant and user."""

    def put(self, tenant: str, notification: Notification) -> None:
        """Keep it, new or as it is now."""
        ...

    def get(self, tenant: str, user: str, id: str) -> Notification | None:
        """Return it, if that user of that tenant has it."""
        ...

    def page(
        self, tenant: str, user: str, *, unread: bool, limit: int, cursor: str | None = None
    ) -> Page[Notification]:
        """Return the user's notifications, or only those that were not read, newest first."""
        ...

    def preferences(self, tenant: str, user: str) -> Preferences:
        """Return the user's preferences; the defaults if nothing was saved."""
        ...

    def prefer(self, tenant: str, user: str, preferences: Preferences) -> None:
        """Keep preferences."""
        ...
