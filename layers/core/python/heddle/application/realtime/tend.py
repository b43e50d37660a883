"""What a timer does for connections: warn, close, and try again where sending failed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from heddle.application.ports.realtime import Connection, ConnectionStore, Gateway, Mailbox, Owed
from heddle.application.realtime.actor import Sender
from heddle.application.realtime.deliver import catch_up
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class TendConnection:
    """Looks after a connection that is due: its credential ends soon, its time is over, or it was silent."""

    connections: ConnectionStore
    gateway: Gateway
    close: Callable[[Connection], None]
    now: Callable[[], datetime]

    def __call__(self, connection: Connection) -> str:
        """Return what was done: `warned`, `closed`, or `nothing` if it is not due after all."""
        at = int(self.now().timestamp())
        if connection.due_at > at:
            return "nothing"
        warned = replace(connection, warned=True)
        if warned.due_at <= at:
            self.close(connection)
            return "closed"
        if self.connections.change(warned):
            expires_at = connection.principal.expires_at
            told = {"status": "token_expiring", "expires_at": expires_at, "refresh_required": True}
            Sender(connection, self.gateway, self.now).answer("AuthStatus", told)
        return "warned"


@dataclass(frozen=True, slots=True)
class TendOwed:
    """Has a member that is behind be served again."""

    deliveries: Mailbox
    now: Callable[[], datetime]

    def __call__(self, owed: Owed) -> None:
        """Ask its shard to, once a minute at most."""
        minute = int(self.now().timestamp()) // 60
        catch_up(self.deliveries, owed, once=f"{owed.tenant}#{owed.name}#{owed.shard}#{minute}")
