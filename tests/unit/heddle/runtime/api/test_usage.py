"""Usage and cost over the API: reports, exports, statistics, advice, the calls of a run, forecasts."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest

from heddle.domain.models.resolve import MODELS
from heddle.domain.money import picos
from heddle.testing.api import ApiStage, Caller
from tests.support.ledger import ListedLedger, line

ASK: dict[str, Any] = {
    "name": "ask",
    "input": {"type": "object", "properties": {"pages": {"type": "array", "default": []}}},
    "nodes": [{"id": "a", "type": "llm", "config": {"prompt": "Say {{ input.pages }}", "max_tokens": 100}}],
}
GREET: dict[str, Any] = {
    "name": "greet",
    "nodes": [{"id": "a", "type": "template", "config": {"template": "Hello"}}],
    "outputs": {"text": "{{ nodes.a.output.text }}"},
}


def fill(stage: ApiStage, *lines: Any) -> None:
    stage.ports.ledger = ListedLedger(lines)


def day(stage: ApiStage, ago: int = 0) -> str:
    return (stage.now().date() - timedelta(days=ago)).isoformat()


def at(stage: ApiStage, ago: int = 0, number: int = 0) -> str:
    return f"{day(stage, ago)}T08:{number % 60:02}:00.{number:06}+00:00"


@pytest.fixture
def filled(stage: ApiStage) -> ApiStage:
    lines = [
        line(at(stage, ago, number), call_id=f"{ago}-{number}", cost=10**12 + number, model=("a", "b")[number % 2])
        for ago in range(10)
        for number in range(7)
    ]
    fill(stage, *lines, line(at(stage), tenant="other", call_id="theirs", cost=5))
    return stage


def test_usage_is_told_by_group_and_adds_up(filled: ApiStage, viewer: Caller) -> None:
    found = viewer.get("/usage?group_by=model,day").json

    assert found["group_by"] == ["model", "day"]
    assert (found["from"], found["to"], found["time_zone"]) == (day(filled, 29), day(filled), "UTC")
    assert (found["totals"]["calls"], found["groups_total"]) == (70, 20)
    assert found["totals"]["cost_usd"] == "70.00000000021"
    assert sum(picos(group["cost_usd"]) for group in found["groups"]) == picos("70.00000000021")
    assert found["groups"][0]["group"]["model"] == "a"


def test_days_bound_the_report_and_filters_narrow_it(filled: ApiStage, viewer: Caller) -> None:
    found = viewer.get(f"/usage?from={day(filled, 2)}&to={day(filled, 1)}&model=a").json
    limited = viewer.get("/usage?group_by=day&limit=3").json

    assert (found["totals"]["calls"], found["groups"]) == (8, [])
    assert (len(limited["groups"]), limited["groups_total"]) == (3, 10)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "from"),
        ("to=2026-02-30", "to"),
        ("to=20260101", "to"),
        ("from=2026-01-02&to=2026-01-01", "from"),
        ("from=2024-01-01&to=2025-06-01", "from"),
        ("group_by=model,colour", "group_by"),
        ("group_by=,", "group_by"),
    ],
)
def test_a_wrong_parameter_is_named(viewer: Caller, query: str, field: str) -> None:
    answer = viewer.get(f"/usage?{query}")

    assert (answer.status, answer.json["code"]) == (400, "invalid_parameter")
    assert answer.json["errors"][0]["field"] == field


def test_a_year_with_a_leap_day_is_not_too_long(viewer: Caller) -> None:
    assert viewer.get("/usage?from=2024-01-01&to=2024-12-31").status == 200


def test_an_export_gives_every_line_once_as_json_and_as_csv(filled: ApiStage, viewer: Caller) -> None:
    items: list[dict[str, Any]] = []
    text, path = "", "/usage/export?limit=9"
    cursor = ""
    while True:
        page = viewer.get(f"{path}{cursor}").json
        items += page["items"]
        if page["cursor"] is None:
            break
        cursor = f"&cursor={page['cursor']}"
    cursor = ""
    while True:
        answer = viewer.get(f"{path}&format=csv{cursor}")
        text += answer.body
        if "x-next-cursor" not in answer.headers:
            break
        cursor = f"&cursor={answer.headers['x-next-cursor']}"

    assert len(items) == 70
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    names, *rows = csv.reader(io.StringIO(text, newline=""))
    assert [dict(zip(names, row, strict=True))["call_id"] for row in rows] == [item["call_id"] for item in items]
    assert sum(picos(item["cost_usd"]) for item in items) == picos("70.00000000021")


def test_one_day_can_be_exported(filled: ApiStage, viewer: Caller) -> None:
    found = viewer.get(f"/usage/export?day={day(filled, 3)}").json

    assert [item["call_id"] for item in found["items"]] == [f"3-{number}" for number in range(7)]
    for query, field in (("day=2026-01-01&to=2026-01-02", "day"), ("day=today", "day"), ("format=xml", "format")):
        answer = viewer.get(f"/usage/export?{query}")
        assert (answer.status, answer.json["errors"][0]["field"]) == (400, field)


def test_statistics_compare_with_the_days_before_and_look_ahead(filled: ApiStage, viewer: Caller) -> None:
    found = viewer.get("/usage/statistics?days=5").json

    assert found["totals"]["calls"] == 35
    assert found["change_percent"] == 0.0
    assert found["forecast"]["reason"] is not None
    assert viewer.get("/usage/statistics").json["forecast"]["days_with_use"] == 9


def test_advice_is_made_of_what_the_ledger_has(stage: ApiStage, viewer: Caller) -> None:
    tiny = [
        line(
            at(stage, 0, number),
            call_id=f"{number}",
            provider="openai",
            model="gpt-5",
            input_tokens=900,
            output_tokens=10,
            cost=picos("0.002"),
        )
        for number in range(80)
    ]
    fill(stage, *tiny)

    found = viewer.get("/usage/recommendations").json

    assert (found["days"], found["lines"]) == (30, 80)
    assert [item["kind"] for item in found["items"]] == ["ModelSubstitution", "RequestBatching"]
    assert MODELS["openai"]["fast"] in found["items"][0]["advice"]


def test_advice_on_max_tokens_is_by_the_newest_version(stage: ApiStage, editor: Caller, viewer: Caller) -> None:
    ask = editor.post("/workflows", ASK).json["id"]
    lines = [
        line(at(stage, 0, number), call_id=str(number), workflow_id=ask, node_id="a", run_id=str(number), cost=0)
        for number in range(30)
    ]
    fill(stage, *lines)

    (advice,) = viewer.get("/usage/recommendations").json["items"]

    assert (advice["kind"], advice["about"]) == ("ParameterOptimization", f"{ask}/a")
    assert advice["figures"]["max_tokens"] == 100


def test_the_calls_of_a_run_are_listed(stage: ApiStage, editor: Caller, viewer: Caller) -> None:
    workflow = editor.post("/workflows", GREET).json["id"]
    run_id = editor.post(f"/workflows/{workflow}/execute", {}).json["run_id"]
    fill(stage, *(line(at(stage, 0, number), call_id=str(number), run_id=run_id) for number in range(3)))

    first = viewer.get(f"/runs/{run_id}/calls?limit=2").json
    second = viewer.get(f"/runs/{run_id}/calls?limit=2&cursor={first['cursor']}").json

    assert [item["call_id"] for item in first["items"] + second["items"]] == ["0", "1", "2"]
    assert second["cursor"] is None
    assert viewer.get("/runs/none/calls").json["code"] == "run_not_found"


def test_a_run_shows_what_it_cost_and_what_that_rests_on(stage: ApiStage, editor: Caller) -> None:
    workflow = editor.post("/workflows", GREET).json["id"]

    run = editor.post(f"/workflows/{workflow}/execute?wait=5", {}).json

    cost = run["cost"]
    assert run["status"] == "succeeded"
    assert (cost["measured"]["invocations"], cost["measured"]["events"]) == (1, run["events_version"])
    assert picos(cost["infrastructure_usd"]) == sum(picos(part) for part in cost["by_service_usd"].values()) > 0
    assert (cost["models_usd"], cost["total_usd"]) == ("0", cost["infrastructure_usd"])
    assert run["infrastructure_usd"] == cost["infrastructure_usd"]
    stage.project("acme", run["id"])
    assert editor.get("/runs").json["items"][0]["infrastructure_usd"] == cost["infrastructure_usd"]


def test_a_run_is_forecast_from_its_plan_and_then_from_its_history(stage: ApiStage, editor: Caller) -> None:
    workflow = editor.post("/workflows", GREET).json["id"]
    before = editor.post(f"/workflows/{workflow}/forecast").json
    for _ in range(5):
        run = editor.post(f"/workflows/{workflow}/execute?wait=5", {}).json
        stage.project("acme", run["id"])

    after = editor.post(f"/workflows/{workflow}/forecast", {"input": {}}).json

    assert (before["basis"], before["history"], before["mode"]) == ("estimate", None, "inline")
    assert set(before["estimate"]["infrastructure_usd"]) == {"inline", "express", "standard"}
    assert (after["basis"], after["history"]["runs"]) == ("history", 5)
    assert picos(after["likely_usd"]) <= picos(after["high_usd"])
    assert len(editor.get("/runs").json["items"]) == 5


def test_a_forecast_names_the_model_its_price_and_bad_input(stage: ApiStage, editor: Caller) -> None:
    node = {"id": "a", "type": "llm", "config": {"prompt": "Hi", "model": "gpt-5-mini", "provider": "openai"}}
    workflow = editor.post("/workflows", {**ASK, "nodes": [node]}).json["id"]

    found = editor.post(f"/workflows/{workflow}/forecast", {"input": {"pages": [1]}}).json
    bad = editor.post(f"/workflows/{workflow}/forecast", {"input": {"pages": "x"}})

    (estimate,) = found["estimate"]["nodes"]
    assert estimate["model"] == "openai/gpt-5-mini"
    assert 0 < picos(estimate["low_usd"]) < picos(estimate["high_usd"])
    assert (bad.status, bad.json["code"]) == (400, "invalid_input")
    assert editor.post(f"/workflows/{workflow}/forecast", {"version": 9}).json["code"] == "version_not_found"


def test_a_key_needs_the_scope(stage: ApiStage, admin: Caller) -> None:
    keys = {
        scope: admin.post("/api-keys", {"name": scope, "role": "viewer", "scopes": [scope]}).json["key"]
        for scope in ("usage:read", "runs:read")
    }

    assert stage.anyone(X_Api_Key=keys["usage:read"]).get("/usage").status == 200
    assert stage.anyone(X_Api_Key=keys["runs:read"]).get("/usage").json["code"] == "scope_missing"
    assert date.fromisoformat(stage.anyone(X_Api_Key=keys["usage:read"]).get("/usage").json["to"])
