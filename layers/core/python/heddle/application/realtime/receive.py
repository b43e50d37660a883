"""What a client sends: read, held against limits, and put into its mailbox; heartbeats and credentials at once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from heddle.application.ports.realtime import Connection, ConnectionStore, Gateway, Mailbox
from heddle.application.realtime.actor import FrameHandler, Sender
from heddle.domain.realtime.frames import ClientFrame, frame_id_in, read_frame
from heddle.errors import HeddleError, InvalidInput
from heddle.records import dataclass

TOUCH_SECONDS = 30
"""How often it is written down that a connection is alive; a write per heartbeat would cost more than the socket."""


class FrameLimits(Protocol):
    """How many frames are taken."""

    def take(self, connection: Connection, kind: str) -> None:
        """Count a frame; RateLimited `rate_limited` with `retry_after` seconds if there were too many."""
        ...


@dataclass(frozen=True, slots=True)
class Receive:
    """Takes the text of one frame of a connection."""

    connections: ConnectionStore
    gateway: Gateway
    mailbox: Mailbox
    limits: FrameLimits
    renew: FrameHandler
    now: Callable[[], datetime]

    def __call__(self, connection_id: str, text: str, *, message_id: str) -> str:
        """Return what became of it: `answered`, `queued`, `refused`, or `unknown` for a connection we do not have.

        `message_id` is the gateway's own: a frame that is handed over twice is handled once.
        """
        connection = self.connections.get(connection_id)
        if connection is None:
            self.gateway.close(connection_id)
            return "unknown"
        sender = Sender(connection, self.gateway, self.now)
        try:
            frame = read_frame(text)
            self.limits.take(connection, frame.type)
            if frame.type == "Authenticate":
                self.renew(sender, frame)
                return "answered"
        except HeddleError as error:
            sender.refuse(error, id=frame_id_in(text))
            return "refused"
        self._touch(connection)
        if frame.type == "Ping":
            sender.answer("Pong", _echo(frame), id=frame.id)
            return "answered"
        if frame.type == "Pong":
            return "answered"
        message = {"do": "frame", "type": frame.type, "data": frame.data, "id": frame.id}
        self.mailbox.send(connection_id, message, once=f"{connection_id}#{message_id}")
        return "queued"

    def refuse_binary(self, connection_id: str) -> str:
        """Say that frames are text."""
        connection = self.connections.get(connection_id)
        if connection is not None:
            error = InvalidInput("frames are text: send bytes as base64 inside of JSON", code="binary_frame")
            Sender(connection, self.gateway, self.now).refuse(error)
        return "refused"

    def _touch(self, connection: Connection) -> None:
        at = int(self.now().timestamp())
        if at - connection.seen_at >= TOUCH_SECONDS:
            self.connections.change(replace(connection, seen_at=at))


def _echo(frame: ClientFrame) -> dict[str, object]:
    return {"timestamp": frame.data.get("timestamp")}
