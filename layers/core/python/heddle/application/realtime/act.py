"""The actor of a connection: its frames one by one, in order, whatever the other connections do."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from heddle.application.ports.realtime import Connection, ConnectionStore, Gateway
from heddle.application.realtime.actor import FrameHandler, Sender
from heddle.domain.realtime.frames import CUSTOM_PREFIX, ClientFrame
from heddle.errors import HeddleError, InvalidInput, UpstreamUnavailable
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Act:
    """Handles one message of a connection's mailbox: {"do": "frame", "type", "data", "id"} or {"do": "welcome", …}.

    What the sender did wrong is answered; a service that is not there raises, and the message is delivered again.
    """

    connections: ConnectionStore
    gateway: Gateway
    handlers: Mapping[str, FrameHandler]
    welcome: Callable[[Sender, Mapping[str, Any]], None]
    now: Callable[[], datetime]
    acted: Callable[[Connection], None] = lambda connection: None

    def __call__(self, connection_id: str, message: Mapping[str, Any]) -> str:
        """Return what became of it: `handled`, `refused`, or `gone` if the connection is closed."""
        connection = self.connections.get(connection_id)
        if connection is None:
            return "gone"
        sender = Sender(connection, self.gateway, self.now)
        if message["do"] == "welcome":
            self.welcome(sender, message)
            return "handled"
        frame = ClientFrame(message["type"], message["data"], message.get("id"))
        try:
            self._handler(frame.type)(sender, frame)
            self.acted(connection)
        except UpstreamUnavailable:
            raise
        except HeddleError as error:
            sender.refuse(error, id=frame.id)
            return "refused"
        return "handled"

    def give_up(self, connection_id: str, message: Mapping[str, Any], error: str) -> None:
        """Tell the sender that its frame failed again and again and was put aside."""
        connection = self.connections.get(connection_id)
        if connection is not None:
            sender = Sender(connection, self.gateway, self.now)
            failed = HeddleError("the frame could not be handled and was put aside", code="frame_parked", reason=error)
            sender.refuse(failed, id=message.get("id"))

    def _handler(self, kind: str) -> FrameHandler:
        found = self.handlers.get(kind)
        if found is None:
            what = "nobody handles frames of type" if kind.startswith(CUSTOM_PREFIX) else "not handled here:"
            raise InvalidInput(f"{what} {kind[:40]!r}", code="unknown_frame_type")
        return found
