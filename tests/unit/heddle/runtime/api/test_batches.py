"""Batches over REST: what is taken, what is refused and why, and what is shown."""

from typing import Any

import pytest

from heddle.adapters.content.read_content import read_content
from heddle.application.batches.analyze_item import AnalyzeItem
from heddle.application.batches.items import Items
from heddle.application.batches.plan_batch import PlanBatch
from heddle.application.batches.run_lane import RunLane
from heddle.application.batches.settle import Settle
from heddle.application.batches.tell import Tell
from heddle.application.batches.work import Work
from heddle.application.content.analyze import AnalyzeContent
from heddle.application.content.analyze_bytes import AnalyzeBytes
from heddle.application.content.full_analysis import FullAnalysis
from heddle.application.ports.fetching import Fetched
from heddle.errors import NodeError
from heddle.runtime.api.ports import ApiSettings
from heddle.testing.api import ApiStage, Caller

GOOD = {"content": "A loom weaves cloth from yarn. It is a good machine.", "name": "loom"}
BAD = {"content": "{", "content_type": "json", "name": "broken"}


def fetch(url: str, *, seconds: float, max_bytes: int, correlation_id: str) -> Fetched:
    """Answer for one address only."""
    if url != "https://acme.example/loom.html":
        raise NodeError(f"{url} answered 404", code="document_not_found")
    return Fetched(b"<h1>Looms</h1><p>They weave cloth.</p>", "text/html; charset=utf-8", "loom.html", url)


def work(stage: ApiStage) -> None:
    """Do what the workers of `analyze` do, until nothing is left."""
    ports, services = stage.ports, stage.services
    settle = Settle(ports.batches)
    items, files, queue = Items(ports.batch_files), ports.batch_files, ports.batch_queue
    tell = Tell(settle, ports.topics, ports.events, services.send_webhook, stage.now)
    analyze = AnalyzeContent(ports.blobs, AnalyzeBytes(read_content, services.monotonic))
    full = FullAnalysis(analyze, lambda: services.refine_analysis, lambda: services.join_analysis)
    plan = PlanBatch(items, files, queue, settle, tell, stage.now)
    operate = AnalyzeItem(full, fetch, services.new_id)
    lane = RunLane(ports.batches, items, files, queue, settle, tell, operate, 60.0, stage.now, services.monotonic)
    worker = Work(ports.batches, queue, plan, lane)
    while queue.sent:
        worker(queue.sent.popleft(), again=False)


def submit(caller: Caller, *items: dict[str, Any], **body: Any) -> dict[str, Any]:
    sent = {"operation": "analyze", **({"items": list(items)} if items else {}), **body}
    answer = caller.post("/batches", sent)
    assert answer.status == 202, answer.body
    assert answer.headers["location"] == f"batches/{answer.json['id']}"
    found: dict[str, Any] = answer.json
    return found


def test_a_batch_is_taken_in_worked_on_and_shown_item_by_item(stage: ApiStage, editor: Caller, viewer: Caller) -> None:
    batch = submit(editor, GOOD, BAD, {"url": "https://acme.example/loom.html"}, {"url": "https://acme.example/no"})
    work(stage)

    shown = viewer.get(f"/batches/{batch['id']}").json
    items = viewer.get(f"/batches/{batch['id']}/items").json["items"]
    failed = viewer.get(f"/batches/{batch['id']}/items?status=failed&limit=1").json

    assert (batch["status"], batch["total"], batch["current_step"]) == ("pending", None, "listing the items")
    assert (shown["status"], shown["succeeded"], shown["failed"]) == ("partially_completed", 2, 2)
    assert [(item["status"], (item["error"] or {}).get("code")) for item in items] == [
        ("succeeded", None),
        ("failed", "document_corrupt"),
        ("succeeded", None),
        ("failed", "document_not_found"),
    ]
    assert [item["name"] for item in failed["items"]] == ["broken"] and failed["cursor"]
    whole = viewer.get(f"/batches/{batch['id']}/items/3").json
    assert (whole["result"]["media_type"], whole["result"]["warnings"]) == ("text/html", [])
    assert viewer.get("/batches").json["items"][0]["id"] == batch["id"]


def test_a_large_value_of_analysis_is_asked_for_as_of_a_single_one(stage: ApiStage, editor: Caller) -> None:
    batch = submit(editor, GOOD, analysis={"extract_concepts": False, "language": "en"})
    work(stage)

    result = editor.get(f"/batches/{batch['id']}/items/1").json["result"]

    assert result["concepts"] is None and result["keywords"]
    assert result["language"]["given"] is True


def test_uploads_of_a_folder_are_its_items(stage: ApiStage, editor: Caller) -> None:
    for name in ("a.md", "b.md"):
        upload = editor.post("/uploads", {"filename": name, "folder": "archive/2026"}).json
        stage.ports.blobs.receive(upload["object"], b"Looms weave cloth.", media_type="text/markdown")
    batch = submit(editor, prefix="archive/2026/")
    work(stage)

    assert upload["object"] == "acme/uploads/archive/2026/b.md"
    assert [item["name"] for item in editor.get(f"/batches/{batch['id']}/items").json["items"]] == ["a.md", "b.md"]


