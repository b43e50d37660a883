"""The WebSocket: topics of a tenant as they happen, over connections that may break.

    with client.realtime() as live:
        live.subscribe("orders.*")
        live.subscribe("run:01JZ…", after=0)
        for message in live.messages():
            print(message.topic, message.seq, message.payload)

One thread, no callbacks: what comes is read when it is asked for. A connection that breaks is made again, its session
is resumed, and every topic goes on behind the last message that was given out: none is missed and none comes twice.
"""

import itertools
import json
import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from heddle_sdk.errors import ConnectionFailed, HeddleError

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

ACK_SECONDS = 30.0
HEARTBEAT_SECONDS = 30.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
OPEN_SECONDS = 20.0
REPLAYS = 2
"""How often what is missing is asked for, before it counts as gone with the older end of the log."""


class SocketError(HeddleError):
    """The service refused a frame: `number` of the protocol, `code` that stays the same, `retry_after` in seconds."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        details = data.get("details") or {}
        self.number = int(data.get("code", 500))
        self.code = str(details.get("error", "socket_error"))
        self.retry_after: float | None = details.get("retry_after")
        self.details = dict(details)
        super().__init__(str(data.get("message", "the frame was refused")))


@dataclass(frozen=True)
class Message:
    """What a topic brought. `type` is Broadcast, DirectMessage, Notification, Presence, …; `data` is all of it."""

    type: str
    topic: str
    seq: int
    data: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""

    @property
    def payload(self) -> Any:
        """What was sent; of a run's topic {event, …}."""
        return self.data.get("payload")


@dataclass
class _Topic:
    """A topic that is listened to. `asked` is the id of a Subscribe whose replay is on its way.

    `fresh`: it was answered, and what comes next is its first. `missed` counts replays that did not bring what lacked.
    """

    asked: str | None = None
    fresh: bool = True
    missed: int = 0


