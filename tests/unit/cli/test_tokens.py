"""Live text on the command line: on a screen, in a log, and for programs."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from rich.console import Console
from typer.testing import CliRunner

import heddle_cli.commands.runs
import heddle_cli.live
import heddle_cli.tokens
from heddle_cli.app import app
from heddle_cli.live import watch
from heddle_cli.tokens import PANEL_LINES, panel, printable, write_text
from heddle_sdk import Client
from heddle_sdk.live import LiveText
from heddle_sdk.models import Frame
from tests.unit.sdk.test_client import Api
from tests.unit.sdk.test_live import frame, page


def events(*kinds: str) -> dict[str, Any]:
    items = [
        {
            "id": str(number),
            "version": number,
            "type": kind,
            "data": {"node_id": "write", "attempt": 1} if kind.startswith("Node") else {},
            "occurred_at": "2026-01-01T00:00:00Z",
        }
        for number, kind in enumerate(kinds, 1)
    ]
    return {"items": items, "next_after": len(items), "more": False}


FRAMES = [
    frame(1, text="Dear Ada,\n", index=0),
    frame(2, text="\x1b[31mhello", index=1),
    frame(3, "done", usage={"output_tokens": 3}),
]


@pytest.fixture
def service() -> Api:
    run = {"id": "r1", "workflow_id": "w", "workflow_version": 1, "status": "succeeded", "nodes": [], "output": {}}
    api = Api()
    api.on("GET", "/api/workflows/w", {"id": "w", "document": {"nodes": []}})
    api.on("GET", "/api/workflows/w/versions/1", {"id": "w", "document": {"nodes": [{"id": "write", "type": "llm"}]}})
    api.on("POST", "/api/workflows/w/execute", {"run_id": "r1", "workflow_id": "w", "status": "running"})
    api.on("GET", "/api/runs/r1", run)
    done = events("RunRequested", "RunStarted", "NodeScheduled", "NodeCompleted", "RunSucceeded")
    api.on("GET", "/api/runs/r1/events", done)
    api.on("GET", "/api/runs/r1/stream", page(*FRAMES[:2]), page(FRAMES[2], ended=True))
    return api


@pytest.fixture
def client(service: Api) -> Client:
    return service.client()


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Console:
    """Put a console that is written to memory in the place of standard error; it is no terminal."""
    console = Console(file=io.StringIO(), width=80, highlight=False)
    for module in (heddle_cli.live, heddle_cli.tokens, heddle_cli.commands.runs):
        monkeypatch.setattr(module, "err", console)
    return console


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    @contextmanager
    def connect(*_arguments: Any) -> Iterator[Client]:
        yield client

    monkeypatch.setattr(heddle_cli.commands.runs, "connect", connect)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_without_a_screen_a_text_is_printed_when_it_is_complete(client: Client, screen: Console) -> None:
    watch(client, client.runs.get("r1"))

    assert "  write │ Dear Ada,\n  write │ [31mhello\n" in written(screen)


def test_a_service_without_live_output_is_watched_all_the_same(client: Client, service: Api, screen: Console) -> None:
    service.on("GET", "/api/runs/r1/stream", httpx.Response(404, json={"code": "route_not_found", "detail": "none"}))

    assert watch(client, client.runs.get("r1")).status == "succeeded"
    assert "│" not in written(screen)


def test_the_panel_shows_the_end_of_the_newest_text() -> None:
    live = LiveText()
    live.take(Frame.from_json(value) for value in (frame(1, node="other", text="x", index=0),))
    live.apply(Frame.from_json(frame(2, text="".join(f"line {n}\n" for n in range(100)) + "[bold]end", index=0)))
    console = Console(file=io.StringIO(), width=40)

    shown = panel(live, 40)
    assert shown is not None
    console.print(shown)

    lines = written(console).splitlines()
    assert len(lines) == PANEL_LINES + 2
    assert "write" in lines[0]
    assert "[bold]end" in lines[-2]
    assert "1 more" in lines[-1]


def test_a_long_line_is_wrapped_and_its_end_shown() -> None:
    live = LiveText()
    live.apply(Frame.from_json(frame(1, text="word " * 5000 + "the end", index=0)))
    console = Console(file=io.StringIO(), width=30)

    shown = panel(live, 30)
    assert shown is not None
    console.print(shown)

    lines = written(console).splitlines()
    assert len(lines) == PANEL_LINES + 2
    assert "the end" in lines[-2]
    assert max(map(len, lines)) <= 30


def test_there_is_no_panel_before_there_is_text() -> None:
    assert panel(LiveText(), 80) is None


def test_a_model_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b]0;title\x07b\x9b31mc\td\ne\r") == "a]0;titleb31mc\td\ne"


def test_text_alone_names_who_writes_and_what_began_anew() -> None:
    console = Console(file=io.StringIO(), width=20)

    write_text(
        [
            Frame.from_json(value)
            for value in (
                frame(1, text="Dear [bold] Ada, this is one long line. ", index=0),
                frame(2, "tool", name="search", call_id="c", state="started", index=1),
                frame(3, node="title", item=2, text="Title", index=0),
                frame(4, text="void", index=2),
                frame(5, "restart", index=2),
                frame(6, text="new", index=2),
                frame(7, "gap", chars=3, index=3),
                frame(8, "done", usage={}),
            )
        ],
        console,
    )

    assert written(console) == (
        "── write\nDear [bold] Ada, this is one long line. \n── title[2]\nTitle\n── write\nvoid\n── begins anew\nnew"
        "[… 3 characters not shown …]\n"
    )


@pytest.mark.usefixtures("connected", "screen")
def test_tokens_for_programs_are_a_line_each() -> None:
    answer = CliRunner().invoke(app, ["tail", "r1", "--tokens", "--json"])

    assert answer.exit_code == 0, answer.output
    assert [json.loads(line) for line in answer.stdout.splitlines()] == FRAMES


@pytest.mark.usefixtures("connected", "screen")
def test_a_live_run_for_programs_gives_its_frames_and_then_itself() -> None:
    answer = CliRunner().invoke(app, ["run", "w", "--live", "--json"])

    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    assert lines[:-1] == FRAMES
    assert (lines[-1]["id"], lines[-1]["status"]) == ("r1", "succeeded")


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize(
    ("flags", "terminal", "live"),
    [
        ([], False, True),
        ([], True, True),
        (["--no-live"], True, None),
        (["--live"], False, True),
        (["--json"], True, None),
        (["--no-watch"], True, None),
        (["--no-watch", "--live"], False, True),
    ],
)
def test_a_run_is_live_where_somebody_looks(
    service: Api, screen: Console, flags: list[str], terminal: bool, live: bool | None
) -> None:
    screen._force_terminal = terminal

    answer = CliRunner().invoke(app, ["run", "w", *flags])

    assert answer.exit_code == 0, answer.output
    body = next(json.loads(request.content) for request in service.requests if request.method == "POST")
    assert body.get("live") is live
