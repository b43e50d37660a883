"""Notifications: listed always, pushed when the user's preferences let them, held until quiet hours end."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from heddle.application.ports.notifications import NotificationStore
from heddle.application.ports.presence import Timer, Timers
from heddle.application.ports.rates import Rate, RateStore
from heddle.application.realtime.publish import Publish
from heddle.domain.realtime.notification import Notification, checked
from heddle.domain.realtime.preferences import fate_of
from heddle.errors import NotFound
from heddle.records import dataclass

TIMER = "notification"


@dataclass(frozen=True, slots=True)
class Notify:
    """Tells users something."""

    store: NotificationStore
    rates: RateStore
    timers: Timers
    publish: Publish
    new_id: Callable[[], str]
    now: Callable[[], datetime]

    def __call__(self, tenant: str, user: str, document: Mapping[str, Any], *, by: str) -> Notification:
        """Keep a notification and push it, if it may be now; InvalidInput names the field."""
        made = checked(user, document, id=self.new_id(), at=self.now().isoformat(), by=by)
        return self._decide(tenant, made)

    def release(self, timer: Timer) -> None:
        """Decide anew about a notification that was held; preferences may be others by now."""
        user, _, id = timer.key.rpartition("#")
        found = self.store.get(timer.tenant, user, id)
        if found is not None and found.status == "held" and found.read_at is None:
            self._decide(timer.tenant, found)

    def mark_read(self, tenant: str, user: str, id: str) -> Notification:
        """Note that it was read, the first time; NotFound for one that is not the user's."""
        found = self.store.get(tenant, user, id)
        if found is None:
            raise NotFound(f"there is no notification {id!r}", code="notification_not_found")
        if found.read_at is None:
            found = replace(found, read_at=self.now().isoformat())
            self.store.put(tenant, found)
        return found

    def _decide(self, tenant: str, made: Notification) -> Notification:
        preferences, at = self.store.preferences(tenant, made.user), self.now()
        fate, until = fate_of(preferences, type=made.type, topic=made.topic, priority=made.priority, at=at)
        if fate == "pushed" and made.priority != "Critical":
            hourly = Rate(preferences.max_per_hour / 3600, preferences.max_per_hour)
            if self.rates.take(tenant, f"notifications#{made.user}", 1, hourly, at=at.timestamp()) > 0:
                fate = "muted"  # in the list it is, among others
        made = replace(made, status=fate, held_until=until.isoformat() if until else None)
        # Kept first: one that was pushed and is nowhere to be found would be worse than one that comes twice.
        self.store.put(tenant, made)
        if until is not None:
            self.timers.put(Timer(tenant, TIMER, f"{made.user}#{made.id}", int(until.timestamp())))
        elif fate == "pushed":
            data = {
                key: value for key, value in made.to_json().items() if key not in ("status", "held_until", "read_at")
            }
            self.publish(tenant, f"user:{made.user}", "Notification", data, sender=made.created_by)
        return made
