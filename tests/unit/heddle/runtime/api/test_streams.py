"""GET /runs/{run_id}/stream: as JSON, and as server-sent events that lose nothing over their answers' ends."""

import json
from typing import Any

import pytest

from heddle.application.ports.topics import FRAME_BYTES
from heddle.domain.events.envelope import StreamId
from heddle.testing.api import ApiAnswer, ApiStage, Caller

AT = "2026-11-20T12:00:00+00:00"
EVENTS = "text/event-stream"
WHO = {"node_id": "write", "attempt": 1}


@pytest.fixture
def run_id(editor: Caller, saved: str) -> str:
    answer = editor.post(f"/workflows/{saved}/execute", {"live": True})
    return str(answer.json["run_id"])


def write(stage: ApiStage, run_id: str, *frames: tuple[str, dict[str, Any]]) -> None:
    stage.ports.topics.append("acme", f"run:{run_id}", [(kind, {**WHO, **data}) for kind, data in frames], at=AT)


def token(text: str, index: int = 0) -> tuple[str, dict[str, Any]]:
    return "token", {"text": text, "index": index}


def events(answer: ApiAnswer) -> list[dict[str, Any]]:
    """Read an event stream as a browser does: one dictionary per event, `data` as JSON where it is."""
    assert answer.headers["content-type"] == EVENTS
    found = []
    for block in answer.body.split("\n\n"):
        lines = [line.split(": ", 1) for line in block.split("\n") if line]
        data = "\n".join(value for name, value in lines if name == "data")
        event = {name: value for name, value in lines if name != "data"}
        if data:
            event["data"] = json.loads(data) if data.startswith("{") else data
        if event:
            found.append(event)
    return found


def test_frames_come_as_json_with_the_number_to_go_on_from(stage: ApiStage, viewer: Caller, run_id: str) -> None:
    write(stage, run_id, token("Hello "), token("world", 1))

    answer = viewer.get(f"/runs/{run_id}/stream?wait=0&after=1")

    assert answer.json == {
        "items": [{"seq": 2, "type": "token", "data": {**WHO, "text": "world", "index": 1}, "at": AT}],
        "next_after": 2,
        "ended": False,
        "hint": None,
    }


def test_a_number_beyond_the_newest_is_kept(viewer: Caller, run_id: str) -> None:
    answer = viewer.get(f"/runs/{run_id}/stream?wait=0&after=999")

    assert answer.json == {"items": [], "next_after": 999, "ended": False, "hint": None}


def test_of_a_run_that_is_not_live_the_hint_says_so(editor: Caller, saved: str) -> None:
    run_id = editor.post(f"/workflows/{saved}/execute", {}).json["run_id"]

    answer = editor.get(f"/runs/{run_id}/stream")

    assert (answer.json["items"], answer.json["ended"]) == ([], True)
    assert "`live: true`" in answer.json["hint"]
    named = events(editor.get(f"/runs/{run_id}/stream", Accept=EVENTS))
    assert [event.get("event") for event in named] == [None, "connected", "done"]
    assert "`live: true`" in named[1]["data"]["hint"]


def test_a_run_of_another_tenant_is_not_found(stage: ApiStage, stranger: Caller, run_id: str) -> None:
    write(stage, run_id, token("secret"))

    for accept in ("application/json", EVENTS):
        answer = stranger.get(f"/runs/{run_id}/stream?wait=0", Accept=accept)

        assert (answer.status, answer.json["code"]) == (404, "run_not_found")


def test_frames_are_events_with_the_names_that_clients_know(stage: ApiStage, viewer: Caller, run_id: str) -> None:
    write(
        stage,
        run_id,
        token("Half"),
        ("restart", {"index": 0}),
        ("tool", {"name": "search", "call_id": "c1", "state": "started", "index": 0}),
        ("gap", {"chars": 7, "index": 1}),
        ("done", {"usage": {"provider": "openai", "model": "m", "output_tokens": 5, "cost_usd": "0.01"}}),
        ("error", {"code": "llm_timeout", "message": "no answer in time\nnot even a late one"}),
    )

    found = events(viewer.get(f"/runs/{run_id}/stream?wait=0", Accept=f"{EVENTS}, */*"))

    assert found[0] == {"retry": "500"}
    assert [(event["event"], event.get("id")) for event in found[1:]] == [
        ("connected", None),
        ("chunk", "1"),
        ("restart", "2"),
        ("tool", "3"),
        ("gap", "4"),
        ("complete", "5"),
        ("error", "6"),
    ]
    assert set(found[1]["data"]) == {"connection_id", "timestamp"}
    assert found[2]["data"] == {
        "content": "Half",
        "is_final": False,
        "metadata": {**WHO, "index": 0},
        "timestamp": AT,
    }
    assert found[4]["data"]["state"] == "started"
    assert found[6]["data"]["is_final"] is True
    assert found[6]["data"]["metadata"]["token_count"] == 5
    assert found[6]["data"]["metadata"]["provider"] == "openai"
    assert found[7]["data"] == "no answer in time\nnot even a late one"


