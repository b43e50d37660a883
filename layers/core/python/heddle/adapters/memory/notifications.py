"""Notifications and preferences in memory."""

import threading
from dataclasses import dataclass, field

from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.paging import Page
from heddle.domain.realtime.notification import Notification
from heddle.domain.realtime.preferences import Preferences


@dataclass
class MemoryNotificationStore:
    """A NotificationStore in dictionaries."""

    _kept: dict[tuple[str, str, str], Notification] = field(default_factory=dict)
    _preferences: dict[tuple[str, str], Preferences] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, tenant: str, notification: Notification) -> None:
        with self._lock:
            self._kept[tenant, notification.user, notification.id] = notification

    def get(self, tenant: str, user: str, id: str) -> Notification | None:
        return self._kept.get((tenant, user, id))

    def page(
        self, tenant: str, user: str, *, unread: bool, limit: int, cursor: str | None = None
    ) -> Page[Notification]:
        scope = f"{tenant}#notifications#{user}"
        with self._lock:
            own = [each for key, each in self._kept.items() if key[:2] == (tenant, user)]
        found = sorted(
            (each for each in own if not unread or each.read_at is None), key=lambda each: each.id, reverse=True
        )
        if cursor is not None:
            (position,) = decode_cursor(cursor, scope)
            found = [each for each in found if each.id < position]
        page = tuple(found[:limit])
        return Page(page, encode_cursor(scope, page[-1].id) if len(found) > limit else None)

    def preferences(self, tenant: str, user: str) -> Preferences:
        return self._preferences.get((tenant, user), Preferences())

    def prefer(self, tenant: str, user: str, preferences: Preferences) -> None:
        with self._lock:
            self._preferences[tenant, user] = preferences
