"""What a run cost, as the command says it."""

from typing import Any

import httpx
import pytest

from heddle_cli.show import run_cost, show_nodes, total_cost
from heddle_sdk import Client
from heddle_sdk.runs import Run


def run(**values: Any) -> Run:
    http = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(404)))
    client = Client("http://heddle/api", api_key="hdl_k", http=http)
    return Run.of(client._transport, {"id": "r", "workflow_id": "w", **values})


def test_models_and_infrastructure_are_shown_apart_and_together() -> None:
    ended = run(cost_usd="0.0021", infrastructure_usd="0.0004")

    assert str(total_cost(ended)) == "0.0025"
    shown = run_cost(ended)
    assert [part for part in ("$0.0025", "models[/] $0.0021", "infrastructure[/] $0.0004") if part not in shown] == []


USED = {"node_id": "write", "status": "completed", "attempt": 1, "duration_ms": 1500.0}


def test_who_answered_stands_beside_the_tokens() -> None:
    usage = {"provider": "openai", "model": "gpt-5-mini", "input_tokens": 1200, "output_tokens": 80, "cost_usd": "0.1"}

    shown = run_cost(run(cost_usd="0.1", infrastructure_usd="0", nodes=[USED | {"usage": usage}]))

    assert "1,200 tokens read, 80 written, openai/gpt-5-mini" in shown


def test_nodes_are_shown_with_model_tokens_and_cost(capsys: pytest.CaptureFixture[str]) -> None:
    usage = {"provider": "x", "models": ["a/b", "c/d"], "input_tokens": 1, "output_tokens": 2, "cost_usd": "0.1"}
    nodes = [USED | {"usage": usage}, {"node_id": "read", "status": "skipped", "attempt": 0, "usage": {}}]

    show_nodes(run(nodes=nodes))

    head, write, read = capsys.readouterr().out.splitlines()
    assert head.split() == ["node", "status", "attempt", "time", "model", "read", "written", "cost"]
    assert write.split() == ["write", "completed", "1", "1.5", "s", "a/b,", "c/d", "1", "2", "$0.1"]
    assert read.split() == ["read", "skipped"]


def test_nodes_that_asked_no_model_have_no_such_columns(capsys: pytest.CaptureFixture[str]) -> None:
    show_nodes(run(nodes=[USED | {"usage": {}}]))

    assert capsys.readouterr().out.splitlines()[0].split() == ["node", "status", "attempt", "time"]


def test_an_older_service_that_tells_of_models_only_is_understood() -> None:
    assert "$0.5" in run_cost(run(cost_usd="0.5"))