class Realtime:
    """A connection to the service. `credentials()` gives the headers to connect with, each time."""

    def __init__(
        self,
        url: str,
        credentials: Callable[[], Mapping[str, str]],
        *,
        attempts: int = 5,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url
        self.status: Mapping[str, Any] = {}
        """What the service said when it connected: connection_id, user, subscriptions, closes_at, …"""
        self._credentials, self._attempts, self._sleep, self._clock = credentials, attempts, sleep, clock
        self._socket: ClientConnection | None = None
        self._wanted: dict[str, _Topic] = {}
        self._given: dict[str, int] = {}
        self._waiting: deque[Message] = deque()
        self._ids = itertools.count(1)
        self._heard = 0.0

    def __enter__(self) -> "Realtime":
        self._connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def subscribe(self, *topics: str, after: int | None = None) -> None:
        """Listen to topics or patterns; with `after` the log behind that number comes first. SocketError if refused."""
        self._ask("Subscribe", {"topics": list(topics), **({"after": after} if after is not None else {})})
        for topic in topics:
            self._wanted[topic] = _Topic()
            if after is not None:
                self._given[topic] = after

    def unsubscribe(self, *topics: str) -> None:
        """Stop listening."""
        self._ask("Unsubscribe", {"topics": list(topics)})
        for topic in topics:
            self._wanted.pop(topic, None)

    def publish(self, topic: str, payload: Any) -> Mapping[str, Any]:
        """Send to everybody who listens; returns the acknowledgement {message_id, recipients, seq}."""
        return self._ask("Broadcast", {"topic": topic, "payload": payload})

    def direct(self, user: str, payload: Any) -> Mapping[str, Any]:
        """Send to one user. Who is offline gets it when they connect: {queued: true}."""
        try:
            return self._ask("DirectMessage", {"target_user": user, "payload": payload})
        except SocketError as refused:
            if refused.details.get("queued"):
                return refused.details
            raise

    def acknowledge(self, message: Message) -> None:
        """Say that a message of the own inbox was read."""
        self._send({"type": "Ack", "data": {"seq": message.seq, "message_id": message.data["metadata"]["message_id"]}})

    def presence(self, status: str, message: str = "") -> None:
        """Say whether one is online, away or busy."""
        self._send({"type": "UpdatePresence", "data": {"status": status, "message": message}})

    def messages(self, *, timeout: float | None = None) -> Iterator[Message]:
        """Yield messages as they come, in the order of each topic; ends after `timeout` seconds without one.

        ConnectionFailed if the connection breaks and cannot be made again.
        """
        until = None if timeout is None else self._clock() + timeout
        while True:
            if not self._waiting:
                left = None if until is None else until - self._clock()
                if left is not None and left <= 0:
                    return
                self._receive(HEARTBEAT_SECONDS if left is None else min(left, HEARTBEAT_SECONDS))
                continue
            until = None if timeout is None else self._clock() + timeout
            yield self._waiting.popleft()

    def close(self) -> None:
        """Close the connection; what it listened to can be resumed for some minutes."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _ask(self, kind: str, data: dict[str, Any]) -> Mapping[str, Any]:
        """Send a frame and return the data of its answer."""
        frame_id = f"c{next(self._ids)}"
        self._send({"type": kind, "data": data, "id": frame_id})
        until = self._clock() + ACK_SECONDS
        while (left := until - self._clock()) > 0:
            answer = self._receive(left)
            if answer is not None and answer.get("id") == frame_id:
                if answer["type"] == "Error":
                    raise SocketError(answer["data"])
                found: Mapping[str, Any] = answer["data"]
                return found
        raise ConnectionFailed(f"{kind} was not answered within {ACK_SECONDS:.0f} seconds")

    def _send(self, frame: Mapping[str, Any]) -> None:
        from websockets.exceptions import ConnectionClosed

        for again in (False, True):
            if self._socket is None:
                self._connect()
            assert self._socket is not None
            try:
                self._socket.send(json.dumps(frame))
            except ConnectionClosed:
                self._socket = None
                if again:
                    raise ConnectionFailed("the connection breaks as soon as something is sent") from None
            else:
                return

    def _receive(self, seconds: float) -> Mapping[str, Any] | None:
        """Take one frame, or none in that time. Messages wait to be given out; answers are returned."""
        from websockets.exceptions import ConnectionClosed

        if self._socket is None:
            self._connect()
        assert self._socket is not None
        try:
            frame: dict[str, Any] = json.loads(self._socket.recv(timeout=seconds))
        except TimeoutError:
            if self._clock() - self._heard >= HEARTBEAT_SECONDS:
                self._send({"type": "Ping", "data": {"timestamp": time.time()}})
                self._heard = self._clock()
            return None
        except ConnectionClosed:
            self._socket = None
            return None
        self._heard = self._clock()
        place = frame.get("metadata") or {}
        if "seq" in place and "topic" in place:
            self._take(Message(frame["type"], place["topic"], place["seq"], frame["data"], frame.get("timestamp", "")))
            return None
        self._answered(frame)
        return frame

    def _take(self, message: Message) -> None:
        topic, last = self._wanted.get(message.topic), self._given.get(message.topic)
        if last is not None and message.seq <= last:
            return
        if topic is not None and last is not None and message.seq != last + 1:
            # Something before it is missing. The log has it, unless it is older than a log is kept.
            if topic.asked is not None:
                return
            topic.missed += topic.fresh
            topic.fresh = False
            if topic.missed <= REPLAYS:
                self._replay(message.topic, topic, last)
                return
        if topic is not None:
            topic.fresh, topic.missed = False, 0
        self._given[message.topic] = message.seq
        self._waiting.append(message)

    def _replay(self, name: str, topic: _Topic, last: int | None) -> None:
        """Ask for what is behind the last one that was given out."""
        topic.asked = f"c{next(self._ids)}"
        after = {} if last is None or name.endswith("*") else {"after": last}
        self._write({"type": "Subscribe", "data": {"topics": [name], **after}, "id": topic.asked})

    def _write(self, frame: Mapping[str, Any]) -> None:
        """Send on the connection that there is; one that breaks is noticed where it is read."""
        from websockets.exceptions import ConnectionClosed

        assert self._socket is not None
        try:
            self._socket.send(json.dumps(frame))
        except ConnectionClosed:
            self._socket = None

    def _answered(self, frame: Mapping[str, Any]) -> None:
        for topic in self._wanted.values():
            if topic.asked is not None and topic.asked == frame.get("id"):
                topic.asked, topic.fresh = None, True

    def _connect(self) -> None:
        pause, last = FIRST_PAUSE, "nobody answered"
        for attempt in range(self._attempts):
            if attempt:
                self._sleep(pause * random.uniform(0.5, 1.0))
                pause = min(LONGEST_PAUSE, pause * 2)
            try:
                self._open()
            except _Refused as refused:
                if refused.final:
                    raise ConnectionFailed(f"the service refused the connection: {refused}") from None
                last = str(refused)
            except (OSError, TimeoutError) as error:
                last = str(error) or type(error).__name__
            else:
                return
        raise ConnectionFailed(f"{self.url} cannot be connected to: {last}")

    def _open(self) -> None:
        from websockets.exceptions import ConnectionClosed, InvalidStatus
        from websockets.sync.client import connect

        token = self.status.get("resume_token")
        url = f"{self.url}?resume={quote(token)}" if token else self.url
        try:
            # `legacy`: this object is the context manager, and connects again behind it.
            self._socket = connect(
                url,
                additional_headers=dict(self._credentials()),
                open_timeout=OPEN_SECONDS,
                ping_interval=None,
                max_size=2**21,
                legacy=True,
            )
            first = json.loads(self._socket.recv(timeout=OPEN_SECONDS))
        except InvalidStatus as refused:
            if token and refused.response.status_code in (400, 403, 404, 409):
                # The session is over: the topics are subscribed to anew below. Some gateways give 403 for all that a
                # $connect refuses; if it is the credential that is refused, it will be without a session too.
                self.status = {}
                raise _Refused("the session cannot be resumed", final=False) from None
            status = refused.response.status_code
            raise _Refused(f"status {status}", final=status in (400, 401, 403, 404)) from None
        except ConnectionClosed as closed:
            raise _Refused(f"it was closed at once: {closed}", final=False) from None
        self.status, self._heard = first.get("data") or {}, self._clock()
        for name, topic in self._wanted.items():
            topic.missed = 0
            self._replay(name, topic, self._given.get(name))
            if self._socket is None:
                raise _Refused("it was closed at once", final=False)


class _Refused(Exception):
    def __init__(self, message: str, *, final: bool) -> None:
        super().__init__(message)
        self.final = final
