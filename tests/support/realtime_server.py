"""The realtime service in this process: the real use cases over memory, behind a real WebSocket server.

    with realtime_server() as service:
        url = service.url("acme:ada:editor")      # tenant:user:role stands for a signed token here

Mailboxes are worked off by one thread, in the order that FIFO groups promise.
"""

import http
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from heddle.adapters.memory.messages import MemoryMessageStore
from heddle.adapters.memory.notifications import MemoryNotificationStore
from heddle.adapters.memory.presence import MemoryPresenceStore, MemoryTimers
from heddle.adapters.memory.rates import MemoryRateStore
from heddle.adapters.memory.realtime import (
    MemoryConnectionStore,
    MemoryMailbox,
    MemorySessionStore,
    MemorySubscriptionStore,
)
from heddle.adapters.memory.rules import MemoryRuleStore
from heddle.adapters.memory.topics import MemoryTopicLog
from heddle.application.identity.principal import Principal
from heddle.application.ports.realtime import Connection, Posted
from heddle.application.ports.topics import Frame
from heddle.application.realtime.act import Act
from heddle.application.realtime.connect import CloseGracefully, Connect, ConnectionLimits, Disconnect, Welcome
from heddle.application.realtime.credentials import credential
from heddle.application.realtime.deliver import Deliver
from heddle.application.realtime.fan_out import Appended, FanOut
from heddle.application.realtime.handlers import Parts, handlers
from heddle.application.realtime.people import People
from heddle.application.realtime.receive import FrameLimits, Receive
from heddle.application.realtime.renew import Renew
from heddle.application.realtime.tend import TendConnection, TendOwed
from heddle.domain.realtime.frames import number_of
from heddle.errors import HeddleError, Unauthenticated

SEND_SECONDS = 2.0


@dataclass
class StreamedTopics:
    """A topic log whose appends are told to the fan-out, as the table's stream does."""

    log: MemoryTopicLog
    appended: Callable[[Appended], object]

    def append(self, tenant: str, topic: str, frames: Sequence[tuple[str, dict[str, Any]]], *, at: str) -> int:
        last = self.log.append(tenant, topic, frames, at=at)
        self.appended(Appended(tenant, topic, last - len(frames) + 1, last))
        return last

    def read(self, tenant: str, topic: str, *, after: int, limit: int) -> tuple[Frame, ...]:
        return self.log.read(tenant, topic, after=after, limit=limit)

    def newest(self, tenant: str, topic: str) -> int:
        return self.log.newest(tenant, topic)


@dataclass
class OpenSockets:
    """A Gateway over the sockets of this server."""

    sockets: dict[str, ServerConnection] = field(default_factory=dict)

    def post(self, connection_id: str, frame: bytes) -> Posted:
        socket = self.sockets.get(connection_id)
        if socket is None:
            return "gone"
        try:
            socket.send(frame, text=True)
        except ConnectionClosed:
            return "gone"
        return "sent"

    def close(self, connection_id: str) -> None:
        socket = self.sockets.pop(connection_id, None)
        if socket is not None:
            socket.close(1001)


class NoLimits:
    """A FrameLimits that takes everything."""

    def take(self, connection: Connection, kind: str) -> None:
        """Take it."""


@dataclass
class _Replaceable:
    """A FrameLimits that a test may put another in the place of."""

    service: "RealtimeService"

    def take(self, connection: Connection, kind: str) -> None:
        self.service.limits.take(connection, kind)


