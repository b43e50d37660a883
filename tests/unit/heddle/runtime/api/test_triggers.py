"""Triggers through the API: made, changed, fired, tried out, refused; timers and what stands behind them."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from heddle.adapters.memory.triggers import MemoryFiringLog
from heddle.application.triggers.fire_timer import FireTimer
from heddle.errors import UpstreamUnavailable
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


def test_a_firing_that_died_before_its_history_was_written_is_in_it_after_the_next_delivery(
    editor: Caller, stage: ApiStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger_id = make(editor, input={"name": "x"}).json["id"]
    path = f"/triggers/{trigger_id}"
    with monkeypatch.context() as dying:
        dying.setattr(MemoryFiringLog, "add", _unavailable)
        assert editor.post(f"{path}/fire", {}, Idempotency_Key="k").status == 503
    stage.pass_time(timedelta(minutes=1))

    again = [editor.post(f"{path}/fire", {}, Idempotency_Key="k").json for _ in range(2)]
    history = editor.get(f"{path}/history").json["items"]

    assert [each["created"] for each in again] == [False, False]
    assert [(each["outcome"], each["run_id"]) for each in history] == [("started", again[0]["run_id"])]


def _unavailable(*_: object) -> bool:
    raise UpstreamUnavailable("the table does not answer")


def test_a_key_that_is_too_long_is_refused_before_anything_starts(editor: Caller, stage: ApiStage) -> None:
    trigger_id = make(editor, input={"name": "x"}).json["id"]

    refused = editor.post(f"/triggers/{trigger_id}/fire", {}, Idempotency_Key="k" * 256)

    assert (refused.status, refused.json["code"]) == (400, "invalid_header")
    assert stage.ports.queue.sent == []


def test_an_unknown_preset_starts_nothing_and_is_in_the_history(editor: Caller, stage: ApiStage) -> None:
    trigger_id = make(editor, input={"name": "x"}).json["id"]

    refused = editor.post(f"/triggers/{trigger_id}/fire", {"preset": "none"})
    history = editor.get(f"/triggers/{trigger_id}/history").json["items"]

    assert (refused.status, refused.json["code"]) == (400, "unknown_preset")
    assert [(each["outcome"], each["code"]) for each in history] == [("refused", "unknown_preset")]
    assert stage.ports.queue.sent == []


def test_a_stranger_finds_neither_trigger_nor_history_and_fires_nothing(editor: Caller, stage: ApiStage) -> None:
    path = f"/triggers/{make(editor, input={'name': 'x'}).json['id']}"
    stranger = stage.user("eve", tenant="evil", roles=("admin",))

    answers = [
        stranger.get(path),
        stranger.get(f"{path}/history"),
        stranger.patch(path, {"name": "mine"}),
        stranger.delete(path),
        *(stranger.post(f"{path}/{verb}", {}) for verb in ("enable", "disable", "fire", "test", "rotate-secret")),
    ]

    assert {(each.status, each.json["code"]) for each in answers} == {(404, "trigger_not_found")}
    assert stranger.get("/triggers").json["items"] == []
    assert editor.get(path).json["revision"] == 1
    assert stage.ports.queue.sent == []


def test_trying_out_shows_the_input_and_starts_nothing(editor: Caller, viewer: Caller, stage: ApiStage) -> None:
    trigger_id = make(editor, input={"name": "{{ trigger.payload.who }}"}).json["id"]

    good = viewer.post(f"/triggers/{trigger_id}/test", {"payload": {"who": "Ada"}}).json
    wrong = viewer.post(f"/triggers/{trigger_id}/test", {"payload": {"who": 7}}).json
    missing = viewer.post(f"/triggers/{trigger_id}/test", {}).json

    assert (good["valid"], good["input"], good["matches"]) == (True, {"name": "Ada"}, None)
    assert (wrong["valid"], wrong["errors"][0]["field"]) == (False, "input.name")
    assert (missing["valid"], missing["errors"][0]["code"]) == (False, "expression_undefined")
    assert stage.ports.queue.sent == []


def test_trying_out_a_timer_says_when_it_fires_next_on_the_clock_of_its_zone(editor: Caller) -> None:
    config = {"schedule": "cron(0 8 * * ? *)", "timezone": "Europe/Berlin"}
    trigger_id = make(editor, "timer", config=config, input={"name": "Ada"}, enabled=False).json["id"]

    coming = editor.post(f"/triggers/{trigger_id}/test", {}).json["next_firings"]

    assert len(coming) == 5 and coming == sorted(coming)
    assert {moment[11:19] for moment in coming} == {"08:00:00"}
    assert {moment[19:] for moment in coming} <= {"+01:00", "+02:00"}
    assert editor.get(f"/triggers/{trigger_id}").json["next_firings"] == [], "it is disabled"


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


def test_a_timer_whose_last_time_is_past_is_still_listed_renamed_and_disabled(editor: Caller, stage: ApiStage) -> None:
    config = {"schedule": "at(2190-01-01T00:00:00)"}
    path = f"/triggers/{make(editor, 'timer', config=config, input={'name': 'x'}).json['id']}"
    stored = stage.ports.triggers.get(path.rsplit("/", 1)[-1])
    assert stored is not None
    past = {**stored.config, "schedule": "cron(0 0 1 1 ? 2001)"}
    stage.ports.triggers.put(replace(stored, config=past, revision=2))

    renamed = editor.patch(path, {"name": "old"})
    changed = editor.patch(path, {"config": {"schedule": "cron(0 0 1 1 ? 2001)"}})

    assert (renamed.status, renamed.json["next_firings"]) == (200, [])
    assert editor.get("/triggers").json["items"] == [renamed.json]
    assert editor.post(f"{path}/disable").status == 200
    assert (changed.status, changed.json["errors"][0]["field"]) == (400, "config.schedule")


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
        ("timer", {"config": {"schedule": "at(2020-01-01T00:00:00)"}}, 400, "invalid_trigger", "config.schedule"),
        (
            "timer",
            {"config": {"schedule": "rate(1 day)", "timezone": "Mars"}},
            400,
            "invalid_trigger",
            "config.timezone",
        ),
        ("timer", {"config": {"schedule": "rate(1 day)", "ends_at": "soon"}}, 400, "invalid_trigger", "config.ends_at"),
        ("event", {"config": {}}, 400, "invalid_trigger", "config.pattern"),
        (
            "event",
            {"config": {"pattern": {"detailType": ["A"]}}},
            400,
            "invalid_trigger",
            "config.pattern.detailType",
        ),
        (
            "event",
            {"config": {"pattern": {"$or": [{"source": ["a"]}, {"account": ["1"]}]}}},
            400,
            "invalid_trigger",
            "config.pattern.$or[1].account",
        ),
        ("event", {"config": {"pattern": {"detail": ["a"]}}}, 400, "invalid_trigger", "config.pattern.detail"),
        ("manual", {"budget_usd": "abc"}, 400, "invalid_body", "budget_usd"),
        ("manual", {"labels": {"a": "b" * 5000}}, 400, "invalid_body", "labels.a"),
        ("manual", {"input": {"a": "z" * 200_000}}, 413, "trigger_too_large", ""),
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
