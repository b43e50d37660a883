"""Runs through the API: started, waited for, read, stopped, tried again."""

import itertools
from typing import Any
from urllib.parse import urljoin

import pytest

from heddle.application.execution.step import RunRef, Work
from heddle.domain.events.envelope import StreamId
from heddle.testing.api import ApiStage, Caller

STEPS: dict[str, Any] = {
    "name": "steps",
    "nodes": [
        {"id": "first", "type": "template", "config": {"template": "one"}},
        {"id": "wait", "type": "approval", "after": ["first"], "config": {"message": "Go on?"}},
    ],
}


def test_a_run_is_accepted_with_its_mode_and_the_reason(stage: ApiStage, editor: Caller, saved: str) -> None:
    answer = editor.post(f"/workflows/{saved}/execute", {"input": {"who": "Ada"}}, X_Correlation_ID="c-1")

    assert answer.status == 202
    run_id = answer.json["run_id"]
    assert urljoin(f"/api/workflows/{saved}/execute", answer.headers["location"]) == f"/api/runs/{run_id}"
    assert answer.json["mode"] == "inline" and answer.json["reason"] and answer.json["status"] == "queued"
    assert stage.ports.queue.sent == [
        ({"tenant": "acme", "id": run_id, "correlation_id": "c-1"}, "requested", 0),
    ]
    first = stage.ports.events.read(StreamId("acme", "run", run_id)).events[0]
    assert (first.metadata.correlation_id, first.metadata.principal) == ("c-1", "user:sub-edda")


def test_a_run_comes_in_by_the_queue_of_its_priority(stage: ApiStage, editor: Caller, saved: str) -> None:
    run_id = editor.post(f"/workflows/{saved}/execute", {"priority": "low"}).json["run_id"]
    ordinary = editor.post(f"/workflows/{saved}/execute", {}).json["run_id"]

    assert stage.ports.queue.priorities == {run_id: "low", ordinary: "normal"}
    assert editor.get(f"/runs/{run_id}").json["priority"] == "low"


def test_a_priority_that_does_not_exist_is_refused_by_name(stage: ApiStage, editor: Caller, saved: str) -> None:
    refused = editor.post(f"/workflows/{saved}/execute", {"priority": "urgent"})

    assert (refused.status, refused.json["errors"][0]["field"]) == (400, "priority")
    assert stage.ports.queue.sent == []


def test_waiting_answers_the_finished_run(editor: Caller, saved: str) -> None:
    answer = editor.post(f"/workflows/{saved}/execute?wait=5", {"input": {"who": "Ada"}, "labels": {"team": "docs"}})

    assert answer.status == 200, answer.body
    run = answer.json
    assert (run["status"], run["output"]) == ("succeeded", {"text": "Hello, Ada!"})
    assert (run["input"], run["labels"], run["mode"]) == ({"who": "Ada"}, {"team": "docs"}, "inline")
    assert run["progress"] == {"total": 1, "done": 1, "failed": 0}
    assert [(node["node_id"], node["status"]) for node in run["nodes"]] == [("greet", "completed")]
    assert editor.get(f"/runs/{run['id']}").json == run


def test_defaults_of_the_schema_are_filled_in(editor: Caller, saved: str) -> None:
    assert editor.post(f"/workflows/{saved}/execute?wait=5").json["output"] == {"text": "Hello, world!"}


def test_waiting_for_what_does_not_end_in_time_is_accepted(stage: ApiStage, editor: Caller) -> None:
    editor.post("/workflows", STEPS)
    clock = itertools.count()
    object.__setattr__(stage.services, "monotonic", lambda: float(next(clock)))

    answer = editor.post("/workflows/steps/execute?wait=3", {})

    assert answer.status == 202


def test_an_input_that_breaks_the_schema_names_the_field(editor: Caller, saved: str) -> None:
    answer = editor.post(f"/workflows/{saved}/execute", {"input": {"who": 7}})

    assert (answer.status, answer.json["code"]) == (400, "invalid_input")
    assert answer.json["errors"][0]["field"] == "input.who"


