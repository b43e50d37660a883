"""`heddle usage` and `heddle forecast` against the whole API in this process."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from heddle.testing.api import ApiStage, Caller
from heddle_cli.app import app
from heddle_sdk import Client
from tests.support.ledger import ListedLedger, line

DOCUMENT: dict[str, Any] = {
    "name": "Greeting",
    "input": {"type": "object", "properties": {"who": {"type": "string", "default": "world"}}},
    "nodes": [{"id": "hello", "type": "template", "config": {"template": "Hello {{ input.who }}"}}],
}


@pytest.fixture
def stage() -> ApiStage:
    return ApiStage()


@pytest.fixture
def ada(stage: ApiStage) -> Caller:
    return stage.user("ada", tenant="acme", roles=("editor",))


@pytest.fixture(autouse=True)
def connected(stage: ApiStage, ada: Caller, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let commands speak to the stage as ada."""

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().removeprefix("/api")
        body = request.read().decode() or None
        headers = {**ada.headers, "Content-Type": "application/json"}
        found = stage.send(request.method, path, headers=headers, body=body)
        return httpx.Response(found.status, headers=found.headers, text=found.body)

    def connect(stage: str | None = None, key: str | None = None) -> Client:
        http = httpx.Client(transport=httpx.MockTransport(answer))
        return Client("http://heddle/api", api_key="hdl_k", http=http)

    monkeypatch.setattr("heddle_cli.commands.usage.connect", connect)
    monkeypatch.setattr("heddle_cli.commands.runs.connect", connect)
    yield


def heddle(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False, env={"COLUMNS": "200"})


def fill(stage: ApiStage) -> None:
    now = stage.now().isoformat()
    stage.ports.ledger = ListedLedger(
        line(now, call_id=str(number), cost=2 * 10**11, model=("a", "b")[number % 2]) for number in range(3)
    )


def test_usage_is_a_table_with_totals(stage: ApiStage) -> None:
    fill(stage)

    shown = heddle("usage", "--by", "model,day").stdout

    assert shown.splitlines()[0].split()[:3] == ["model", "day", "calls"]
    assert "$0.4" in shown
    assert "3 calls, 300 tokens read, 60 written, $0.6" in shown


def test_usage_as_json_and_as_a_file(stage: ApiStage, tmp_path: Path) -> None:
    fill(stage)

    report = json.loads(heddle("usage", "--json", "--by", "model").stdout)
    written = json.loads(heddle("usage", "--csv", str(tmp_path / "u.csv"), "--json").stdout)

    assert report["totals"]["cost_usd"] == "0.6"
    assert written["calls"] == 3
    assert (tmp_path / "u.csv").read_text().count("user:ada") == 3


def test_without_advice_that_is_said() -> None:
    assert "nothing stands out" in heddle("usage", "--advice").stdout


def test_advice_is_printed_with_its_figures(stage: ApiStage) -> None:
    now = stage.now().isoformat()
    stage.ports.ledger = ListedLedger(line(now, call_id=str(n), outcome="failed", cost=0) for n in range(30))

    shown = heddle("usage", "--advice").stdout

    assert "ProviderSwitching openai/gpt-5-mini" in shown
    assert "failed_calls 30" in shown


def test_a_forecast_is_printed_and_nothing_is_started(stage: ApiStage, ada: Caller, tmp_path: Path) -> None:
    path = tmp_path / "greeting.json"
    path.write_text(json.dumps(DOCUMENT))

    before = heddle("run", "--forecast", str(path), "-i", "who=Ada").stdout
    again = json.loads(heddle("forecast", "greeting", "--json", "-i", "who=Ada").stdout)

    assert "worked out from the plan" in before
    assert "it would run inline" in before
    assert again["basis"] == "estimate"
    assert ada.get("/runs").json["items"] == []


def test_with_a_history_a_forecast_says_what_half_of_the_runs_cost(stage: ApiStage, ada: Caller) -> None:
    ada.put("/workflows/greeting", DOCUMENT)
    for _ in range(5):
        run = ada.post("/workflows/greeting/execute?wait=5", {}).json
        stage.project("acme", run["id"])

    shown = heddle("forecast", "greeting").stdout

    assert "a run costs about $0.0000" in shown
    assert "5 ended runs (5 of version 1)" in shown
