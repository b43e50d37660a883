"""Budgets and kill switches, from Python and on the command line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from typer.testing import CliRunner

import heddle_cli.commands.budgets
from heddle.runtime.api.samples.table import EXAMPLES
from heddle_cli.app import app
from heddle_sdk import Client
from tests.unit.sdk.test_client import Api, problem

BUDGET: dict[str, Any] = EXAMPLES["get_budget"]["response"]
STOPPED: dict[str, Any] = EXAMPLES["stop_ai"]["response"]
PATH = "/api/budgets/greeting-month"


@pytest.fixture
def api() -> Api:
    api = Api()
    api.on("GET", "/api/budgets", {"items": [BUDGET], "cursor": None})
    api.on("GET", PATH, BUDGET)
    api.on("PUT", PATH, BUDGET)
    api.on("POST", "/api/budgets", BUDGET)
    api.on("GET", f"{PATH}/alerts", EXAMPLES["list_budget_alerts"]["response"])
    for path in ("stop", "resume"):
        api.on("POST", f"/api/ai/{path}", STOPPED)
    api.on("GET", "/api/ai/status", STOPPED)
    return api


@pytest.fixture
def run(api: Api, monkeypatch: pytest.MonkeyPatch) -> Any:
    @contextmanager
    def connect(stage: str | None, key: str | None) -> Iterator[Client]:
        yield api.client()

    monkeypatch.setattr(heddle_cli.commands.budgets, "connect", connect)
    return lambda *words: CliRunner().invoke(app, list(words))


def sent(api: Api) -> Any:
    return json.loads(api.requests[-1].content)


def test_budgets_are_frozen_objects_with_their_status(api: Api) -> None:
    (budget,) = api.client().budgets.list()

    assert (budget.id, budget.limit_usd, budget.warn_at) == ("greeting-month", "25", (50, 80, 95))
    assert budget.status is not None and budget.status["health"] == "critical"
    assert [alert.percent for alert in api.client().budgets.alerts("greeting-month")] == [80]


def test_a_change_keeps_what_was_not_given_and_overwrites_nobody(api: Api) -> None:
    api.client().budgets.change("greeting-month", limit_usd="40")

    assert sent(api) == {
        "limit_usd": "40",
        "action": "block",
        "warn_at": [50, 80, 95],
        "name": "Greetings",
        "expected_version": 1,
    }


def test_setting_a_budget_that_is_not_there_makes_it(api: Api) -> None:
    api.on("GET", PATH, problem(404, "budget_not_found"))

    api.client().budgets.set("greeting-month", scope="tenant", period="day", limit_usd="1")

    assert api.requests[-1].url.path == "/api/budgets"
    assert sent(api)["id"] == "greeting-month"


def test_a_workflow_is_stopped_with_a_reason(api: Api) -> None:
    status = api.client().ai.stop("greeting", reason="loops")

    assert sent(api) == {"workflow_id": "greeting", "reason": "loops"}
    assert [stop["workflow_id"] for stop in status.workflows] == ["greeting"]


def test_the_command_lists_budgets_with_what_is_left(run: Any) -> None:
    shown = run("budgets")

    assert shown.exit_code == 0, shown.output
    for part in ("greeting-month", "25/month", "20.103 (80 %)", "4.477", "critical"):
        assert part in shown.output
    assert json.loads(run("budgets", "--json").output)[0]["id"] == "greeting-month"


def test_the_command_shows_one_budget_with_all_that_is_known(run: Any, api: Api) -> None:
    shown = run("budgets", "show", "greeting-month", "--window", "2026-01")

    for part in ("workflow greeting", "25 USD for the month, then block", "0.42", "20.52"):
        assert part in shown.output
    assert api.requests[-1].url.params["window"] == "2026-01"


def test_the_command_sets_a_budget(run: Any, api: Api) -> None:
    shown = run("budgets", "set", "greeting-month", "--limit", "40", "--warn-at", "10", "--warn-at", "90")

    assert shown.exit_code == 0, shown.output
    assert (sent(api)["limit_usd"], sent(api)["warn_at"]) == ("40", [10, 90])
    assert "25 USD for the month, then block" in shown.output


def test_the_command_says_what_a_new_budget_needs(run: Any) -> None:
    shown = run("budgets", "set", "new", "--limit", "40")

    assert shown.exit_code == 2
    assert "--scope, --period" in shown.output


def test_the_command_shows_alerts(run: Any) -> None:
    assert "80 %" in run("budgets", "alerts", "greeting-month").output


@pytest.mark.parametrize("words", [("stop", "-w", "greeting", "-r", "loops"), ("resume",), ("status",)])
def test_the_command_stops_and_resumes(run: Any, words: tuple[str, ...]) -> None:
    shown = run("ai", *words)

    assert shown.exit_code == 0, shown.output
    assert "greeting" in shown.output and "it greets in circles" in shown.output