def test_an_older_version_can_be_run(editor: Caller, saved: str, greeting: dict[str, Any]) -> None:
    greeting["nodes"] = [{"id": "greet", "type": "template", "config": {"template": "Bye, {{ input.who }}!"}}]
    editor.put(f"/workflows/{saved}", greeting)

    old = editor.post(f"/workflows/{saved}/execute?wait=5", {"version": 1}).json
    new = editor.post(f"/workflows/{saved}/execute?wait=5", {}).json

    assert (old["output"]["text"], new["output"]["text"]) == ("Hello, world!", "Bye, world!")
    assert editor.post(f"/workflows/{saved}/execute", {"version": 9}).status == 404


def test_the_same_idempotency_key_is_the_same_run(editor: Caller, saved: str) -> None:
    path = f"/workflows/{saved}/execute"

    first = editor.post(path, {"input": {"who": "Ada"}}, Idempotency_Key="k1").json
    again = editor.post(path, {"input": {"who": "Ada"}}, Idempotency_Key="k1").json
    other = editor.post(path, {"input": {"who": "Bob"}}, Idempotency_Key="k1")

    assert (again["run_id"], again["created"], first["created"]) == (first["run_id"], False, True)
    assert (other.status, other.json["code"]) == (409, "idempotency_key_reused")


def test_an_idempotency_key_of_another_tenant_is_another_key(
    editor: Caller, stranger: Caller, saved: str, greeting: dict[str, Any]
) -> None:
    stranger.post("/workflows", greeting)

    ours = editor.post(f"/workflows/{saved}/execute", {}, Idempotency_Key="k1").json
    theirs = stranger.post(f"/workflows/{saved}/execute", {"input": {"who": "x"}}, Idempotency_Key="k1").json

    assert ours["run_id"] != theirs["run_id"]


@pytest.mark.parametrize("key", ["", "a" * 256, "käse"])
def test_a_malformed_idempotency_key_is_named(editor: Caller, saved: str, key: str) -> None:
    answer = editor.post(f"/workflows/{saved}/execute", {}, Idempotency_Key=key)

    assert (answer.status, answer.json["code"]) == (400, "invalid_header")


def test_a_deleted_workflow_cannot_be_run_but_its_runs_stay(editor: Caller, saved: str) -> None:
    run_id = editor.post(f"/workflows/{saved}/execute?wait=5", {}).json["id"]
    editor.delete(f"/workflows/{saved}")

    answer = editor.post(f"/workflows/{saved}/execute", {})

    assert (answer.status, answer.json["code"]) == (409, "workflow_deleted")
    assert editor.get(f"/runs/{run_id}").json["status"] == "succeeded"


def test_a_mode_that_the_graph_does_not_allow_is_refused(editor: Caller) -> None:
    editor.post("/workflows", STEPS)

    answer = editor.post("/workflows/steps/execute", {"mode": "inline"})

    assert (answer.status, answer.json["code"]) == (400, "mode_not_allowed")


def test_events_are_read_from_a_version_on(editor: Caller, saved: str) -> None:
    run_id = editor.post(f"/workflows/{saved}/execute?wait=5", {}).json["id"]

    whole = editor.get(f"/runs/{run_id}/events").json
    first = editor.get(f"/runs/{run_id}/events?limit=2").json
    rest = editor.get(f"/runs/{run_id}/events?after={first['next_after']}").json

    assert [event["version"] for event in whole["items"]] == list(range(1, len(whole["items"]) + 1))
    assert whole["items"][0]["type"] == "RunRequested" and whole["items"][-1]["type"] == "RunSucceeded"
    assert (first["more"], rest["more"]) == (True, False)
    assert first["items"] + rest["items"] == whole["items"]


def test_lists_filter_by_workflow_and_status(stage: ApiStage, editor: Caller, saved: str) -> None:
    done = editor.post(f"/workflows/{saved}/execute?wait=5", {}).json["id"]
    waiting = editor.post(f"/workflows/{saved}/execute", {}).json["run_id"]
    for run_id in (done, waiting):
        stage.project("acme", run_id)

    def ids(query: str) -> list[str]:
        return [run["id"] for run in editor.get(f"/runs?{query}").json["items"]]

    assert set(ids("limit=100")) == {done, waiting}
    assert ids("status=succeeded") == [done]
    assert ids(f"workflow_id={saved}&status=queued") == [waiting]
    assert ids("workflow_id=other") == []
    status = editor.get(f"/workflows/{saved}/status?limit=1").json
    assert (status["counts"], status["counted"], len(status["runs"])) == ({"succeeded": 1, "queued": 1}, 2, 1)


