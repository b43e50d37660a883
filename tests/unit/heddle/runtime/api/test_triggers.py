"""Triggers through the API: made, changed, fired, tried out, refused; timers and what stands behind them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from heddle.application.triggers.fire_timer import FireTimer
from heddle.testing.api import ApiAnswer, ApiStage, Caller

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


@pytest.fixture(autouse=True)
def workflow(editor: Caller) -> str:
    node = {"id": "hi", "type": "template", "config": {"template": "Hello {{ input.name }}"}}
    found: str = editor.post("/workflows", {"name": "greeting", "input": SCHEMA, "nodes": [node]}).json["id"]
    return found


def make(caller: Caller, kind: str = "manual", **fields: Any) -> ApiAnswer:
    return caller.post("/triggers", {"name": "t", "kind": kind, "workflow_id": "greeting", **fields})


def test_a_trigger_is_made_listed_changed_and_deleted(editor: Caller, viewer: Caller) -> None:
    made = make(editor, input={"name": "{{ trigger.payload.who }}"}, labels={"a": "b"})
    path = f"/triggers/{made.json['id']}"
    changed = editor.patch(path, {"name": "second", "enabled": False})

    assert (made.status, made.headers["location"]) == (201, path[1:])
    assert (made.json["revision"], made.json["secret"], made.json["hook_path"]) == (1, None, None)
    assert (changed.json["name"], changed.json["enabled"], changed.json["revision"]) == ("second", False, 2)
    assert changed.json["input"] == made.json["input"]
    assert viewer.get(path).json == changed.json
    assert viewer.get("/triggers").json["items"] == [changed.json]
    assert editor.delete(path).status == 204
    assert viewer.get(path).json["code"] == "trigger_not_found"


def test_a_change_can_be_bound_to_a_revision(editor: Caller) -> None:
    path = f"/triggers/{make(editor).json['id']}"
    editor.patch(path, {"name": "second"})

    late = editor.patch(path, {"name": "third", "expected_revision": 1})

    assert (late.status, late.json["code"]) == (409, "version_conflict")


def test_firing_starts_a_run_with_the_mapped_input_and_is_in_the_history(editor: Caller, stage: ApiStage) -> None:
    trigger_id = make(
        editor,
        input={"name": "{{ preset.greeting }} {{ trigger.payload.who }}"},
        presets={"kind": {"greeting": "dear"}, "plain": {"greeting": ""}},
        preset="kind",
        labels={"from": "trigger"},
    ).json["id"]

    fired = editor.post(f"/triggers/{trigger_id}/fire", {"payload": {"who": "Ada"}})
    run = editor.get(f"/runs/{fired.json['run_id']}").json
    history = editor.get(f"/triggers/{trigger_id}/history").json["items"]

    assert fired.status == 202
    assert (run["input"], run["trigger"], run["labels"]) == (
        {"greeting": "dear", "name": "dear Ada"},
        "manual",
        {"from": "trigger"},
    )
    assert [(each["outcome"], each["run_id"], each["source"]) for each in history] == [("started", run["id"], "manual")]


def test_what_a_trigger_starts_is_as_urgent_as_the_trigger_says(editor: Caller, stage: ApiStage) -> None:
    trigger = make(editor, input={"name": "Ada"}, priority="high").json

    run_id = editor.post(f"/triggers/{trigger['id']}/fire", {}).json["run_id"]
    refused = editor.patch(f"/triggers/{trigger['id']}", {"priority": "urgent"})

    assert editor.get(f"/runs/{run_id}").json["priority"] == "high"
    assert stage.ports.queue.priorities[run_id] == "high"
    assert (refused.status, refused.json["errors"][0]["field"]) == (400, "priority")
    assert editor.get(f"/triggers/{trigger['id']}").json["revision"] == 1


def test_the_same_firing_twice_is_one_run(editor: Caller) -> None:
    trigger_id = make(editor, input={"name": "x"}).json["id"]

    def fire() -> ApiAnswer:
        return editor.post(f"/triggers/{trigger_id}/fire", {}, Idempotency_Key="k")

    first, second = fire(), fire()

    assert first.json["run_id"] == second.json["run_id"]
    assert (first.json["created"], second.json["created"]) == (True, False)
    assert len(editor.get(f"/triggers/{trigger_id}/history").json["items"]) == 1


def test_trying_out_shows_the_input_and_starts_nothing(editor: Caller, viewer: Caller, stage: ApiStage) -> None:
    trigger_id = make(editor, input={"name": "{{ trigger.payload.who }}"}).json["id"]

    good = viewer.post(f"/triggers/{trigger_id}/test", {"payload": {"who": "Ada"}}).json
    wrong = viewer.post(f"/triggers/{trigger_id}/test", {"payload": {"who": 7}}).json
    missing = viewer.post(f"/triggers/{trigger_id}/test", {}).json

    assert (good["valid"], good["input"], good["matches"]) == (True, {"name": "Ada"}, None)
    assert (wrong["valid"], wrong["errors"][0]["field"]) == (False, "input.name")
    assert (missing["valid"], missing["errors"][0]["code"]) == (False, "expression_undefined")
    assert stage.ports.queue.sent == []


def test_trying_out_an_event_trigger_says_whether_it_matches(editor: Caller) -> None:
    config = {"pattern": {"detail-type": ["OrderPaid"]}}
    trigger_id = make(editor, "event", config=config, input={"name": "{{ trigger.detail.buyer }}"}).json["id"]

    def tried(kind: str) -> Any:
        event = {"detail-type": kind, "detail": {"buyer": "Ada"}}
        return editor.post(f"/triggers/{trigger_id}/test", {"payload": event}).json["matches"]

    assert (tried("OrderPaid"), tried("OrderLost")) == (True, False)


def test_a_disabled_trigger_does_not_fire_and_says_so(editor: Caller) -> None:
    trigger_id = make(editor, input={"name": "x"}).json["id"]
    assert editor.post(f"/triggers/{trigger_id}/disable").json["enabled"] is False

    refused = editor.post(f"/triggers/{trigger_id}/fire", {})
    history = editor.get(f"/triggers/{trigger_id}/history").json["items"]
    editor.post(f"/triggers/{trigger_id}/enable")

    assert (refused.status, refused.json["code"]) == (409, "trigger_disabled")
    assert [(each["outcome"], each["code"]) for each in history] == [("refused", "trigger_disabled")]
    assert editor.post(f"/triggers/{trigger_id}/fire", {}).status == 202


def test_the_secret_of_a_webhook_is_shown_once_and_rotated(editor: Caller) -> None:
    made = make(editor, "webhook").json
    path = f"/triggers/{made['id']}"

    rotated = editor.post(f"{path}/rotate-secret", {"overlap_hours": 1}).json

    assert made["secret"].startswith("whsec_")
    assert rotated["secret"] != made["secret"]
    assert made["hook_path"] == f"/hooks/{made['id']}"
    assert "secret" not in editor.get(path).json
    assert "generation" not in str(editor.get(path).json)
    assert editor.post(f"/triggers/{make(editor).json['id']}/rotate-secret").json["code"] == "trigger_has_no_secret"


def test_a_timer_has_a_schedule_and_says_when_it_fires_next(editor: Caller, stage: ApiStage) -> None:
    config = {"schedule": "cron(0 8 ? * MON-FRI *)", "timezone": "Europe/Berlin"}
    made = make(editor, "timer", config=config, input={"name": "x"}).json

    assert len(made["next_firings"]) == 5
    assert made["config"]["missed"] == "run"
    assert stage.ports.schedules.schedules[made["id"]].enabled
    editor.post(f"/triggers/{made['id']}/disable")
    assert not stage.ports.schedules.schedules[made["id"]].enabled
    assert editor.get(f"/triggers/{made['id']}").json["next_firings"] == []
    editor.delete(f"/triggers/{made['id']}")
    assert stage.ports.schedules.schedules == {}


def test_a_timer_fires_once_for_each_time_and_what_it_missed_as_it_says(editor: Caller, stage: ApiStage) -> None:
    def timer(missed: str) -> str:
        config = {"schedule": "rate(1 hour)", "missed": missed, "max_age_seconds": 600}
        found: str = make(editor, "timer", config=config, input={"name": "{{ trigger.scheduled_at }}"}).json["id"]
        return found

    services = stage.services
    fire = FireTimer(stage.ports.triggers, services.fire_trigger, stage.ports.firings, stage.now)
    runs, skips = timer("run"), timer("skip")
    now = stage.now().replace(microsecond=0)
    on_time, late = now.isoformat(), (now - timedelta(hours=2)).isoformat()

    first = fire("acme", runs, scheduled_at=on_time)
    again = fire("acme", runs, scheduled_at=datetime.fromisoformat(on_time).strftime("%Y-%m-%dT%H:%M:%SZ"))
    caught_up = fire("acme", runs, scheduled_at=late)

    assert first and again and caught_up
    assert first.firing.run_id == again.firing.run_id != caught_up.firing.run_id
    assert again.firing.outcome == "duplicate"
    assert fire("acme", skips, scheduled_at=late) is None
    assert fire("evil", runs, scheduled_at=late) is None
    assert fire("acme", "trg_nobody", scheduled_at=late) is None
    assert editor.get(f"/triggers/{skips}/history").json["items"][0]["code"] == "timer_missed"


@pytest.mark.parametrize(
    ("kind", "fields", "status", "code", "field"),
    [
        ("manual", {"workflow_id": "nothing"}, 404, "workflow_not_found", ""),
        ("manual", {"version": 9}, 404, "version_not_found", ""),
        ("manual", {"config": {"x": 1}}, 400, "invalid_trigger", "config.x"),
        ("manual", {"input": {"a": "{{ nodes.b.output }}"}}, 400, "trigger_input_invalid", "input"),
        ("manual", {"input": {"a": "{{ trigger. }}"}}, 400, "trigger_input_invalid", "input"),
        ("manual", {"input": [1]}, 400, "trigger_input_invalid", "input"),
        ("manual", {"preset": "p"}, 400, "unknown_preset", ""),
        ("manual", {"presets": {"a b": {}}}, 400, "trigger_input_invalid", "presets.a b"),
        ("timer", {"config": {}}, 400, "invalid_trigger", "config.schedule"),
        ("timer", {"config": {"schedule": "cron(0 0 30 2 ? *)"}}, 400, "invalid_trigger", "config.schedule"),
        (
            "timer",
            {"config": {"schedule": "rate(1 day)", "timezone": "Mars"}},
            400,
            "invalid_trigger",
            "config.timezone",
        ),
        ("timer", {"config": {"schedule": "rate(1 day)", "ends_at": "soon"}}, 400, "invalid_trigger", "config.ends_at"),
        ("event", {"config": {}}, 400, "invalid_trigger", "config.pattern"),
        ("event", {"config": {"pattern": {"source": [{"prefix": ""}]}}}, 400, "invalid_trigger", "config.pattern"),
        ("run", {"config": {"workflow_id": "w", "statuses": ["won"]}}, 400, "invalid_trigger", "config.statuses"),
        ("webhook", {"config": {"scheme": "morse"}}, 400, "invalid_trigger", "config.scheme"),
        ("webhook", {"config": {"scheme": "stripe"}}, 400, "invalid_trigger", "config.secrets"),
        ("webhook", {"config": {"max_body_bytes": 11 * 2**20}}, 400, "invalid_trigger", "config.max_body_bytes"),
        ("webhook", {"config": {"challenge_parameter": "c"}}, 400, "invalid_trigger", "config.verify_token"),
        ("morse", {}, 400, "invalid_body", "kind"),
    ],
)
def test_what_is_no_trigger_is_refused_and_nothing_is_kept(
    editor: Caller, stage: ApiStage, kind: str, fields: dict[str, Any], status: int, code: str, field: str
) -> None:
    refused = make(editor, kind, **fields)

    assert (refused.status, refused.json["code"]) == (status, code)
    if field:
        assert refused.json["errors"][0]["field"] == field
    assert editor.get("/triggers").json["items"] == []
    assert stage.ports.schedules.schedules == {}


def test_a_trigger_whose_workflow_is_gone_is_refused_when_it_fires(editor: Caller, admin: Caller) -> None:
    trigger_id = make(editor, input={"name": "x"}).json["id"]
    admin.delete("/workflows/greeting")

    refused = editor.post(f"/triggers/{trigger_id}/fire", {})

    assert (refused.status, refused.json["code"]) == (409, "workflow_deleted")
    assert editor.get(f"/triggers/{trigger_id}/history").json["items"][0]["code"] == "workflow_deleted"


def test_a_viewer_makes_and_fires_nothing(editor: Caller, viewer: Caller) -> None:
    trigger_id = make(editor, input={"name": "x"}).json["id"]

    assert make(viewer).status == 403
    assert viewer.post(f"/triggers/{trigger_id}/fire", {}).status == 403