class RealtimeService:
    """Everything of the service; `runs` are the runs that exist, as (tenant, run id)."""

    def __init__(self) -> None:
        self.runs: set[tuple[str, str]] = set()
        self.batches: set[tuple[str, str]] = set()
        self.offset = timedelta()
        self.connection_limits = ConnectionLimits()
        self.connections, self.sessions = MemoryConnectionStore(), MemorySessionStore()
        self.subscriptions, self.sockets = MemorySubscriptionStore(), OpenSockets()
        self.mailbox, self.deliveries = MemoryMailbox(), MemoryMailbox()
        self.topics = StreamedTopics(MemoryTopicLog(), self._appended)
        self.fan_out = FanOut(self.subscriptions, self.deliveries)
        self.parts = Parts(
            self.subscriptions,
            self.topics,
            self.deliveries,
            lambda tenant, run: (tenant, run) in self.runs,
            lambda tenant, batch: (tenant, batch) in self.batches,
            self.new_id,
            self.now,
        )
        self.connect = Connect(
            self.connections,
            self.sessions,
            self.subscriptions,
            self.mailbox,
            self.sockets,
            self.new_id,
            self.now,
            lambda tenant: self.connection_limits,
        )
        self.rules, self.notifications = MemoryRuleStore(), MemoryNotificationStore()
        self.presences = MemoryPresenceStore()
        self.people = People(
            self.parts.publish,
            connections=self.connections,
            rules=self.rules,
            messages=MemoryMessageStore(),
            presence=self.presences,
            notifications=self.notifications,
            timers=MemoryTimers(),
            rates=MemoryRateStore(),
            clock=lambda: self.now().timestamp(),
        )
        people = self.people
        self.disconnect = Disconnect(
            self.connections, self.sessions, self.subscriptions, self.now, people.presence.gone
        )
        self.close_gracefully = CloseGracefully(self.connections, self.sockets, self.disconnect, self.now)
        welcome = Welcome(
            self.sessions, self.parts.subscribe, people.acknowledge.after, connected=people.presence.connected
        )
        each = handlers(self.parts, people)
        self.act = Act(self.connections, self.sockets, each, welcome, self.now, people.acted)
        self.limits: FrameLimits = NoLimits()
        renew = Renew(self.connections, self.check_token, self.now)
        self.receive = Receive(self.connections, self.sockets, self.mailbox, _Replaceable(self), renew, self.now)
        self.deliver = Deliver(self.subscriptions, self.topics, self.sockets, self.deliveries, self.disconnect)
        self.tend_connection = TendConnection(self.connections, self.sockets, self.close_gracefully, self.now)
        self.tend_owed = TendOwed(self.deliveries, self.now)
        self._ids = itertools.count(1)
        self._work, self._ended = threading.Condition(), False
        self._pump = threading.Thread(target=self._work_off, daemon=True)
        self.port = 0

    def url(self, who: str, **query: str) -> str:
        """Return the address for `tenant:user:role`."""
        given = "".join(f"&{name}={quote(value)}" for name, value in query.items())
        return f"ws://127.0.0.1:{self.port}/ws?token={quote(who)}{given}"

    def now(self) -> datetime:
        """Return the time of the service: the real one and what a test has added."""
        return datetime.now(UTC) + self.offset

    def new_id(self) -> str:
        """Return the next id."""
        return f"id{next(self._ids):06d}"

    def authenticate(self, headers: Mapping[str, str], query: Mapping[str, str]) -> Principal:
        """Read tenant:user:role where a stage checks a signature."""
        return self.check_token(credential(headers, query).get("authorization", "").removeprefix("Bearer "))

    def check_token(self, text: str) -> Principal:
        """Read tenant:user:role, and perhaps :seconds that it still holds."""
        parts = text.replace(".", ":").split(":")
        if len(parts) not in (3, 4):
            raise Unauthenticated("no bearer token and no API key was sent")
        expires_at = int(self.now().timestamp()) + int(parts[3]) if len(parts) == 4 else None
        return Principal(parts[0], f"user:{parts[1]}", (parts[2],), ("*",), expires_at=expires_at)

    def start(self) -> None:
        """Work mailboxes off from now on."""
        self._pump.start()

    def stop(self) -> None:
        """Stop working."""
        with self._work:
            self._ended = True
            self._work.notify()
        self._pump.join()

    def handle(self, socket: ServerConnection) -> None:
        """Serve one connection until it is closed."""
        connection_id: str = getattr(socket, "heddle_id")  # noqa: B009
        self.sockets.sockets[connection_id] = socket
        self.wake()
        try:
            for number, message in enumerate(socket):
                text = message if isinstance(message, str) else message.decode("utf-8", "replace")
                self.receive(connection_id, text, message_id=str(number))
                self.wake()
        except ConnectionClosed:
            pass
        finally:
            self.sockets.sockets.pop(connection_id, None)
            self.disconnect(connection_id)

    def admit(self, socket: ServerConnection, request: Request) -> Response | None:
        """Decide before the upgrade, as $connect does."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        connection_id = self.new_id()
        try:
            principal = self.authenticate(dict(request.headers.raw_items()), query)
            self.connect(connection_id, principal, resume=query.get("resume"))
        except HeddleError as error:
            return socket.respond(http.HTTPStatus(number_of(error)), f"{error.code}: {error.message}\n")
        socket.heddle_id = connection_id  # type: ignore[attr-defined]
        return None

    def ring(self) -> None:
        """Ring what is due, as the minute's timer does."""
        for timer in self.people.timers.due(int(self.now().timestamp()), limit=100):
            self.people.ring(timer)

    def wake(self) -> None:
        """Have the mailboxes looked at."""
        with self._work:
            self._work.notify()

    def _appended(self, appended: Appended) -> None:
        self.fan_out(appended)
        self.wake()

    def _work_off(self) -> None:
        while not self._ended:
            busy = False
            for group in self.mailbox.groups:
                if group in self.sockets.sockets or self.connections.get(group) is None:
                    busy |= self.mailbox.step(group, self.act)
            for group in self.deliveries.groups:
                busy |= self.deliveries.step(group, lambda _, message: self.deliver(message))
            with self._work:
                if not busy and not self._ended:
                    self._work.wait(0.05)


def _protocol(socket: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return next((each for each in offered if each.startswith("access_token.")), None)


@contextmanager
def realtime_server() -> Iterator[RealtimeService]:
    """Yield a service that listens on a port of its own."""
    service = RealtimeService()
    server: Server = serve(
        service.handle,
        "127.0.0.1",
        0,
        process_request=service.admit,
        select_subprotocol=_protocol,
        max_size=2**20,
        ping_interval=None,
    )
    service.port = server.socket.getsockname()[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    service.start()
    try:
        yield service
    finally:
        for connection_id in list(service.sockets.sockets):
            service.sockets.close(connection_id)
        service.stop()
        server.shutdown()
        thread.join()
