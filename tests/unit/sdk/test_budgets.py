"""Budgets and kill switches, from Python."""

import json
from typing import Any

import pytest

from heddle.runtime.api.samples.table import EXAMPLES
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
