"""Entries of a topic's log as frames on the wire.

Messages of people keep their type: Broadcast, DirectMessage, Notification, Presence, … What a run writes (token,
tool, node.output, run.succeeded, …) goes out as a Broadcast whose payload says in `event` what it is.
"""

from typing import Any

from heddle.application.ports.topics import Frame
from heddle.domain.realtime.frames import MAX_SENT_BYTES, encoded, server_frame

OWN_TYPES = frozenset(
    [
        "Broadcast",
        "DeliveryConfirmation",
        "DirectMessage",
        "Notification",
        "Presence",
        "SystemMessage",
        "TypingIndicator",
    ]
)


def on_the_wire(topic: str, entry: Frame) -> bytes:
    """Return the message for an entry; one that is too large for the gateway says where it can be read."""
    sent = encoded(_frame(topic, entry, entry.data))
    if len(sent) <= MAX_SENT_BYTES:
        return sent
    where = f"/topics/{topic}/frames?after={entry.seq - 1}&limit=1"
    return encoded(_frame(topic, entry, {"too_large": True, "bytes": len(sent), "read": where}))


def _frame(topic: str, entry: Frame, data: dict[str, Any]) -> dict[str, Any]:
    place = {"topic": topic, "seq": entry.seq}
    if entry.type in OWN_TYPES:
        body = {**data, "metadata": {**data.get("metadata", {}), "seq": entry.seq}}
        if entry.type == "Broadcast":
            body = {"topic": topic, **body}
        return server_frame(entry.type, body, at=entry.at, metadata=place)
    body = {
        "topic": topic,
        "payload": {"event": entry.type, **data},
        "metadata": {"sent_at": entry.at, "message_id": f"{topic}#{entry.seq}", "seq": entry.seq},
    }
    return server_frame("Broadcast", body, at=entry.at, metadata=place)
