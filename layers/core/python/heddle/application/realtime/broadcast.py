"""Broadcast: a client's message to everybody who listens to a topic of its tenant."""

from typing import Any

from heddle.application.ports.messages import MessageStore, StoredMessage, of_topic
from heddle.application.ports.realtime import SubscriptionStore
from heddle.application.realtime.access import TopicAccess
from heddle.application.realtime.actor import Sender
from heddle.application.realtime.publish import Publish
from heddle.application.realtime.screen import Screen, message_of
from heddle.domain.realtime.frames import ClientFrame
from heddle.domain.realtime.topics import check_topic, patterns_of
from heddle.errors import InvalidInput
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Handles Broadcast frames."""

    publish: Publish
    access: TopicAccess
    subscriptions: SubscriptionStore
    screen: Screen
    messages: MessageStore

    def __call__(self, sender: Sender, frame: ClientFrame) -> None:
        """Publish, keep for a year, and acknowledge; InvalidInput, Forbidden, RateLimited."""
        topic = check_topic(frame.data.get("topic"))
        if "payload" not in frame.data:
            raise InvalidInput("`payload` is missing: it is what the listeners get", code="invalid_frame")
        connection = sender.connection
        tenant, user = connection.tenant, connection.user
        self.access.may_write(connection.principal, topic)
        verdict = self.screen(
            connection,
            message_of(connection, "Broadcast", topic, frame.data),
            lambda: self.subscriptions.count(tenant, (topic, *patterns_of(topic))),
        )
        message = verdict.message
        about: dict[str, Any] = {"headers": dict(message.headers)} if message.headers else {}
        about |= {"priority": message.priority} if message.priority != "Normal" else {}
        data = {"payload": message.payload, "metadata": about}
        done = self.publish(tenant, message.topic, "Broadcast", data, sender=user)
        if verdict.keep:
            at = sender.now().isoformat()
            kept = StoredMessage(done.message_id, "Broadcast", user, message.payload, at, dict(message.headers))
            self.messages.add(tenant, of_topic(message.topic), kept)
        ack = {"message_id": done.message_id, "status": "delivered", "recipients": done.recipients, "seq": done.seq}
        sender.answer("Ack", ack, id=frame.id)
