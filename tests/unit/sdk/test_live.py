"""Live output from Python: frames as they come, over connections that break, and the text they make."""

from typing import Any

import httpx
import pytest

from heddle_sdk.errors import ConnectionFailed
from heddle_sdk.live import LiveText
from heddle_sdk.models import Frame
from heddle_sdk.runs import Run
from tests.unit.sdk.test_client import Api, api, problem  # noqa: F401 (a fixture)


def frame(seq: int, type: str = "token", node: str = "write", **data: Any) -> dict[str, Any]:
    return {"seq": seq, "type": type, "data": {"node_id": node, "attempt": 1, **data}, "at": "2026-11-20T12:00:00Z"}


def page(*items: dict[str, Any], after: int = 0, ended: bool = False, hint: str | None = None) -> dict[str, Any]:
    return {"items": list(items), "next_after": items[-1]["seq"] if items else after, "ended": ended, "hint": hint}


def live_run(api: Api) -> Run:  # noqa: F811
    return Run.of(api.client()._transport, {"id": "r1", "status": "running"})


def texts(*frames: dict[str, Any]) -> dict[str, str]:
    live = LiveText()
    live.take(Frame.from_json(value) for value in frames)
    return {text.name: text.text for text in live.texts.values()}


def test_frames_come_until_the_run_has_ended(api: Api) -> None:  # noqa: F811
    api.on(
        "GET",
        "/api/runs/r1/stream",
        page(frame(1, text="Hello "), frame(2, text="world")),
        page(after=2),
        page(frame(3, "done", usage={}), ended=True),
    )

    found = list(live_run(api).stream())

    assert [(one.seq, one.type, one.text) for one in found] == [
        (1, "token", "Hello "),
        (2, "token", "world"),
        (3, "done", ""),
    ]
    assert [request.url.params["after"] for request in api.requests] == ["0", "2", "2"]
    assert {request.url.params["wait"] for request in api.requests} == {"20"}
    assert api.slept == [0.1], "frames gather a moment; an empty page was waited for by the service"


def test_following_begins_behind_the_frame_that_was_named(api: Api) -> None:  # noqa: F811
    api.on("GET", "/api/runs/r1/stream", page(after=7, ended=True))

    assert list(live_run(api).stream(after=7)) == []
    assert api.requests[0].url.params["after"] == "7"


def test_a_broken_connection_is_made_again_where_it_was(api: Api) -> None:  # noqa: F811
    api.on(
        "GET",
        "/api/runs/r1/stream",
        page(frame(1, text="a")),
        httpx.ReadError("reset"),
        problem(503, "upstream_unavailable"),
        page(frame(2, text="b"), ended=True),
    )

    assert [one.text for one in live_run(api).stream()] == ["a", "b"]
    assert [request.url.params["after"] for request in api.requests] == ["0", "1", "1", "1"]


def test_a_service_that_stays_away_is_said_to_be(api: Api) -> None:  # noqa: F811
    api.on("GET", "/api/runs/r1/stream", httpx.ConnectError("nobody"))

    with pytest.raises(ConnectionFailed):
        list(live_run(api).stream())


def test_full_pages_are_fetched_without_a_pause(api: Api) -> None:  # noqa: F811
    full = page(*[frame(seq, text="x") for seq in range(1, 201)])
    api.on("GET", "/api/runs/r1/stream", full, page(frame(201, text="y"), ended=True))

    assert len(list(live_run(api).stream())) == 201
    assert api.slept == []


def test_a_live_run_is_asked_for(api: Api) -> None:  # noqa: F811
    api.on("POST", "/api/workflows/w/execute", {"run_id": "r1", "status": "queued"})

    api.client().runs.start("w", live=True)

    assert b'"live":true' in api.requests[0].content.replace(b" ", b"")


def test_texts_of_nodes_and_items_are_put_together() -> None:
    assert texts(
        frame(1, text="Dear ", index=0),
        frame(2, node="title", text="A ti", index=0, item=0),
        frame(3, text="Ada", index=1),
        frame(4, node="title", text="tle", index=1, item=0),
        frame(5, node="title", text="Other", index=0, item=1),
    ) == {"write": "Dear Ada", "title[0]": "A title", "title[1]": "Other"}


def test_what_began_anew_or_came_twice_shows_once() -> None:
    assert texts(
        frame(1, text="kept ", index=0),
        frame(2, text="void", index=1),
        frame(3, "restart", index=1),
        frame(4, text="new", index=1),
        frame(5, text="new, and complete", index=1),
    ) == {"write": "kept new, and complete"}


def test_tools_and_gaps_show_where_they_were() -> None:
    assert texts(
        frame(1, text="Looking.", index=0),
        frame(2, "tool", name="search", call_id="c", state="started", index=1),
        frame(3, "gap", chars=12, index=2),
        frame(4, text="Found.", index=3),
    ) == {"write": "Looking.\n[calls search]\n[… 12 characters not shown …]Found."}


def test_a_newer_attempt_takes_the_place_of_the_one_before() -> None:
    live = LiveText()
    live.take(
        Frame.from_json(value)
        for value in (
            frame(1, text="first", index=0),
            frame(2, "error", code="llm_timeout", message="late"),
            frame(3, text="second", index=0, attempt=2),
            frame(4, text=" too late", index=1, attempt=1),
        )
    )

    assert live.newest is not None
    assert (live.newest.text, live.newest.attempt, live.newest.status) == ("second", 2, "writing")


def test_a_frame_of_a_kind_that_is_not_known_changes_no_text() -> None:
    assert texts(frame(1, text="a", index=0), frame(2, "hologram")) == {"write": "a"}