def test_a_long_output_is_a_reference_whose_payload_can_be_fetched(editor: Caller, stranger: Caller) -> None:
    long = {
        "name": "long",
        "nodes": [{"id": "text", "type": "template", "config": {"template": "{{ 'word ' * 20000 }}"}}],
        "outputs": {"text": "{{ nodes.text.output.text }}"},
    }
    assert editor.post("/workflows", long).status == 201
    stranger.post("/workflows", long)
    theirs = stranger.post("/workflows/long/execute?wait=5", {}).json["id"]
    run = editor.post("/workflows/long/execute?wait=5", {}).json

    key = run["output"]["$ref"]["key"]
    fetched = editor.get(f"/runs/{run['id']}/payload?key={key}")

    assert fetched.status == 200 and fetched.json == {"text": "word " * 20000}
    assert editor.get(f"/runs/{run['id']}/payload?key=acme/payloads/other").json["code"] == "payload_not_found"
    assert editor.get(f"/runs/{run['id']}/payload").json["code"] == "invalid_parameter"
    assert stranger.get(f"/runs/{theirs}/payload?key={key}").status == 404


def test_a_queued_run_can_be_cancelled_and_resumed(stage: ApiStage, editor: Caller, saved: str) -> None:
    run_id = editor.post(f"/workflows/{saved}/execute", {}).json["run_id"]

    cancelled = editor.post(f"/runs/{run_id}/cancel", {"reason": "wrong input"})
    resumed = editor.post(f"/runs/{run_id}/resume")

    assert cancelled.status == 202 and cancelled.json["status"] in ("cancelling", "cancelled")
    assert resumed.status == 202, resumed.body
    assert stage.ports.queue.sent[-1][1] == "resumed"
    assert editor.get(f"/runs/{run_id}").json["status"] in ("running", "queued")


def test_an_open_run_is_resumed_only_if_its_execution_was_lost(stage: ApiStage, editor: Caller) -> None:
    editor.post("/workflows", STEPS)
    run_id = editor.post("/workflows/steps/execute", {"mode": "standard"}).json["run_id"]
    run: RunRef = {"tenant": "acme", "id": run_id, "correlation_id": "c-1"}
    work: Work = {"run": run, "strand": {"id": "0", "until": None, "level": 0, "events_left": 20_000}, "do": "start"}
    stage.ports.orchestrator.start(run_id, work, mode="standard")
    stage.ports.step(work, 10)

    assert editor.post(f"/runs/{run_id}/resume").json["code"] == "run_not_resumable"
    assert editor.post(f"/runs/{run_id}/retry").json["code"] == "run_not_resumable"
    stage.ports.orchestrator.stop(run_id, cause="the power went")
    answers = [editor.post(f"/runs/{run_id}/{verb}") for verb in ("resume", "retry")]

    assert [(answer.status, answer.json["status"]) for answer in answers] == [(202, "running")] * 2
    assert [reason for _, reason, _ in stage.ports.queue.sent] == ["requested", "watch", "watch"]


def test_what_has_ended_well_is_neither_cancelled_nor_resumed(editor: Caller, saved: str) -> None:
    run_id = editor.post(f"/workflows/{saved}/execute?wait=5", {}).json["id"]

    assert editor.post(f"/runs/{run_id}/cancel").json["code"] == "run_ended"
    assert editor.post(f"/runs/{run_id}/resume").json["code"] == "run_not_resumable"
    assert editor.post(f"/runs/{run_id}/retry").json["code"] == "run_not_resumable"


def test_a_retry_from_the_start_is_a_new_run_of_the_same_input(editor: Caller, saved: str) -> None:
    run_id = editor.post(f"/workflows/{saved}/execute?wait=5", {"input": {"who": "Ada"}}).json["id"]

    answer = editor.post(f"/runs/{run_id}/retry", {"from": "start"})

    assert answer.status == 202 and answer.json["run_id"] != run_id
    assert editor.get(f"/runs/{answer.json['run_id']}").json["input"] == {"who": "Ada"}


@pytest.mark.parametrize("path", ["", "/events"])
def test_an_unknown_run_is_not_found(viewer: Caller, path: str) -> None:
    answer = viewer.get(f"/runs/01NOSUCHRUN{path}")

    assert (answer.status, answer.json["code"]) in ((404, "not_found"), (404, "run_not_found"))
