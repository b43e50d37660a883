"""Presence: what users say, connect and do, pushed to topic presence:{user} when what others see changes.

Nothing runs while nobody does anything: a status that time changes (away, offline) is computed by whoever reads it,
and one timer per user has it pushed to those who watch.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from heddle.application.ports.presence import PresenceStore, Timer, Timers
from heddle.application.ports.realtime import Connection, ConnectionStore, SubscriptionStore
from heddle.application.realtime.actor import Sender
from heddle.application.realtime.publish import Publish
from heddle.domain.realtime.frames import ClientFrame
from heddle.domain.realtime.presence import TYPING_SECONDS, Device, Stated, next_look, shown, status_at, updated
from heddle.domain.realtime.topics import check_topic, patterns_of
from heddle.errors import VersionConflict
from heddle.records import dataclass

TOUCH_SECONDS = 60
"""How often it is written down that a user does something."""
ATTEMPTS = 10
MAX_USERS = 50
TIMER = "presence"


@dataclass(frozen=True, slots=True)
class Presence:
    """Reads and changes presence."""

    store: PresenceStore
    connections: ConnectionStore
    subscriptions: SubscriptionStore
    timers: Timers
    publish: Publish
    now: Callable[[], datetime]

    def read(self, tenant: str, users: Sequence[str]) -> list[dict[str, Any]]:
        """Return what others see of users, in their order."""
        stated = self.store.get(tenant, users)
        at = self._at()
        return [shown(user, stated.get(user), self._devices(tenant, user), at=at) for user in users]

    def update(self, sender: Sender, frame: ClientFrame) -> None:
        """Handle UpdatePresence; InvalidInput `invalid_presence`, `unknown_time_zone`."""
        connection = sender.connection

        def change(stated: Stated) -> Stated:
            return replace(updated(stated, frame.data, connection.id), active_at=self._at(), gone_at=None)

        answer = self._change(connection.tenant, connection.user, change, always=True)
        # Their status is in `presence`: `status` says what kind of Status frame this is.
        sender.answer("Status", {"status": "presence_updated", "presence": answer}, id=frame.id)

    def active(self, connection: Connection) -> None:
        """Note that the user did something, once a minute."""
        stated = self.store.get(connection.tenant, [connection.user]).get(connection.user)
        if stated is None or self._at() - stated.active_at >= TOUCH_SECONDS:
            self._change(connection.tenant, connection.user, lambda was: replace(was, active_at=self._at()))

    def connected(self, connection: Connection) -> None:
        """Note that the user has a connection."""
        self._change(connection.tenant, connection.user, lambda was: replace(was, active_at=self._at(), gone_at=None))

    def gone(self, connection: Connection) -> None:
        """Note that a connection was closed; behind the last one the user has five minutes to come back."""

        def change(stated: Stated) -> Stated:
            devices = {key: value for key, value in stated.devices.items() if key != connection.id}
            last = not self._devices(connection.tenant, connection.user)
            return replace(stated, devices=devices, gone_at=self._at() if last else stated.gone_at)

        self._change(connection.tenant, connection.user, change)

    def tick(self, timer: Timer) -> None:
        """Look at a user whose time has come."""
        self._change(timer.tenant, timer.key, lambda stated: stated)

    def _change(
        self, tenant: str, user: str, change: Callable[[Stated], Stated], *, always: bool = False
    ) -> Mapping[str, Any]:
        for _ in range(ATTEMPTS):
            before = self.store.get(tenant, [user]).get(user, Stated())
            after, at = change(before), self._at()
            devices = self._devices(tenant, user)
            status = status_at(after, connected=bool(devices), at=at)
            after = replace(after, shown=status, revision=before.revision + 1)
            try:
                self.store.put(tenant, user, after, at=at)
            except VersionConflict:
                continue
            following = next_look(after, connected=bool(devices), at=at)
            if following is not None:
                self.timers.put(Timer(tenant, TIMER, user, following))
            seen = shown(user, after, devices, at=at)
            if always or status != before.shown:
                self._push(tenant, f"presence:{user}", "Presence", seen, sender=user)
            return seen
        raise VersionConflict("the user's presence changes too often at this moment")

    def _push(self, tenant: str, topic: str, kind: str, data: dict[str, Any], *, sender: str) -> None:
        """Publish, if anybody listens: who comes later reads it."""
        if self.subscriptions.count(tenant, (topic, *patterns_of(topic))):
            self.publish(tenant, topic, kind, data, sender=sender)

    def typing(self, sender: Sender, frame: ClientFrame) -> None:
        """Handle TypingStart and TypingEnd: those who listen to typing:{conversation} hear of it.

        A start counts for ten seconds and is then over, by its `expires_at`, whatever becomes of who typed.
        """
        connection = sender.connection
        topic = check_topic(f"typing:{frame.data.get('conversation_id')}")
        begun = frame.type == "TypingStart"
        data = {
            "conversation_id": topic.partition(":")[2],
            "user_id": connection.user,
            "typing": begun,
            "expires_at": (self.now() + timedelta(seconds=TYPING_SECONDS if begun else 0)).isoformat(),
        }
        self._push(connection.tenant, topic, "TypingIndicator", data, sender=connection.user)

    def _devices(self, tenant: str, user: str) -> list[Device]:
        return [Device(each.id, each.device) for each in self.connections.of_user(tenant, user)]

    def _at(self) -> int:
        return int(self.now().astimezone(UTC).timestamp())
