"""Opening and closing connections, and the session that outlives them.

    $connect ─► who is it, is there room ─► connection, session ─► "welcome" in the connection's mailbox
    welcome  ─► inbox and resumed subscriptions join ─► Status connected {connection_id, session, resume_token, …}
    cut      ─► where each topic stood goes into the session; ten minutes are left to resume it

A resume token works once: each connection gets another one, and who comes second with the same is refused.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from heddle.application.identity.principal import Principal
from heddle.application.ports.realtime import (
    Connection,
    ConnectionStore,
    Gateway,
    Mailbox,
    Session,
    SessionStore,
    SubscriptionStore,
)
from heddle.application.ports.topics import TopicLog
from heddle.application.realtime.actor import Sender
from heddle.application.realtime.subscribe import Subscribe
from heddle.domain.realtime.frames import FEATURES, PROTOCOL_VERSION
from heddle.domain.realtime.topics import is_pattern
from heddle.errors import HeddleError, InvalidInput
from heddle.records import dataclass

OPEN_SECONDS = 115 * 60
"""The gateway cuts a connection after two hours; we close it before, with a token to go on."""
RESUME_SECONDS = 600


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections a user and a tenant may have open."""

    per_user: int = 20
    per_tenant: int = 10_000


@dataclass(frozen=True, slots=True)
class Connect:
    """Opens a connection for a principal whose credential held."""

    connections: ConnectionStore
    sessions: SessionStore
    subscriptions: SubscriptionStore
    mailbox: Mailbox
    gateway: Gateway
    new_id: Callable[[], str]
    now: Callable[[], datetime]
    limits: Callable[[str], ConnectionLimits] = lambda tenant: ConnectionLimits()

    def __call__(
        self, connection_id: str, principal: Principal, *, resume: str | None = None, device: Mapping[str, Any] = {}
    ) -> Connection:
        """Keep the connection and have it welcomed.

        RateLimited `too_many_connections`; with `resume` InvalidInput `invalid_resume_token`, NotFound
        `session_not_found` and Conflict `session_resumed`: then nothing was kept.
        """
        at = int(self.now().timestamp())
        closes_at = min(at + OPEN_SECONDS, principal.expires_at or at + OPEN_SECONDS)
        session_id, secret = _token(resume) if resume is not None else (self.new_id(), "")
        connection = Connection(connection_id, principal, session_id, at, closes_at, at, dict(device))
        limits = self.limits(principal.tenant)
        self.connections.add(connection, per_user=limits.per_user, per_tenant=limits.per_tenant)
        fresh = secrets.token_urlsafe(24)
        topics: Mapping[str, int] = {}
        if resume is not None:
            try:
                topics = self._resume(connection, secret, fresh)
            except HeddleError:
                self.connections.remove(connection_id)
                raise
        else:
            ends_at = closes_at + RESUME_SECONDS
            self.sessions.put(
                Session(session_id, connection.tenant, connection.user, _hash(fresh), connection_id, {}, ends_at)
            )
        message = {
            "do": "welcome",
            "resumed": resume is not None,
            "topics": dict(topics),
            "resume_token": f"{session_id}.{fresh}",
        }
        self.mailbox.send(connection_id, message, once=f"{connection_id}#welcome")
        return connection

    def _resume(self, connection: Connection, secret: str, fresh: str) -> Mapping[str, int]:
        before = self.sessions.resume(
            connection.tenant,
            connection.session,
            secret=_hash(secret),
            new_secret=_hash(fresh),
            connection_id=connection.id,
        )
        if before.user != connection.user:
            raise InvalidInput("the session to resume is another user's", code="invalid_resume_token")
        if self.connections.get(before.connection_id) is None:
            return before.topics
        # The client came back before anybody noticed that it had gone: the old connection is only in the way.
        topics = {each.name: each.after for each in self.subscriptions.of(connection.tenant, before.connection_id)}
        self.gateway.close(before.connection_id)
        return topics


@dataclass(frozen=True, slots=True)
class Welcome:
    """Greets a new connection: its inbox joins, and what its session listened to before."""

    sessions: SessionStore
    subscribe: Subscribe
    inbox_after: Callable[[str, str], int]
    connected: Callable[[Connection], None] = lambda connection: None

    def __call__(self, sender: Sender, message: Mapping[str, Any]) -> None:
        """Subscribe and send Status connected. UpstreamUnavailable if the connection is not ready to be sent to yet."""
        connection = sender.connection
        inbox = f"user:{connection.user}"
        wanted = {**message["topics"], inbox: self.inbox_after(connection.tenant, connection.user)}
        entered = []
        for name, after in wanted.items():
            try:
                self.subscribe.access.may_read(connection.principal, name)
            except HeddleError:
                continue  # it may not be read any more: the client sees what it listens to in the Status
            entered.append(self.subscribe.enter(connection, name, None if is_pattern(name) else after))
        self.subscribe.refresh_patterns(connection)
        status = {
            "status": "connected",
            "connection_id": connection.id,
            "server_time": sender.now().isoformat(),
            "protocol_version": PROTOCOL_VERSION,
            "features": list(FEATURES),
            "user": connection.user,
            "session_id": connection.session,
            "resumed": message["resumed"],
            "resume_token": message["resume_token"],
            "subscriptions": [each.name for each in entered if each.name != inbox],
            "closes_at": connection.closes_at,
        }
        sender.answer("Status", status)
        for subscription in entered:
            self.subscribe.join(connection, subscription)
        self.connected(connection)


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Forgets a connection that was closed, by whomever."""

    connections: ConnectionStore
    sessions: SessionStore
    subscriptions: SubscriptionStore
    topics: TopicLog
    closed: Callable[[Connection], None] = lambda connection: None

    def __call__(self, connection_id: str) -> bool:
        """Forget it; False if that was done before. What it listened to goes into its session."""
        connection = self.connections.get(connection_id)
        if connection is None:
            return False
        own = self.subscriptions.of(connection.tenant, connection_id)
        stood = {each.name: self._stood(connection, each.name) for each in own}
        self.sessions.cut(connection.tenant, connection.session, connection_id, stood)
        for each in own:
            self.subscriptions.leave(connection.tenant, connection_id, each.name)
        removed = self.connections.remove(connection_id)
        if removed:
            self.closed(connection)
        return removed

    def _stood(self, connection: Connection, name: str) -> int:
        return 0 if is_pattern(name) else self.topics.newest(connection.tenant, name)


@dataclass(frozen=True, slots=True)
class CloseGracefully:
    """Closes connections whose time is over, with a word about how to go on; those that were silent, without."""

    connections: ConnectionStore
    gateway: Gateway
    disconnect: Disconnect
    now: Callable[[], datetime]

    def __call__(self, connection: Connection) -> None:
        """Tell the client, close, and forget."""
        at = int(self.now().timestamp())
        reason = "silent"
        if connection.closes_at <= at:
            expires = connection.principal.expires_at
            reason = "token_expired" if expires is not None and expires <= at else "time_limit"
        sender = Sender(connection, self.gateway, self.now)
        sender.answer("Status", {"status": "closing", "reason": reason, "resume_within": RESUME_SECONDS})
        self.gateway.close(connection.id)
        self.disconnect(connection.id)


def _token(text: str) -> tuple[str, str]:
    session_id, _, secret = text.partition(".")
    if not session_id or not secret or len(text) > 200:
        raise InvalidInput(
            "a resume token is what Status connected gave as `resume_token`", code="invalid_resume_token"
        )
    return session_id, secret


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
