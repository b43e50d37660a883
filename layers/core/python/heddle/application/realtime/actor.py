"""What a handler of frames works with: the connection that sent the frame, and a way to answer it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from heddle.application.ports.realtime import Connection, Gateway, Posted
from heddle.domain.realtime.frames import ClientFrame, encoded, error_frame, server_frame
from heddle.errors import HeddleError
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Sender:
    """The connection that a frame came from."""

    connection: Connection
    gateway: Gateway
    now: Callable[[], datetime]

    def answer(self, kind: str, data: dict[str, Any], *, id: str | None = None) -> Posted:
        """Send it a frame; one that is gone or does not read hears nothing, and that is mostly its own affair."""
        return self.gateway.post(
            self.connection.id, encoded(server_frame(kind, data, at=self.now().isoformat(), id=id))
        )

    def refuse(self, error: HeddleError, *, id: str | None = None) -> None:
        """Send it an error."""
        self.gateway.post(self.connection.id, encoded(error_frame(error, at=self.now().isoformat(), id=id)))


class FrameHandler(Protocol):
    """Handles frames of one type; raises HeddleError for what the sender did wrong, which is then answered."""

    def __call__(self, sender: Sender, frame: ClientFrame) -> None:
        """Do what the frame asks. May be called again for the same frame after a crash."""
        ...
