"""Direct messages: into the inbox of a user, where they wait until they are acknowledged.

DirectMessage ─► rules ─► topic user:{target} ─► each of their connections, now or when they come
                                                   └─► Ack ─► position moves ─► DeliveryConfirmation to the sender
"""

from collections.abc import Mapping
from typing import Any

from heddle.application.ports.messages import (
    DirectLine,
    MessageStore,
    Position,
    StoredMessage,
    direct,
)
from heddle.application.ports.realtime import ConnectionStore
from heddle.application.ports.topics import Frame, TopicLog
from heddle.application.realtime.actor import Sender
from heddle.application.realtime.publish import Publish
from heddle.application.realtime.screen import Screen, message_of
from heddle.domain.realtime.frames import ClientFrame
from heddle.domain.realtime.notification import check_user
from heddle.domain.realtime.rules.message import Message
from heddle.errors import Forbidden, InvalidInput, NotFound
from heddle.records import dataclass

PAGE = 500
PREVIEW = 120
_LOOKED_BACK = 200


@dataclass(frozen=True, slots=True)
class SendDirectMessage:
    """Handles DirectMessage."""

    publish: Publish
    messages: MessageStore
    connections: ConnectionStore
    screen: Screen

    def __call__(self, sender: Sender, frame: ClientFrame) -> None:
        """Send and acknowledge. NotFound `user_offline` says in `queued` that the message waits.

        A user of another tenant is a name like any other here: nobody of that name has ever connected.
        """
        connection, target = sender.connection, check_user(frame.data.get("target_user"))
        if "payload" not in frame.data:
            raise InvalidInput("`payload` is missing: it is what the user gets", code="invalid_frame")
        if not {"editor", "admin"}.intersection(connection.principal.roles):
            raise Forbidden("sending messages needs the role editor", code="topic_forbidden")
        verdict = self.screen(
            connection, message_of(connection, "DirectMessage", f"user:{target}", frame.data, target), lambda: 1
        )
        tenant, user, message = connection.tenant, connection.user, verdict.message
        devices = [each.id for each in self.connections.of_user(tenant, target)]
        if not devices and not verdict.keep:
            raise NotFound(f"{target} is not connected", code="user_offline", queued=False)
        about: dict[str, Any] = {"headers": dict(message.headers)} if message.headers else {}
        about |= {"priority": message.priority} if message.priority != "Normal" else {}
        data = {"from_user": user, "payload": message.payload, "metadata": about}
        done = self.publish(tenant, f"user:{target}", "DirectMessage", data, sender=user)
        if verdict.keep:
            self._keep(tenant, user, target, done.message_id, sender.now().isoformat(), message)
        if not devices:
            raise NotFound(
                f"{target} is not connected; the message waits",
                code="user_offline",
                message_id=done.message_id,
                queued=True,
            )
        ack = {"message_id": done.message_id, "status": "delivered", "delivered_to": devices}
        sender.answer("Ack", ack, id=frame.id)

    def _keep(self, tenant: str, user: str, target: str, message_id: str, at: str, message: Message) -> None:
        payload = message.payload
        stored = StoredMessage(message_id, "DirectMessage", user, payload, at, dict(message.headers))
        self.messages.add(tenant, direct(user, target), stored)
        preview = payload if isinstance(payload, str) else str(payload)
        for owner, other in ((user, target), (target, user)):
            self.messages.put_line(tenant, owner, DirectLine(other, message_id, at, user, preview[:PREVIEW]))


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Handles Ack: everything in the inbox up to a message was received (or read)."""

    topics: TopicLog
    messages: MessageStore
    publish: Publish

    def __call__(self, sender: Sender, frame: ClientFrame) -> None:
        """Move the user's position; InvalidInput, NotFound `message_not_found`."""
        connection, status = sender.connection, frame.data.get("status", "delivered")
        if status not in ("delivered", "read"):
            raise InvalidInput("`status` must be delivered or read", code="invalid_frame")
        tenant, user = connection.tenant, connection.user
        position = Position(self.after(tenant, user), "")
        named = self._named(tenant, f"user:{user}", position.seq, frame.data)
        entries = [*self._between(tenant, f"user:{user}", position.seq, named.seq), named]
        if named.seq > position.seq:
            self.messages.move(tenant, user, Position(named.seq, named.at))
        by_sender: dict[str, list[str]] = {}
        for entry in entries:
            if entry.type == "DirectMessage" and entry.data["from_user"] != user:
                ids = by_sender.setdefault(entry.data["from_user"], [])
                if (message_id := entry.data["metadata"]["message_id"]) not in ids:
                    ids.append(message_id)
        for author, ids in by_sender.items():
            for message_id in ids:
                self.messages.mark(tenant, direct(author, user), message_id, status)
            told = {"message_id": ids[-1], "message_ids": ids, "status": status, "by": user}
            self.publish(tenant, f"user:{author}", "DeliveryConfirmation", told, sender=user)

    def after(self, tenant: str, user: str) -> int:
        """Return the number in the inbox behind which nothing was acknowledged.

        An inbox that was empty for a month begins again at 1: its first frame is then newer than what was acknowledged.
        """
        position = self.messages.position(tenant, user)
        if position.seq == 0:
            return 0
        oldest = self.topics.read(tenant, f"user:{user}", after=0, limit=1)
        if not oldest or (oldest[0].seq <= position.seq and oldest[0].at > position.at):
            return 0
        return position.seq

    def _named(self, tenant: str, inbox: str, position: int, data: Mapping[str, Any]) -> Frame:
        message_id, seq = data.get("message_id"), data.get("seq")
        if isinstance(seq, int) and not isinstance(seq, bool) and seq > 0:
            found = self.topics.read(tenant, inbox, after=seq - 1, limit=1)
        elif isinstance(message_id, str):
            found = self.topics.read(tenant, inbox, after=max(0, position - _LOOKED_BACK), limit=PAGE)
        else:
            raise InvalidInput(
                "Ack needs `message_id` or `seq`, as the message's metadata have them", code="invalid_frame"
            )
        for entry in found:
            if seq is not None and entry.seq != seq:
                continue
            if message_id in (None, entry.data.get("metadata", {}).get("message_id")):
                return entry
        raise NotFound("there is no such message in your inbox; name it by `seq`", code="message_not_found")

    def _between(self, tenant: str, inbox: str, after: int, until: int) -> list[Frame]:
        if until <= after:
            return []
        return list(self.topics.read(tenant, inbox, after=after, limit=min(PAGE, until - after)))
