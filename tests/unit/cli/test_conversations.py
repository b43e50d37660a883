"""`heddle conversation` shows a node's calls as they were recorded."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from typer.testing import CliRunner

from heddle_cli.app import app
from heddle_sdk.models import RunEvent

CALLS: list[Mapping[str, Any]] = [
    {
        "id": "1",
        "version": 1,
        "type": "ModelCalled",
        "data": {
            "step": 1,
            "provider": "openai",
            "model": "gpt-5-mini",
            "answer": {"text": "Let me [bold]look[/]."},
            "usage": {"input_tokens": 12, "output_tokens": 6, "cost_usd": "0.0005"},
            "duration_ms": 420.0,
            "prompt": {"name": "helper", "version": 3},
        },
    },
    {
        "id": "2",
        "version": 2,
        "type": "ToolCalled",
        "data": {"tool": "search", "arguments": {"query": "rope"}, "result": "3 passages", "duration_ms": 2.0},
    },
    {"id": "3", "version": 3, "type": "ConversationEnded", "data": {"outcome": "agent_step_limit"}},
]


class Run:
    def conversation(self, node: str, *, item: int | None = None) -> list[RunEvent]:
        assert (node, item) == ("helper", 2)
        return [RunEvent.from_json(call) for call in CALLS]


class Client:
    runs = property(lambda self: self)

    def get(self, run: str) -> Run:
        assert run == "r1"
        return Run()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        return None


@pytest.fixture(autouse=True)
def _client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heddle_cli.commands.conversations.connect", lambda stage, key: Client())
    monkeypatch.setattr("heddle_cli.console.out.width", 110)


def test_each_call_is_shown_with_who_answered_and_what_it_cost() -> None:
    shown = CliRunner().invoke(app, ["conversation", "r1", "helper", "--item", "2"]).output

    assert "openai/gpt-5-mini  12 read, 6 written, $0.0005, 420 ms  prompt helper@3" in shown
    assert "Let me [bold]look[/]." in shown
    assert '✔ search({"query": "rope"})' in shown
    assert "3 passages" in shown
    assert "ended: agent_step_limit" in shown


def test_programs_get_the_events() -> None:
    answer = CliRunner().invoke(app, ["conversation", "r1", "helper", "--item", "2", "--json"])

    assert [event["type"] for event in json.loads(answer.output)] == ["ModelCalled", "ToolCalled", "ConversationEnded"]


def test_a_node_that_asked_nobody_is_said_to_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "conversation", lambda run, node, item: [])

    assert CliRunner().invoke(app, ["conversation", "r1", "helper"]).output.startswith("nothing is recorded of helper;")
