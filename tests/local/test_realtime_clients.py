"""Following runs over the WebSocket of the real stage: from Python, on the command line, and when it is cut."""

from websockets.sync.client import connect

from heddle_sdk import Client
from heddle_sdk.following import follow
from heddle_sdk.models import RunEvent
from tests.local.conftest import Cli

CHAIN = {
    "name": "followed chain",
    "nodes": [
        {"id": "one", "type": "template", "config": {"template": "1"}},
        {"id": "pause", "type": "delay", "config": {"seconds": 2}},
        {"id": "two", "type": "template", "config": {"template": "2"}},
    ],
    "edges": [{"from": "one", "to": "pause"}, {"from": "pause", "to": "two"}],
}


def test_a_live_run_is_followed_from_its_first_event_to_its_last(client: Client) -> None:
    run = client.runs.start(client.workflows.ensure(CHAIN), live=True)

    with client.realtime() as live:
        happened = [each for each in follow(live, run.id) if isinstance(each, RunEvent)]

    history = {event.version: event.type for event in run.events()}
    assert [event.version for event in happened] == sorted({event.version for event in happened})
    assert happened[0].type == "RunRequested"
    assert happened[-1].type == "RunSucceeded"
    assert {event.version: event.type for event in happened}.items() <= history.items()


def test_a_socket_that_is_cut_in_the_middle_misses_nothing_and_shows_nothing_twice(client: Client) -> None:
    run = client.runs.start(client.workflows.ensure(CHAIN), live=True)

    with client.realtime() as live:
        versions: list[int] = []
        for each in follow(live, run.id):
            assert isinstance(each, RunEvent)
            versions.append(each.version)
            if each.type == "NodeWaiting":
                assert live._socket is not None
                live._socket.close()

    assert versions == sorted(set(versions))
    assert versions[-1] == max(event.version for event in run.events())


def test_a_run_that_is_not_live_writes_nothing_into_its_topic(client: Client) -> None:
    run = client.runs.start(client.workflows.ensure(CHAIN)).wait(60)

    with client.realtime() as live:
        live.subscribe(f"run:{run.id}", after=0)

        assert list(live.messages(timeout=2)) == []


def test_the_command_line_follows_over_the_socket(client: Client, heddle: Cli, stage: dict[str, str]) -> None:
    workflow_id = client.workflows.ensure(CHAIN)

    shown = heddle("run", workflow_id)

    assert "no WebSocket" not in shown.stderr
    assert [line for line in shown.stderr.splitlines() if "two" in line][-1].startswith("✔ two succeeded")


def test_a_frame_that_is_too_large_and_one_that_is_none_are_answered(stage: dict[str, str]) -> None:
    with connect(stage["ws_url"], additional_headers={"X-Api-Key": stage["api_key"]}) as socket:
        socket.recv(timeout=20)
        socket.send('{"type": "Ping", "data": {"x": "' + "y" * 129 * 1024 + '"}}')
        large = str(socket.recv(timeout=20))
        socket.send("not json")
        wrong = str(socket.recv(timeout=20))

    assert "frame_too_large" in large
    assert "invalid_frame" in wrong
