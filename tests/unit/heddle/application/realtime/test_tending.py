"""What keeps connections and topics going: credentials renewed, slow and gone clients, frames that fail for ever."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from websockets.sync.client import ClientConnection, connect

from heddle.adapters.memory.rates import MemoryRateStore
from heddle.adapters.memory.realtime import MemoryMailbox, MemorySubscriptionStore
from heddle.adapters.memory.topics import MemoryTopicLog
from heddle.application.ports.realtime import Mark, Member, Posted
from heddle.application.realtime.act import Act
from heddle.application.realtime.deliver import MAX_FAILURES, PORTION, Deliver
from heddle.application.realtime.frame_limits import SharedFrameLimits
from heddle.application.realtime.resume import OVERLAP_SECONDS, replay_from
from heddle.application.realtime.tend import TendOwed
from heddle.domain.limits import Limits
from tests.support.realtime_server import NoLimits, RealtimeService, realtime_server

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def service() -> Iterator[RealtimeService]:
    with realtime_server() as running:
        yield running


def frame(socket: ClientConnection) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(socket.recv(timeout=5))
    return value


def ask(socket: ClientConnection, kind: str, /, **data: Any) -> dict[str, Any]:
    socket.send(json.dumps({"type": kind, "data": data, "id": "q"}))
    while (answer := frame(socket)).get("id") != "q":
        pass
    return answer


def test_a_client_hears_that_its_token_ends_and_goes_on_with_another(service: RealtimeService) -> None:
    with connect(service.url("acme:ada:editor:200")) as socket:
        assert frame(socket)["data"]["status"] == "connected"
        (before,) = service.connections.of_user("acme", "ada")
        assert service.tend_connection(before) == "warned"
        told = frame(socket)
        (warned,) = service.connections.of_user("acme", "ada")
        again = service.tend_connection(warned)
        renewed = ask(socket, "Authenticate", token="acme:ada:viewer:3000")
        (after,) = service.connections.of_user("acme", "ada")

    assert (told["type"], told["data"]["status"], told["data"]["refresh_required"]) == (
        "AuthStatus",
        "token_expiring",
        True,
    )
    assert again == "nothing"
    assert (renewed["type"], renewed["data"]["status"]) == ("AuthStatus", "authenticated")
    assert renewed["data"]["closes_at"] == after.closes_at > before.closes_at
    assert (after.principal.roles, after.warned) == (("viewer",), False)


@pytest.mark.parametrize(
    ("token", "number", "code"),
    [
        ("acme:bob:admin", 403, "another_principal"),
        ("evil:ada:admin", 403, "another_principal"),
        ("nothing", 401, "unauthenticated"),
        ("", 400, "invalid_frame"),
        (7, 400, "invalid_frame"),
    ],
)
def test_a_token_that_does_not_hold_changes_nothing(
    service: RealtimeService, token: object, number: int, code: str
) -> None:
    with connect(service.url("acme:ada:editor")) as socket:
        frame(socket)
        before = service.connections.of_user("acme", "ada")
        error = ask(socket, "Authenticate", token=token)["data"]

        assert (error["code"], error["details"]["error"]) == (number, code)
        assert service.connections.of_user("acme", "ada") == before


def test_who_is_silent_is_closed(service: RealtimeService) -> None:
    with connect(service.url("acme:ada:editor")) as socket:
        frame(socket)
        (connection,) = service.connections.of_user("acme", "ada")
        service.offset = timedelta(seconds=160)

        assert list(service.connections.due(int(service.now().timestamp()), limit=9)) == [connection]
        assert service.tend_connection(connection) == "closed"
        assert frame(socket)["data"]["reason"] == "silent"
    assert not service.connections.of_user("acme", "ada")


def test_frames_faster_than_the_limit_are_refused_with_the_time_to_wait(service: RealtimeService) -> None:
    service.limits = SharedFrameLimits(MemoryRateStore(), lambda: 1000.0, lambda tenant: Limits())
    with connect(service.url("acme:ada:editor")) as socket:
        frame(socket)
        answers = [ask(socket, "Subscribe", topics=["a"]) for _ in range(21)]
        service.limits = NoLimits()
        after = ask(socket, "Ping")

    errors = [answer["data"] for answer in answers if answer["type"] == "Error"]
    assert [error["code"] for error in errors] == [429]
    assert errors[0]["details"] | {"retry_after": 0} == {
        "error": "rate_limited",
        "level": "Subscribe",
        "limit": 10,
        "retry_after": 0,
    }
    assert 0 < errors[0]["details"]["retry_after"] <= 1
    assert after["type"] == "Pong"


@dataclass
class Sockets:
    """A Gateway that says what it is told to, and keeps what was sent."""

    says: dict[str, Posted] = field(default_factory=dict)
    sent: list[tuple[str, int]] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    def post(self, connection_id: str, frame: bytes) -> Posted:
        posted = self.says.get(connection_id, "sent")
        if posted == "sent":
            self.sent.append((connection_id, orjson.loads(frame)["metadata"]["seq"]))
        return posted

    def close(self, connection_id: str) -> None:
        self.closed.append(connection_id)

    def to(self, connection_id: str) -> list[int]:
        return [seq for each, seq in self.sent if each == connection_id]


class Shard:
    """One topic with members, worked on by hand."""

    def __init__(self, *members: str) -> None:
        self.stores, self.log, self.sockets = MemorySubscriptionStore(), MemoryTopicLog(), Sockets()
        self.mailbox, self.left = MemoryMailbox(), list[str]()
        self.deliver = Deliver(self.stores, self.log, self.sockets, self.mailbox, self.left.append)
        for member in members:
            self.stores.enter("acme", member, "t", after=0, token=member)
            self.stores.put_member("acme", "t", 1, Member(member, token=member))

    def append(self, count: int = 1) -> dict[str, Any]:
        last = self.log.append("acme", "t", [("token", {})] * count, at=NOON.isoformat())
        first = last - count + 1
        return {"do": "deliver", "tenant": "acme", "topic": "t", "name": "t", "shard": 1, "first": first, "last": last}

    def works_off(self) -> int:
        steps = 0
        while groups := self.mailbox.groups:
            steps += self.mailbox.step(groups[0], lambda _, message: self.deliver(message))
        return steps


def test_a_client_that_does_not_read_holds_up_nobody_and_catches_up() -> None:
    shard = Shard("slow", "quick")
    shard.sockets.says["slow"] = "failed"
    for _ in range(3):
        shard.deliver(shard.append())
    assert shard.sockets.to("quick") == [1, 2, 3]
    assert shard.sockets.to("slow") == []

    del shard.sockets.says["slow"]
    (owed,) = shard.stores.owed(limit=9)
    TendOwed(shard.mailbox, lambda: NOON)(owed)
    TendOwed(shard.mailbox, lambda: NOON)(owed)
    shard.works_off()
    shard.deliver(shard.append())

    assert shard.sockets.to("slow") == [1, 2, 3, 4]
    assert not shard.stores.owed(limit=9)


def test_after_repeated_failures_a_client_is_dropped_and_its_place_noted() -> None:
    shard = Shard("slow")
    shard.deliver(shard.append(2))
    shard.sockets.says["slow"] = "failed"
    for _ in range(MAX_FAILURES - 1):
        shard.deliver(shard.append())
    (noted,) = shard.stores.of("acme", "slow")
    shard.deliver(shard.append())

    assert (noted.after, noted.behind) == (2, True)
    assert (shard.sockets.closed, shard.left) == (["slow"], ["slow"])
    assert not shard.stores.members("acme", "t", 1)


def test_who_is_gone_is_forgotten_even_if_nobody_knows_the_connection() -> None:
    shard = Shard("gone", "there")
    shard.sockets.says["gone"] = "gone"

    shard.deliver(shard.append())

    assert [each.connection_id for each in shard.stores.members("acme", "t", 1)] == ["there"]
    assert (shard.left, shard.sockets.closed) == (["gone"], [])
    assert shard.stores.count("acme", ["t"]) == 1


def test_a_long_replay_comes_in_portions_between_what_others_get() -> None:
    shard = Shard("there")
    shard.append(PORTION * 2 + 5)
    made = shard.stores.enter("acme", "late", "t", after=0, token="late")
    join = {"do": "join", "tenant": "acme", "name": "t", "shard": 1, "connection": "late", "token": made.token}

    shard.deliver({**join, "after": 0})
    assert shard.sockets.to("late") == list(range(1, PORTION + 1))
    shard.works_off()

    assert shard.sockets.to("late") == list(range(1, PORTION * 2 + 6))


def test_a_frame_that_always_fails_is_parked_and_reported_and_others_go_on(service: RealtimeService) -> None:
    def breaks(sender: Any, frame: Any) -> None:
        raise ZeroDivisionError

    act = service.act
    service.act = replace(act, handlers={**act.handlers, "Unsubscribe": breaks})
    with connect(service.url("acme:ada:editor")) as ada, connect(service.url("acme:bob:editor")) as bob:
        frame(ada)
        frame(bob)
        ada.send(json.dumps({"type": "Unsubscribe", "data": {"topics": ["x"]}, "id": "poison"}))
        ada.send(json.dumps({"type": "Subscribe", "data": {"topics": ["x"]}, "id": "behind"}))
        others = ask(bob, "Subscribe", topics=["y"])
        while (answer := frame(ada)).get("id") != "behind":
            pass
    (parked,) = service.mailbox.parked
    told: list[bytes] = []
    reporting: Act = replace(act, gateway=_Keeping(told))
    service.connections.add(_connection(service, parked[0]), per_user=9, per_tenant=9)
    reporting.give_up(parked[0], parked[1], "ZeroDivisionError")

    assert others["data"]["status"] == "subscribed"
    assert answer["data"]["status"] == "subscribed"
    error = orjson.loads(told[0])
    assert (error["id"], error["data"]["code"], error["data"]["details"]["error"]) == ("poison", 500, "frame_parked")


@dataclass
class _Keeping:
    told: list[bytes]

    def post(self, connection_id: str, frame: bytes) -> Posted:
        self.told.append(frame)
        return "sent"

    def close(self, connection_id: str) -> None:
        raise AssertionError


def _connection(service: RealtimeService, connection_id: str) -> Any:
    from heddle.application.ports.realtime import Connection

    principal = service.check_token("acme:ada:editor")
    return Connection(connection_id, principal, "s", 0, 9000, 0, {})


def test_a_replay_begins_before_the_first_frame_that_may_be_lost() -> None:
    log, sizes = MemoryTopicLog(), {0: 300, 10: 1, 50: 900}
    for seconds, count in sizes.items():
        at = (NOON + timedelta(seconds=seconds)).isoformat()
        log.append("acme", "t", [("token", {})] * count, at=at)

    def begins(mark: Mapping[str, Any]) -> int:
        return replay_from(log, "acme", "t", Mark(**mark))

    noon = int(NOON.timestamp())
    assert begins({"after": 7}) == 7
    assert begins({"after": 7, "since": noon - OVERLAP_SECONDS}) == 7
    assert begins({"after": 7, "since": noon + 5}) == 300
    assert begins({"after": 7, "since": noon + 20}) == 301
    assert begins({"after": 400, "since": noon + 20}) == 400
    assert begins({"after": 0, "since": noon + 60}) == 1201
    assert begins({"after": 5000, "since": noon}) == 5000
