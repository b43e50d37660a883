"""The protocol as a client meets it: the real use cases in memory, through a real socket."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from heddle.application.realtime.connect import ConnectionLimits
from tests.support.realtime_server import RealtimeService, realtime_server

ADA, BOB, EVE = "acme:ada:editor", "acme:bob:viewer", "evil:eve:admin"


@pytest.fixture(scope="module")
def service() -> Iterator[RealtimeService]:
    with realtime_server() as running:
        yield running


def frame(socket: ClientConnection) -> dict[str, Any]:
    """Return the next frame."""
    value: dict[str, Any] = json.loads(socket.recv(timeout=5))
    return value


def ask(socket: ClientConnection, kind: str, /, **data: Any) -> dict[str, Any]:
    """Send a frame and return the frame that answers it."""
    socket.send(json.dumps({"type": kind, "data": data, "id": "q"}))
    while (answer := frame(socket)).get("id") != "q":
        pass
    return answer


@contextmanager
def opened(url: str, **options: Any) -> Iterator[ClientConnection]:
    """Connect, and take the first Status."""
    with resumed(url, **options) as (socket, _):
        yield socket


@contextmanager
def resumed(url: str, **options: Any) -> Iterator[tuple[ClientConnection, dict[str, Any]]]:
    """Connect, and yield the socket and its first Status."""
    with connect(url, **options) as socket:
        status = frame(socket)
        assert (status["type"], status["data"]["status"]) == ("Status", "connected")
        yield socket, status["data"]


def test_a_plain_client_subscribes_broadcasts_and_hears_itself(service: RealtimeService) -> None:
    with connect(service.url(ADA)) as socket:
        assert frame(socket)["data"]["features"] == ["broadcast", "direct_message", "presence", "history", "resume"]
        socket.send(json.dumps({"type": "Subscribe", "data": {"topics": ["ai_analysis"]}}))
        subscribed = frame(socket)["data"]
        socket.send(json.dumps({"type": "Broadcast", "data": {"topic": "ai_analysis", "payload": {"n": 1}}}))
        got = [frame(socket), frame(socket)]

    assert subscribed == {"status": "subscribed", "topics": ["ai_analysis"], "active_subscriptions": 2}
    by_type = {each["type"]: each for each in got}
    assert by_type["Ack"]["data"]["recipients"] == 1
    message = by_type["Broadcast"]["data"]
    assert (message["topic"], message["payload"], message["metadata"]["seq"]) == ("ai_analysis", {"n": 1}, 1)
    assert message["metadata"]["message_id"] == by_type["Ack"]["data"]["message_id"]


def refused_before_upgrade(number: int, url: str, **options: Any) -> None:
    """Assert that there is no connection, by this status."""
    with pytest.raises(InvalidStatus, match=str(number)), connect(url, **options):
        pass


@pytest.mark.parametrize("way", ["query", "header", "subprotocol"])
def test_a_token_may_come_in_three_ways(service: RealtimeService, way: str) -> None:
    plain = service.url(ADA).split("?")[0]
    options: dict[str, dict[str, Any]] = {
        "query": {"uri": service.url(ADA)},
        "header": {"uri": plain, "additional_headers": {"Authorization": f"Bearer {ADA}"}},
        # No colons in a sub-protocol: a JWT has dots, and so has its stand-in here.
        "subprotocol": {"uri": plain, "subprotocols": [Subprotocol("access_token." + ADA.replace(":", "."))]},
    }

    with connect(**options[way]) as socket:
        assert frame(socket)["data"]["user"] == "ada"


def test_without_a_credential_or_with_two_there_is_no_upgrade(service: RealtimeService) -> None:
    plain = service.url(ADA).split("?")[0]

    refused_before_upgrade(401, plain)
    refused_before_upgrade(401, service.url(ADA), additional_headers={"Authorization": f"Bearer {ADA}"})


def test_a_late_subscriber_gets_the_log_and_what_follows_in_order(service: RealtimeService) -> None:
    service.runs.add(("acme", "r1"))
    for n in range(5):
        service.topics.append("acme", "run:r1", [("token", {"text": str(n)})], at=service.now().isoformat())

    with opened(service.url(BOB)) as socket:
        ask(socket, "Subscribe", topics=["run:r1"], after={"run:r1": 2})
        service.topics.append("acme", "run:r1", [("run.succeeded", {})], at=service.now().isoformat())
        got = [frame(socket)["data"] for _ in range(4)]

    assert [each["metadata"]["seq"] for each in got] == [3, 4, 5, 6]
    assert got[0]["payload"] == {"event": "token", "text": "2"}
    assert got[-1]["payload"]["event"] == "run.succeeded"


def test_patterns_hear_everything_below_them_once(service: RealtimeService) -> None:
    with opened(service.url(ADA)) as socket:
        ask(socket, "Subscribe", topics=["orders.*", "orders.eu.paid", "*"])
        service.parts.publish("acme", "orders.eu.paid", "Broadcast", {"payload": 1}, sender="x")
        service.parts.publish("acme", "orders.us", "Broadcast", {"payload": 2}, sender="x")
        service.parts.publish("acme", "elsewhere", "Broadcast", {"payload": 3}, sender="x")
        got = [frame(socket)["data"] for _ in range(3)]
        ask(socket, "Ping", timestamp=1)

    assert sorted(each["payload"] for each in got) == [1, 2, 3]


def test_nothing_crosses_tenants(service: RealtimeService) -> None:
    service.runs.add(("acme", "secret"))
    with opened(service.url(EVE)) as eve, opened(service.url(ADA)) as ada:
        refused = ask(eve, "Subscribe", topics=["run:secret"])["data"]
        absent = ask(eve, "Subscribe", topics=["run:never"])["data"]
        ask(eve, "Subscribe", topics=["shared", "*", "run:*"])
        ask(ada, "Subscribe", topics=["shared"])
        ask(ada, "Broadcast", topic="shared", payload="acme's")
        service.topics.append("acme", "run:secret", [("token", {"text": "s"})], at=service.now().isoformat())

        assert frame(ada)["data"]["payload"] == "acme's"
        assert ask(eve, "Ping")["type"] == "Pong"  # and nothing before it
    assert (refused["code"], refused["details"]["error"]) == (404, "run_not_found")
    assert absent["message"] == refused["message"].replace("secret", "never")


def test_a_batch_is_followed_by_its_tenant_only_and_written_to_by_the_platform_only(service: RealtimeService) -> None:
    service.batches.add(("acme", "batch_1"))
    with opened(service.url(EVE)) as eve, opened(service.url(ADA)) as ada:
        refused = ask(eve, "Subscribe", topics=["batch:batch_1"])["data"]
        ask(eve, "Subscribe", topics=["batch:*", "*"])
        ask(ada, "Subscribe", topics=["batch:batch_1"])
        forged = ask(ada, "Broadcast", topic="batch:batch_1", payload="done")["data"]
        frames = [("batch.progress", {"progress_percent": 7})]
        service.topics.append("acme", "batch:batch_1", frames, at=service.now().isoformat())

        assert frame(ada)["data"]["payload"] == {"event": "batch.progress", "progress_percent": 7}
        assert ask(eve, "Ping")["type"] == "Pong"  # and nothing before it
    assert (refused["code"], refused["details"]["error"]) == (404, "batch_not_found")
    assert (forged["code"], forged["details"]["error"]) == (403, "topic_forbidden")


@pytest.mark.parametrize(
    ("text", "number", "code"),
    [
        ("{", 400, "invalid_frame"),
        ("[]", 400, "invalid_frame"),
        ('{"data": {}}', 400, "invalid_frame"),
        ('{"type": "Dance"}', 400, "unknown_frame_type"),
        ('{"type": "X-Mine"}', 400, "unknown_frame_type"),
        ('{"type": "Subscribe", "data": []}', 400, "invalid_frame"),
        ('{"type": "Subscribe", "data": {}}', 400, "invalid_frame"),
        ('{"type": "Subscribe", "data": {"topics": ["a b"]}}', 400, "invalid_topic"),
        ('{"type": "Subscribe", "data": {"topics": ["a*b"]}}', 400, "invalid_topic"),
        ('{"type": "Subscribe", "data": {"topics": ["user:bob"]}}', 403, "topic_forbidden"),
        ('{"type": "Subscribe", "data": {"topics": ["user:*"]}}', 403, "topic_forbidden"),
        ('{"type": "Subscribe", "data": {"topics": ["a"], "after": {"b": 1}}}', 400, "invalid_frame"),
        ('{"type": "Subscribe", "data": {"topics": ["a"], "after": -1}}', 400, "invalid_frame"),
        ('{"type": "Broadcast", "data": {"topic": "a"}}', 400, "invalid_frame"),
        ('{"type": "Broadcast", "data": {"topic": "run:r1", "payload": 1}}', 403, "topic_forbidden"),
        ('{"type": "Broadcast", "data": {"topic": "*", "payload": 1}}', 400, "invalid_topic"),
        ('{"type": "Ping", "data": "' + "x" * 129 * 1024 + '"}', 413, "frame_too_large"),
    ],
)
def test_bad_frames_are_answered_and_the_connection_goes_on(
    service: RealtimeService, text: str, number: int, code: str
) -> None:
    with opened(service.url(ADA)) as socket:
        socket.send(text)
        error = frame(socket)

        assert error["type"] == "Error"
        assert (error["data"]["code"], error["data"]["details"]["error"]) == (number, code)
        assert ask(socket, "Ping", timestamp=7)["data"] == {"timestamp": 7}


def test_a_viewer_listens_and_does_not_broadcast(service: RealtimeService) -> None:
    with opened(service.url(BOB)) as socket:
        assert ask(socket, "Broadcast", topic="a", payload=1)["data"]["details"]["error"] == "topic_forbidden"


def test_a_thousand_subscriptions_are_refused_as_a_whole(service: RealtimeService) -> None:
    with opened(service.url(ADA)) as socket:
        error = ask(socket, "Subscribe", topics=[f"t{n}" for n in range(1000)])["data"]
        left = ask(socket, "Unsubscribe", topics=["t1"])["data"]

    assert (error["code"], error["details"]["error"]) == (429, "too_many_subscriptions")
    assert left["active_subscriptions"] == 1  # the inbox


def test_a_session_is_resumed_once_and_misses_nothing(service: RealtimeService) -> None:
    with resumed(service.url(ADA)) as (socket, status):
        ask(socket, "Subscribe", topics=["news"])
    while service.connections.of_user("acme", "ada"):
        pass
    service.parts.publish("acme", "news", "Broadcast", {"payload": "meanwhile"}, sender="x")

    with resumed(service.url(ADA, resume=status["resume_token"])) as (again, after):
        missed = frame(again)["data"]
        refused_before_upgrade(409, service.url(ADA, resume=status["resume_token"]))

    assert after["resumed"]
    assert after["subscriptions"] == ["news"]
    assert missed["payload"] == "meanwhile"


@pytest.mark.parametrize(("token", "number"), [("x", 400), ("no.such", 404)])
def test_a_resume_token_that_does_not_hold_is_refused(service: RealtimeService, token: str, number: int) -> None:
    refused_before_upgrade(number, service.url(ADA, resume=token))


def test_nobody_resumes_the_session_of_another_user_or_tenant(service: RealtimeService) -> None:
    with resumed(service.url(ADA)) as (_, status):
        refused_before_upgrade(404, service.url(BOB, resume=status["resume_token"]))
        refused_before_upgrade(404, service.url(EVE, resume=status["resume_token"]))


def test_over_its_limit_a_user_gets_no_connection(service: RealtimeService) -> None:
    service.connection_limits = ConnectionLimits(per_user=1)
    try:
        with opened(service.url("acme:solo:viewer")):
            refused_before_upgrade(429, service.url("acme:solo:viewer"))
    finally:
        service.connection_limits = ConnectionLimits()


def test_a_connection_is_closed_gracefully_with_a_word_about_resuming(service: RealtimeService) -> None:
    with opened(service.url(ADA)) as socket:
        (connection,) = service.connections.of_user("acme", "ada")
        service.close_gracefully(connection)

        closing = frame(socket)["data"]
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=5)
    assert (closing["status"], closing["resume_within"]) == ("closing", 600)


def test_unsubscribed_topics_are_not_heard(service: RealtimeService) -> None:
    with opened(service.url(ADA)) as socket:
        ask(socket, "Subscribe", topics=["quiet", "loud"])
        ask(socket, "Unsubscribe", topics=["quiet"])
        service.parts.publish("acme", "quiet", "Broadcast", {"payload": 1}, sender="x")
        service.parts.publish("acme", "loud", "Broadcast", {"payload": 2}, sender="x")

        assert frame(socket)["data"]["payload"] == 2
