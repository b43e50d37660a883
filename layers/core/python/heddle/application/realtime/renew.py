"""Authenticate: a new credential for a connection that is open, so that it need not be cut when the old one ends."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from heddle.application.identity.principal import Principal
from heddle.application.ports.realtime import ConnectionStore
from heddle.application.realtime.actor import Sender
from heddle.application.realtime.connect import OPEN_SECONDS
from heddle.domain.realtime.frames import ClientFrame
from heddle.errors import Forbidden, InvalidInput
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Renew:
    """Handles Authenticate frames, where they are received: a token does not belong into a queue."""

    connections: ConnectionStore
    check_token: Callable[[str], Principal]
    now: Callable[[], datetime]

    def __call__(self, sender: Sender, frame: ClientFrame) -> None:
        """Take the token and answer AuthStatus; Unauthenticated, Forbidden `another_principal`: then all stays."""
        token = frame.data.get("token")
        if not isinstance(token, str) or not token:
            raise InvalidInput("`token` must be an access token", code="invalid_frame")
        principal, connection = self.check_token(token), sender.connection
        if (principal.tenant, principal.id) != (connection.tenant, connection.principal.id):
            raise Forbidden("the token is of somebody else: open another connection", code="another_principal")
        longest = connection.connected_at + OPEN_SECONDS
        closes_at = min(longest, principal.expires_at or longest)
        at = int(self.now().timestamp())
        self.connections.change(replace(connection, principal=principal, closes_at=closes_at, seen_at=at, warned=False))
        told = {"status": "authenticated", "expires_at": principal.expires_at, "closes_at": closes_at}
        sender.answer("AuthStatus", told, id=frame.id)
