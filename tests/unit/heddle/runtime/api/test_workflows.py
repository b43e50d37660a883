"""Workflows and versions through the API."""

from typing import Any

import pytest
import yaml

from heddle.testing.api import ApiStage, Caller


def test_a_saved_workflow_can_be_read_again(editor: Caller, viewer: Caller, greeting: dict[str, Any]) -> None:
    made = editor.post("/workflows", greeting)

    read = viewer.get("/workflows/greeting")

    assert made.status == 201
    assert (made.headers["location"], made.headers["etag"]) == ("workflows/greeting", '"1"')
    assert read.json == made.json
    assert read.json["document"] == greeting
    assert read.json["plan"]["mode"] == "inline" and read.json["plan"]["reason"]
    assert read.json["updated_by"] == "user:sub-edda"


def test_yaml_and_json_save_the_same(editor: Caller, greeting: dict[str, Any]) -> None:
    text = yaml.safe_dump(greeting)

    answer = editor.post("/workflows", text, Content_Type="application/yaml")

    assert answer.status == 201, answer.body
    assert answer.json["document"] == greeting


def test_the_id_can_be_given(editor: Caller, greeting: dict[str, Any]) -> None:
    answer = editor.post("/workflows", {"document": greeting, "id": "hello-2", "note": "first"})

    assert answer.json["id"] == "hello-2"
    assert editor.get("/workflows/hello-2/versions").json["items"][0]["note"] == "first"


def test_the_id_is_made_of_the_name(editor: Caller, greeting: dict[str, Any]) -> None:
    answer = editor.post("/workflows", {**greeting, "name": "  Études & Plans (2026) "})

    assert answer.json["id"] == "etudes-plans-2026"


def test_an_id_that_is_taken_is_a_conflict_that_says_how_to_go_on(
    editor: Caller, saved: str, greeting: dict[str, Any]
) -> None:
    answer = editor.post("/workflows", greeting)

    assert (answer.status, answer.json["code"]) == (409, "workflow_exists")
    assert "PUT /workflows/greeting" in answer.json["detail"]


def test_every_save_makes_a_version_and_old_ones_stay(editor: Caller, saved: str, greeting: dict[str, Any]) -> None:
    changed = {**greeting, "description": "friendlier"}

    second = editor.put(f"/workflows/{saved}", changed)

    assert (second.status, second.json["version"], second.headers["etag"]) == (200, 2, '"2"')
    assert [item["version"] for item in editor.get(f"/workflows/{saved}/versions").json["items"]] == [2, 1]
    assert editor.get(f"/workflows/{saved}/versions/1").json["document"] == greeting
    assert editor.get(f"/workflows/{saved}/versions/2").json["document"] == changed


def test_put_creates_what_is_not_there(editor: Caller, greeting: dict[str, Any]) -> None:
    answer = editor.put("/workflows/fresh", greeting)

    assert (answer.status, answer.headers["location"]) == (201, "fresh")


@pytest.mark.parametrize("how", ["header", "weak header", "body"])
def test_a_save_behind_an_old_version_is_refused(
    editor: Caller, saved: str, greeting: dict[str, Any], how: str
) -> None:
    def save(version: int) -> Any:
        if how == "body":
            return editor.put(f"/workflows/{saved}", {"document": greeting, "expected_version": version})
        return editor.put(f"/workflows/{saved}", greeting, If_Match=f'{"W/" if "weak" in how else ""}"{version}"')

    first, second = save(1), save(1)

    assert first.status == 200
    assert (second.status, second.json["code"]) == (409, "version_conflict")


