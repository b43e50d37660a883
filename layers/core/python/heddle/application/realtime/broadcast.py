"""Broadcast: a client's message to everybody who listens to a topic of its tenant."""

from heddle.application.realtime.access import TopicAccess
from heddle.application.realtime.actor import Sender
from heddle.application.realtime.publish import Publish
from heddle.domain.realtime.frames import ClientFrame
from heddle.domain.realtime.topics import check_topic
from heddle.errors import InvalidInput
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Handles Broadcast frames."""

    publish: Publish
    access: TopicAccess

    def __call__(self, sender: Sender, frame: ClientFrame) -> None:
        """Publish and acknowledge; InvalidInput, Forbidden."""
        topic = check_topic(frame.data.get("topic"))
        if "payload" not in frame.data:
            raise InvalidInput("`payload` is missing: it is what the listeners get", code="invalid_frame")
        connection = sender.connection
        self.access.may_write(connection.principal, topic)
        data = {"payload": frame.data["payload"]}
        done = self.publish(connection.tenant, topic, "Broadcast", data, sender=connection.user)
        ack = {"message_id": done.message_id, "status": "delivered", "recipients": done.recipients, "seq": done.seq}
        sender.answer("Ack", ack, id=frame.id)