def test_text_with_line_breaks_stays_one_chunk(stage: ApiStage, viewer: Caller, run_id: str) -> None:
    write(stage, run_id, token("one\n\nevent: done\r\ndata: [DONE]\n\n\u2028two"))

    found = events(viewer.get(f"/runs/{run_id}/stream?wait=0", Accept=EVENTS))

    assert [event.get("event") for event in found] == [None, "connected", "chunk"]
    assert found[2]["data"]["content"] == "one\n\nevent: done\r\ndata: [DONE]\n\n\u2028two"


def test_who_connects_again_misses_nothing_and_gets_nothing_twice(stage: ApiStage, viewer: Caller, run_id: str) -> None:
    path = f"/runs/{run_id}/stream?wait=0&limit=3"
    seen: list[str] = []
    last: dict[str, str] = {}
    for batch in range(3):
        write(stage, run_id, *[token(f"{batch}{letter}") for letter in "abcde"])
        for _ in range(3):
            found = events(viewer.get(path, Accept=EVENTS, **last))
            for event in found:
                if event.get("event") == "chunk":
                    seen.append(event["data"]["content"])
                if "id" in event:
                    last = {"Last_Event_ID": event["id"]}

    assert seen == [f"{batch}{letter}" for batch in range(3) for letter in "abcde"]


def test_a_silent_wait_ends_with_a_heartbeat(viewer: Caller, run_id: str) -> None:
    found = events(viewer.get(f"/runs/{run_id}/stream?wait=0", Accept=EVENTS))

    assert [event.get("event") for event in found] == [None, "connected", "heartbeat"]
    assert set(found[2]["data"]) == {"connection_id", "timestamp"}


def test_the_end_is_told_once_and_then_stops_the_reconnecting(stage: ApiStage, editor: Caller, saved: str) -> None:
    run_id = editor.post(f"/workflows/{saved}/execute?wait=10", {"live": True}).json["id"]
    version = stage.ports.events.read(StreamId("acme", "run", run_id)).version
    write(stage, run_id, token("Hello"), ("run.succeeded", {"version": version}))
    path = f"/runs/{run_id}/stream"

    first = events(editor.get(path, Accept=EVENTS))
    again = editor.get(path, Accept=EVENTS, Last_Event_ID=first[-1]["id"])
    interrupted = events(editor.get(path, Accept=EVENTS, Last_Event_ID="1"))

    assert first[-1] == {"id": "2-end", "event": "done", "data": "[DONE]"}
    assert (again.status, again.body) == (204, "")
    assert interrupted[-1]["data"] == "[DONE]"
    assert editor.get(f"{path}?after=2").json == {"items": [], "next_after": 2, "ended": True, "hint": None}


@pytest.mark.parametrize("value", ["x", "-1", "1.5", "1-end-end", "9" * 40, "٣"])
def test_a_last_event_id_that_is_not_ours_is_named(viewer: Caller, run_id: str, value: str) -> None:
    answer = viewer.get(f"/runs/{run_id}/stream?wait=0", Last_Event_ID=value)

    assert (answer.status, answer.json["code"]) == (400, "invalid_header")
    assert answer.json["errors"][0]["field"] == "Last-Event-ID"


@pytest.mark.parametrize("query", ["wait=26", "limit=0", "limit=1001"])
def test_a_parameter_out_of_bounds_is_named(viewer: Caller, run_id: str, query: str) -> None:
    answer = viewer.get(f"/runs/{run_id}/stream?{query}")

    assert (answer.status, answer.json["errors"][0]["field"]) == (400, query.partition("=")[0])


def test_an_answer_stays_below_what_the_platform_carries(stage: ApiStage, viewer: Caller, run_id: str) -> None:
    for number in range(40):
        write(stage, run_id, token(f"{number}" + "x" * (FRAME_BYTES - 200)))

    pages, after = [], 0
    while True:
        answer = viewer.get(f"/runs/{run_id}/stream?wait=0&limit=1000&after={after}")
        if not answer.json["items"]:
            break
        pages.append(len(answer.json["items"]))
        after = answer.json["next_after"]
        assert len(answer.body) < 5 * 1024 * 1024

    assert sum(pages) == 40
    assert len(pages) == 3