ADDRESS = "https://acme.example/loom.html"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"items": []}, "items"),
        ({}, "items"),
        ({"items": [GOOD], "urls": [ADDRESS]}, "urls"),
        ({"items": [GOOD], "prefix": "archive"}, "prefix"),
        ({"items": [{"name": "nothing"}]}, "items.0"),
        ({"items": [GOOD, {"content": "a", "url": ADDRESS}]}, "items.1"),
        ({"items": [{"content": "a", "content_type": "no type"}]}, "items.0.content_type"),
        ({"items": [{"content": "a"}] * 10_001}, "items"),
        ({"urls": [ADDRESS] * 10_001}, "urls"),
        ({"urls": ["ftp://acme.example/x"]}, "urls.0"),
        ({"prefix": ""}, "prefix"),
        ({"prefix": "/etc"}, "prefix"),
        ({"prefix": "../other/uploads"}, "prefix"),
        ({"prefix": "archive/../../other"}, "prefix"),
        ({"prefix": "archive//x"}, "prefix"),
        ({"items": [GOOD], "operation": "translate"}, "operation"),
        ({"items": [GOOD], "options": {"max_parallel": 0}}, "options.max_parallel"),
        ({"items": [GOOD], "options": {"max_parallel": 51}}, "options.max_parallel"),
        ({"items": [GOOD], "options": {"timeout_seconds": 0}}, "options.timeout_seconds"),
        ({"items": [GOOD], "options": {"retries": 3}}, "options.retries"),
        ({"items": [GOOD], "options": {"webhook_url": "http://169.254.169.254/"}}, "options.webhook_url"),
        ({"items": [GOOD], "options": {"webhook_url": "https://169.254.169.254/"}}, "options.webhook_url"),
        ({"items": [GOOD], "options": {"webhook_url": "https://localhost/x"}}, "options.webhook_url"),
        ({"items": [GOOD], "options": {"webhook_url": "no address"}}, "options.webhook_url"),
        ({"items": [GOOD], "document": {"tags": ["x"]}}, "document"),
        ({"items": [GOOD], "operation": "ingest", "analysis": {}}, "analysis"),
        ({"items": [GOOD], "analysis": {"timeout_seconds": 5}}, "analysis.timeout_seconds"),
        ({"items": [GOOD], "name": "x" * 201}, "name"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(
    stage: ApiStage, editor: Caller, body: dict[str, Any], field: str
) -> None:
    answer = editor.post("/batches", {"operation": "analyze", **body})

    assert (answer.status, answer.json["errors"][0]["field"]) == (400, field)
    assert editor.get("/batches").json["items"] == []
    assert not stage.ports.batch_queue.sent and not stage.ports.batch_files._files


def test_a_host_that_the_stage_allows_may_be_told(editor: Caller) -> None:
    stage = ApiStage(ApiSettings("test", "0.1.0", allowed_hosts=("127.0.0.1:9000",)))
    ada = stage.user("ada", tenant="acme", roles=("editor",))

    submit(ada, GOOD, options={"webhook_url": "http://127.0.0.1:9000/hook"})


@pytest.mark.parametrize("folder", ["../other", "a/../b", "/a", "a//b", "", ".", "a b"])
def test_a_folder_that_leads_elsewhere_is_refused(editor: Caller, folder: str) -> None:
    answer = editor.post("/uploads", {"filename": "a.md", "folder": folder})

    assert (answer.status, answer.json["errors"][0]["field"]) == (400, "folder")


def test_pause_resume_and_cancel_say_how_it_is(stage: ApiStage, editor: Caller) -> None:
    batch = submit(editor, GOOD, GOOD)["id"]

    assert editor.post(f"/batches/{batch}/pause").json["status"] == "paused"
    assert editor.post(f"/batches/{batch}/pause").json["status"] == "paused"
    assert editor.post(f"/batches/{batch}/resume").json["status"] == "pending"
    assert editor.delete(f"/batches/{batch}").json["code"] == "batch_not_ended"
    assert editor.post(f"/batches/{batch}/cancel").json["status"] == "cancelled"
    for what in ("pause", "resume"):
        answer = editor.post(f"/batches/{batch}/{what}")
        assert (answer.status, answer.json["code"]) == (409, "batch_ended")
    assert editor.delete(f"/batches/{batch}").status == 204
    assert editor.get(f"/batches/{batch}").json["code"] == "batch_not_found"


def test_a_viewer_may_look_and_no_more(editor: Caller, viewer: Caller) -> None:
    batch = submit(editor, GOOD)["id"]

    assert viewer.get(f"/batches/{batch}").status == 200
    for method, path in [("POST", "/batches"), *(("POST", f"/batches/{batch}/{w}") for w in ("pause", "cancel"))]:
        assert viewer.call(method, path, {}).status == 403
    assert viewer.delete(f"/batches/{batch}").status == 403


@pytest.mark.parametrize("position", ["0", "-1", "x", "1.5", "99999999999"])
def test_an_item_that_is_no_number_is_a_wrong_parameter(editor: Caller, position: str) -> None:
    batch = submit(editor, GOOD)["id"]

    assert editor.get(f"/batches/{batch}/items/{position}").json["code"] == "invalid_parameter"


def test_the_same_key_is_the_same_batch(stage: ApiStage, editor: Caller) -> None:
    body = {"operation": "analyze", "items": [GOOD]}

    first = editor.post("/batches", body, Idempotency_Key="k").json
    again = editor.post("/batches", body, Idempotency_Key="k").json
    other = editor.post("/batches", {**body, "name": "x"}, Idempotency_Key="k")

    assert first["id"] == again["id"]
    assert (other.status, other.json["code"]) == (409, "idempotency_key_reused")


def test_a_key_of_a_run_is_no_key_of_a_batch(stage: ApiStage, editor: Caller) -> None:
    stage.ports.idempotency.claim("acme", "k", body_hash="h", run_id="run", now=stage.now())

    answer = editor.post("/batches", {"operation": "analyze", "items": [GOOD]}, Idempotency_Key="k")

    assert answer.status == 202
