"""Budgets and kill switches through the API: set, read, refused, stopped."""

from typing import Any

import pytest

from heddle.application.budgets.purse import BudgetPurse
from heddle.errors import NodeError
from heddle.testing.api import ApiStage, Caller
from tests.support.spending import DOLLAR, billed, caller, reserve

BUDGET = {"id": "team", "scope": "tenant", "period": "total", "limit_usd": "10.50"}


@pytest.fixture
def purse(stage: ApiStage) -> BudgetPurse:
    ports = stage.ports
    return BudgetPurse(ports.spend, ports.budgets, ports.events, stage.now, lambda: 0.0, lambda seconds: None)


def test_a_budget_is_set_and_says_how_it_stands(admin: Caller, viewer: Caller, purse: BudgetPurse) -> None:
    made = admin.post("/budgets", BUDGET)
    who = caller("acme")
    purse.settle(who, reserve(purse, who, 2 * DOLLAR), billed(DOLLAR))
    reserve(purse, caller("acme", "c2"), 9 * DOLLAR)

    found = viewer.get("/budgets/team").json

    assert (made.status, made.headers["location"], made.json["version"]) == (201, "budgets/team", 1)
    assert (found["limit_usd"], found["action"], found["warn_at"]) == ("10.5", "block", [50, 80, 95])
    assert found["status"] == {
        "subject": "*",
        "window": "total",
        "limit_usd": "10.5",
        "extra_usd": "0",
        "spent_usd": "1",
        "reserved_usd": "9",
        "left_usd": "0.5",
        "percentage_used": 9,
        "health": "healthy",
        "projected_usd": None,
    }
    assert viewer.get("/budgets").json["items"] == [found]


def test_a_budget_without_an_id_gets_one(admin: Caller) -> None:
    made = admin.post("/budgets", {key: value for key, value in BUDGET.items() if key != "id"}).json

    assert admin.get(f"/budgets/{made['id']}").json["id"] == made["id"]


def test_budgets_are_listed_in_pages(admin: Caller) -> None:
    for number in range(5):
        admin.post("/budgets", {**BUDGET, "id": f"b{number}"})

    first = admin.get("/budgets?limit=3").json
    rest = admin.get(f"/budgets?limit=3&cursor={first['cursor']}").json

    assert [each["id"] for each in first["items"] + rest["items"]] == ["b0", "b1", "b2", "b3", "b4"]
    assert rest["cursor"] is None


def test_a_change_keeps_what_makes_up_the_budget(admin: Caller) -> None:
    admin.post("/budgets", BUDGET)

    changed = admin.put("/budgets/team", {"limit_usd": "20", "action": "downgrade", "downgrade_to": "fast"})
    whole = admin.get("/budgets/team").json
    refused = admin.put("/budgets/team", {"limit_usd": "20", "scope": "user", "subject": "ada"})
    stale = admin.put("/budgets/team", {"limit_usd": "30", "expected_version": 1})

    assert (changed.status, whole["limit_usd"], whole["version"], whole["period"]) == (200, "20", 2, "total")
    assert (refused.status, refused.json["code"]) == (400, "invalid_budget")
    assert [error["field"] for error in refused.json["errors"]] == ["scope", "subject"]
    assert (stale.status, stale.json["code"]) == (409, "version_conflict")
    assert admin.get("/budgets/team").json["limit_usd"] == "20"


def test_an_answer_can_be_sent_back_as_a_change(admin: Caller) -> None:
    made = admin.post("/budgets", BUDGET).json
    body = {
        key: made[key] for key in ("scope", "subject", "period", "shards", "action", "downgrade_to", "warn_at", "name")
    }

    assert admin.put("/budgets/team", {**body, "limit_usd": "7"}).json["limit_usd"] == "7"


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"limit_usd": "-1"}, "limit_usd", "must not be negative"),
        ({"limit_usd": "NaN"}, "limit_usd", "decimal text"),
        ({"limit_usd": "1e-13"}, "limit_usd", "finer than a picodollar"),
        ({"limit_usd": 5}, "limit_usd", "string"),
        ({"limit_usd": 0.5}, "limit_usd", "string"),
        ({"scope": "galaxy"}, "scope", "tenant, user, api_key, workflow, run"),
        ({"scope": "user"}, "subject", "the id of a user, or *"),
        ({"period": "run"}, "period", "take the scope run"),
        ({"period": "week"}, "period", "run, hour, day, month, total"),
        ({"action": "downgrade"}, "downgrade_to", "must name the alias"),
        ({"warn_at": [0]}, "warn_at", "from 1 to 100"),
        ({"shards": 65}, "shards", "from 1 to 64"),
        ({"id": "no spaces"}, "id", "letters, digits"),
    ],
)
def test_a_wrong_budget_is_refused_with_the_field_and_the_fix(
    admin: Caller, wrong: dict[str, Any], field: str, says: str
) -> None:
    answer = admin.post("/budgets", {**BUDGET, **wrong})

    assert answer.status == 400
    (error,) = [error for error in answer.json["errors"] if error["field"] == field]
    assert says in error["message"]
    assert admin.get("/budgets").json["items"] == [], "nothing was written"