def test_expecting_a_version_of_what_is_not_there_is_not_found(editor: Caller, greeting: dict[str, Any]) -> None:
    assert editor.put("/workflows/fresh", greeting, If_Match='"3"').json["code"] == "workflow_not_found"
    assert editor.put("/workflows/fresh", greeting, If_Match='"0"').status == 201
    assert editor.put("/workflows/fresh", greeting, If_Match='"0"').json["code"] == "version_conflict"


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        ({"document": {}, "id": "other"}, {}, "invalid_body"),
        ({"document": {}, "expected_version": 1}, {"If_Match": '"2"'}, "invalid_header"),
        ({"document": {}}, {"If_Match": "*"}, "invalid_header"),
        ({"document": {}, "versoin": 1}, {}, "invalid_body"),
        ({"document": "text"}, {}, "invalid_body"),
        ({"document": {}, "expected_version": "1"}, {}, "invalid_body"),
    ],
)
def test_what_is_wrong_around_the_document_is_named(
    editor: Caller, saved: str, body: Any, headers: dict[str, str], code: str
) -> None:
    answer = editor.put(f"/workflows/{saved}", body, **headers)

    assert (answer.status, answer.json["code"]) == (400, code)
    assert answer.json["errors"][0]["field"]


def test_a_definition_that_breaks_rules_is_answered_with_every_problem(editor: Caller) -> None:
    broken = {
        "name": "broken",
        "nodes": [
            {"id": "a", "type": "template", "config": {"template": "{{ nodes.b.output }}"}},
            {"id": "b", "type": "template", "config": {"template": "{{ nodes.a.output }}"}},
        ],
    }

    answer = editor.post("/workflows", broken)

    assert (answer.status, answer.json["code"]) == (422, "invalid_workflow")
    assert {problem["code"] for problem in answer.json["errors"]} >= {"WF_CYCLE_DETECTED"}


def test_validate_answers_problems_without_saving(viewer: Caller, greeting: dict[str, Any]) -> None:
    good = viewer.post("/workflows/validate", greeting)
    bad = viewer.post("/workflows/validate", {"name": "bad", "nodes": [{"id": "x", "type": "no such type"}]})

    assert (good.status, good.json["valid"], good.json["plan"]["order"]) == (200, True, ["greet"])
    assert (bad.status, bad.json["valid"]) == (200, False)
    assert bad.json["problems"][0]["nodes"] == ["x"]
    assert viewer.get("/workflows").json["items"] == []


def test_a_deleted_workflow_is_gone_but_its_versions_stay_for_old_runs(
    editor: Caller, saved: str, greeting: dict[str, Any]
) -> None:
    assert editor.delete(f"/workflows/{saved}").status == 204

    assert editor.get(f"/workflows/{saved}").json["code"] == "workflow_not_found"
    assert editor.get("/workflows").json["items"] == []
    assert editor.get(f"/workflows/{saved}/versions/1").status == 200
    assert editor.delete(f"/workflows/{saved}").status == 204
    assert editor.post("/workflows", greeting).json["code"] == "workflow_deleted"
    assert editor.put(f"/workflows/{saved}", greeting).json["code"] == "workflow_deleted"


def test_lists_come_in_pages_newest_first(editor: Caller, greeting: dict[str, Any]) -> None:
    made = [editor.post("/workflows", {**greeting, "name": f"n {number}"}).json["id"] for number in range(5)]

    first = editor.get("/workflows?limit=2").json
    second = editor.get(f"/workflows?limit=2&cursor={first['cursor']}").json
    third = editor.get(f"/workflows?limit=2&cursor={second['cursor']}").json

    assert [item["id"] for page in (first, second, third) for item in page["items"]] == made[::-1]
    assert third["cursor"] is None


def test_a_cursor_of_another_tenant_is_refused(editor: Caller, stranger: Caller, greeting: dict[str, Any]) -> None:
    for number in range(2):
        editor.post("/workflows", {**greeting, "name": f"n {number}"})
    cursor = editor.get("/workflows?limit=1").json["cursor"]

    answer = stranger.get(f"/workflows?cursor={cursor}")

    assert (answer.status, answer.json["code"]) == (400, "invalid_cursor")


def test_an_upload_lies_below_the_tenant(stage: ApiStage, editor: Caller) -> None:
    answer = editor.post("/uploads", {"filename": "a/../../report.pdf", "media_type": "application/pdf"})

    assert answer.status == 201
    assert answer.json["object"].startswith("acme/uploads/") and answer.json["object"].endswith("/report.pdf")
    assert (answer.json["method"], bool(answer.json["url"])) == ("PUT", True)
