"""Opening and closing connections, and the session that outlives them.

    $connect ─► who is it, is there room ─► connection, session ─► "welcome" in the connection's mailbox
    welcome  ─► inbox and resumed subscriptions join ─► Status connected {connection_id, session, resume_token, …}
    cut      ─► where each topic stood goes into the session; ten minutes are left to resume it (resume.py)

A resume token works once: each connection gets another one, and who comes second with the same is refused.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from heddle.application.identity.principal import Principal
from heddle.application.ports.realtime import (
    Connection,
    ConnectionStore,
    Gateway,
    Mailbox,
    Mark,
    Session,
    SessionStore,
    SubscriptionStore,
)
from heddle.application.realtime.actor import Sender
from heddle.application.realtime.resume import marks_of, replay_from
from heddle.application.realtime.subscribe import Subscribe
from heddle.domain.realtime.frames import FEATURES, PROTOCOL_VERSION
from heddle.domain.realtime.topics import is_pattern
from heddle.errors import HeddleError, InvalidInput
from heddle.records import dataclass

OPEN_SECONDS = 115 * 60
"""The gateway cuts a connection after two hours; we close it before, with a token to go on."""
RESUME_SECONDS = 600
GREETINGS = 6
"""Tries to reach a connection that the gateway may not have opened yet; they take three seconds together."""


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
        ends_at = at + OPEN_SECONDS + RESUME_SECONDS
        topics: Mapping[str, Mark] = {}
        if resume is not None:
            try:
                topics = self._resume(connection, secret, fresh, ends_at)
            except HeddleError:
                self.connections.remove(connection_id)
                raise
        else:
            self.sessions.put(
                Session(session_id, connection.tenant, connection.user, _hash(fresh), connection_id, {}, ends_at)
            )
        message = {
            "do": "welcome",
            "resumed": resume is not None,
            "topics": {name: [mark.after, mark.since] for name, mark in topics.items()},
            "resume_token": f"{session_id}.{fresh}",
        }
        self.mailbox.send(connection_id, message, once=f"{connection_id}#welcome")
        return connection

    def _resume(self, connection: Connection, secret: str, fresh: str, ends_at: int) -> Mapping[str, Mark]:
        before = self.sessions.resume(
            connection.tenant,
            connection.session,
            user=connection.user,
            secret=_hash(secret),
            new_secret=_hash(fresh),
            connection_id=connection.id,
            at=connection.connected_at,
            ends_at=ends_at,
        )
        old = self.connections.get(before.connection_id)
        if old is None or before.cut:
            return before.topics
        # The client came back before anybody noticed that it had gone: the old connection is only in the way.
        topics = marks_of(old, self.subscriptions.of(old.tenant, old.id))
        self.gateway.close(old.id)
        return topics


@dataclass(frozen=True, slots=True)
class Welcome:
    """Greets a new connection: its inbox joins, and what its session listened to before."""

    sessions: SessionStore
    subscribe: Subscribe
    inbox_after: Callable[[str, str], int]
    pause: Callable[[float], None] = time.sleep
    connected: Callable[[Connection], None] = lambda connection: None

    def __call__(self, sender: Sender, message: Mapping[str, Any]) -> None:
        """Subscribe, send Status connected, and have what is owed replayed behind it."""
        connection = sender.connection
        inbox = f"user:{connection.user}"
        wanted = {
            **{name: self._owed(connection, name, Mark(*mark)) for name, mark in message["topics"].items()},
            inbox: self.inbox_after(connection.tenant, connection.user),
        }
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
        if not self._greet(sender, status):
            return  # it left at once; its end, or the timer, tidies up
        for subscription in entered:
            self.subscribe.join(connection, subscription)
        self.connected(connection)

    def _greet(self, sender: Sender, status: dict[str, Any]) -> bool:
        """Send the first frame. Until $connect has answered, the gateway calls the connection gone."""
        for attempt in range(GREETINGS):
            if sender.answer("Status", status) == "sent":
                return True
            self.pause(0.05 * 2**attempt)
        return False

    def _owed(self, connection: Connection, name: str, mark: Mark) -> int:
        return mark.after if is_pattern(name) else replay_from(self.subscribe.topics, connection.tenant, name, mark)


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Forgets a connection that was closed, by whomever."""

    connections: ConnectionStore
    sessions: SessionStore
    subscriptions: SubscriptionStore
    now: Callable[[], datetime]
    closed: Callable[[Connection], None] = lambda connection: None

    def __call__(self, connection_id: str) -> bool:
        """Forget it; False if that was done before. What it listened to goes into its session."""
        connection = self.connections.get(connection_id)
        if connection is None:
            return False
        own = self.subscriptions.of(connection.tenant, connection_id)
        ends_at = int(self.now().timestamp()) + RESUME_SECONDS
        topics = marks_of(connection, own)
        self.sessions.cut(connection.tenant, connection.session, connection_id, topics, ends_at=ends_at)
        for each in own:
            self.subscriptions.leave(connection.tenant, connection_id, each.name)
        removed = self.connections.remove(connection_id)
        if removed:
            self.closed(connection)
        return removed


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
