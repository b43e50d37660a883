"""The Python client of the WebSocket, against the real use cases in memory behind a real server."""

from collections.abc import Iterator
from typing import Any

import pytest

from heddle_sdk.errors import ConnectionFailed
from heddle_sdk.following import follow
from heddle_sdk.models import Frame, RunEvent
from heddle_sdk.realtime import Message, Realtime, SocketError
from tests.support.realtime_server import RealtimeService, realtime_server


@pytest.fixture(scope="module")
def service() -> Iterator[RealtimeService]:
    with realtime_server() as running:
        yield running


def client(service: RealtimeService, who: str = "acme:ada:editor", **options: Any) -> Realtime:
    url = f"ws://127.0.0.1:{service.port}/ws"
    return Realtime(url, lambda: {"Authorization": f"Bearer {who}"}, sleep=lambda seconds: None, **options)


def append(service: RealtimeService, topic: str, *entries: tuple[str, dict[str, Any]]) -> None:
    service.topics.append("acme", topic, list(entries), at=service.now().isoformat())


def some(live: Realtime, count: int) -> list[Message]:
    found = live.messages(timeout=5)
    return [next(found) for _ in range(count)]


def test_what_is_published_is_heard_with_its_number(service: RealtimeService) -> None:
    with client(service) as live:
        live.subscribe("sdk.news", "sdk.more.*")
        ack = live.publish("sdk.news", {"n": 1})
        live.publish("sdk.more.x", {"n": 2})
        found = {message.topic: message for message in some(live, 2)}

    assert (ack["recipients"], ack["seq"]) == (1, 1)
    assert (found["sdk.news"].payload, found["sdk.news"].seq) == ({"n": 1}, 1)
    assert found["sdk.more.x"].payload == {"n": 2}


def test_the_log_behind_a_number_comes_first(service: RealtimeService) -> None:
    append(service, "sdk.log", *(("Broadcast", {"payload": n}) for n in range(1, 5)))

    with client(service) as live:
        live.subscribe("sdk.log", after=2)
        append(service, "sdk.log", ("Broadcast", {"payload": 5}))

        assert [message.payload for message in some(live, 3)] == [3, 4, 5]


@pytest.mark.parametrize("round_", range(3))
def test_a_connection_that_is_cut_goes_on_where_it_was(service: RealtimeService, round_: int) -> None:
    topic = f"sdk.cut{round_}"
    with client(service) as live:
        live.subscribe(topic, after=0)
        heard: list[Any] = []
        for number in range(1, 31):
            append(service, topic, ("Broadcast", {"payload": number}))
            if number % 7 == 0:
                for connection_id in list(service.sockets.sockets):
                    service.sockets.close(connection_id)
            if number % 3 == 0:
                heard += [message.payload for message in live.messages(timeout=0.05)]
        while len(heard) < 30:
            heard += [message.payload for message in some(live, 1)]

    assert heard == list(range(1, 31))


def test_what_comes_twice_or_too_early_is_put_right(service: RealtimeService) -> None:
    append(service, "sdk.gap", *(("Broadcast", {"payload": n}) for n in range(1, 7)))
    with client(service) as live:
        live.subscribe("sdk.gap", after=0)
        assert [message.payload for message in some(live, 2)] == [1, 2]
        list(live.messages(timeout=0.3))  # 3 to 6 are known from here on
        live._take(Message("Broadcast", "sdk.gap", 4, {"payload": 4}))
        live._take(Message("Broadcast", "sdk.gap", 9, {"payload": 9}))
        append(service, "sdk.gap", *(("Broadcast", {"payload": n}) for n in range(7, 10)))

        assert [message.payload for message in some(live, 3)] == [7, 8, 9]


def test_what_is_refused_says_its_code(service: RealtimeService) -> None:
    with client(service) as live:
        with pytest.raises(SocketError) as refused:
            live.subscribe("run:nothing")
        with pytest.raises(SocketError, match="only the platform writes"):
            live.publish("run:nothing", {})

    assert (refused.value.number, refused.value.code) == (404, "run_not_found")


def test_without_a_credential_that_holds_nothing_is_tried_again(service: RealtimeService) -> None:
    tries: list[float] = []
    live = Realtime(f"ws://127.0.0.1:{service.port}/ws", dict, sleep=tries.append)

    with pytest.raises(ConnectionFailed, match="status 401"), live:
        pass
    assert tries == []


def test_nobody_there_is_tried_five_times_ever_further_apart() -> None:
    tries: list[float] = []
    live = Realtime("ws://127.0.0.1:1/ws", dict, sleep=tries.append)

    with pytest.raises(ConnectionFailed, match="cannot be connected to"), live:
        pass
    assert len(tries) == 4
    assert all(0.5 * 2**n <= pause <= 2**n for n, pause in enumerate(tries))


def test_a_run_is_followed_to_its_end(service: RealtimeService) -> None:
    service.runs.add(("acme", "sdk-run"))
    append(service, "run:sdk-run", ("run.started", {"event_type": "RunStarted", "version": 2, "mode": "inline"}))
    append(service, "run:sdk-run", ("token", {"node_id": "a", "text": "Hi", "index": 0}))
    append(service, "run:sdk-run", ("run.succeeded", {"event_type": "RunSucceeded", "version": 3}))

    with client(service) as live:
        started, text, ended = follow(live, "sdk-run")

    assert isinstance(started, RunEvent) and (started.type, started.version) == ("RunStarted", 2)
    assert isinstance(text, Frame) and (text.text, text.seq) == ("Hi", 2)
    assert isinstance(ended, RunEvent) and ended.type == "RunSucceeded"