def test_there_is_one_budget_of_an_id(admin: Caller) -> None:
    admin.post("/budgets", BUDGET)

    answer = admin.post("/budgets", BUDGET)

    assert (answer.status, answer.json["code"]) == (409, "budget_exists")


def test_a_budget_of_zero_blocks_at_once(admin: Caller, purse: BudgetPurse) -> None:
    admin.post("/budgets", {**BUDGET, "limit_usd": "0"})

    with pytest.raises(NodeError) as raised:
        reserve(purse, caller("acme"), 1)

    assert raised.value.code == "budget_exceeded"
    assert admin.get("/budgets/team").json["status"]["health"] == "depleted"


def test_a_budget_of_each_user_stands_as_one_of_them_is_asked_for(admin: Caller, purse: BudgetPurse) -> None:
    admin.post("/budgets", {**BUDGET, "scope": "user", "subject": "*"})
    purse.book(caller("acme"), billed(3 * DOLLAR))

    assert admin.get("/budgets/team").json["status"] is None
    assert admin.get("/budgets/team?subject=ada").json["status"]["spent_usd"] == "3"
    assert admin.get("/budgets/team?subject=bob").json["status"]["spent_usd"] == "0"
    wrong = admin.get("/budgets/team?subject=ada&window=2026-11-20")
    assert (wrong.status, wrong.json["errors"][0]["field"]) == (400, "window")


def test_a_deleted_budget_is_gone(admin: Caller, purse: BudgetPurse) -> None:
    admin.post("/budgets", {**BUDGET, "limit_usd": "0"})

    assert admin.delete("/budgets/team").status == 204

    assert admin.get("/budgets/team").json["code"] == "budget_not_found"
    assert admin.delete("/budgets/team").status == 404
    assert reserve(purse, caller("acme"), DOLLAR).amount == DOLLAR


def test_alerts_are_listed_newest_first(admin: Caller, viewer: Caller, purse: BudgetPurse) -> None:
    admin.post("/budgets", {**BUDGET, "limit_usd": "1", "warn_at": [50]})
    purse.book(caller("acme"), billed(6 * DOLLAR // 10))
    purse.book(caller("acme", "c2"), billed(6 * DOLLAR // 10))

    items = viewer.get("/budgets/team/alerts").json["items"]

    assert [(item["percent"], item["kind"], item["spent_usd"]) for item in items] == [
        (100, "depleted", "1.2"),
        (50, "warning", "0.6"),
    ]


def test_ai_is_stopped_and_resumed(editor: Caller, viewer: Caller, stranger: Caller, purse: BudgetPurse) -> None:
    stopped = editor.post("/ai/stop", {"reason": "too dear"})

    with pytest.raises(NodeError, match="too dear") as raised:
        reserve(purse, caller("acme"), 1)
    assert raised.value.code == "ai_stopped"
    assert (stopped.status, stopped.json["stopped"], stopped.json["workflows"]) == (200, True, [])
    assert viewer.get("/ai/status").json == stopped.json
    assert stopped.json["stop"]["reason"] == "too dear"
    assert stranger.get("/ai/status").json == {"stopped": False, "stop": None, "workflows": []}
    assert editor.post("/ai/resume").json["stopped"] is False
    assert reserve(purse, caller("acme"), 1).amount == 1


def test_one_workflow_is_stopped_by_its_id(editor: Caller, saved: str, purse: BudgetPurse) -> None:
    answer = editor.post("/ai/stop", {"workflow_id": saved})

    assert [stop["workflow_id"] for stop in answer.json["workflows"]] == [saved]
    with pytest.raises(NodeError):
        reserve(purse, caller("acme", workflow_id=saved), 1)
    assert reserve(purse, caller("acme", workflow_id="other"), 1).amount == 1


def test_a_workflow_that_does_not_exist_is_not_taken_for_stopped(editor: Caller) -> None:
    answer = editor.post("/ai/stop", {"workflow_id": "gretting"})

    assert (answer.status, answer.json["code"]) == (404, "workflow_not_found")
