"""Prompts through the API."""

from typing import Any

import pytest

from heddle.testing.api import ApiStage, Caller

SUPPORT: dict[str, Any] = {
    "name": "support",
    "content": {"system": "You answer for {{ shop }}.", "user": "{{ question }}"},
    "variables": {"shop": {"type": "String", "default": "the loom shop"}, "question": "String"},
    "tags": ["mail"],
    "labels": ["production"],
}


@pytest.fixture
def support(editor: Caller) -> str:
    answer = editor.post("/prompts", SUPPORT)
    assert answer.status == 201, answer.body
    return str(answer.json["name"])


def test_a_saved_prompt_can_be_read_again(editor: Caller, viewer: Caller) -> None:
    made = editor.post("/prompts", SUPPORT)

    read = viewer.get("/prompts/support")

    assert (made.status, made.headers["location"], made.headers["etag"]) == (201, "prompts/support", '"1"')
    assert read.json == made.json
    assert read.json["newest"]["content"] == SUPPORT["content"]
    assert read.json["newest"]["variables"]["question"]["required"] is True
    assert read.json["labels"]["production"]["by"] == "user:sub-edda"


def test_yaml_saves_a_prompt(editor: Caller) -> None:
    text = "name: hello\ncontent: Hello {{#each names}}{{this}} {{/each}}\nsyntax: handlebars\nvariables: {names: Any}"

    answer = editor.post("/prompts", text, Content_Type="application/yaml")

    assert answer.status == 201, answer.body
    assert answer.json["newest"]["templates"]["user"].startswith("Hello {% for ")


def test_put_saves_versions_and_the_same_content_only_once(editor: Caller, support: str) -> None:
    again = editor.put("/prompts/support", {**SUPPORT, "name": None})
    changed = editor.put("/prompts/support", {**SUPPORT, "content": "{{ question }}", "note": "shorter"})
    fresh = editor.put("/prompts/other", {"content": "x"})

    assert [(a.status, a.json["version"]) for a in (again, changed, fresh)] == [(200, 1), (200, 2), (201, 1)]
    items = editor.get("/prompts/support/versions").json["items"]
    assert [(item["version"], item["note"]) for item in items] == [(2, "shorter"), (1, "")]
    assert editor.get("/prompts/support/versions/1").json["content"] == SUPPORT["content"]


def test_what_stands_in_the_way_of_a_save_is_said(editor: Caller, support: str) -> None:
    answers = {
        "prompt_exists": editor.post("/prompts", SUPPORT),
        "invalid_body": editor.put("/prompts/support", {**SUPPORT, "name": "another"}),
        "version_conflict": editor.put("/prompts/support", {"content": "x", "expected_version": 7}),
        "invalid_prompt": editor.put("/prompts/support", {"content": "{{ nobody }}"}),
    }

    assert {code: answer.json["code"] for code, answer in answers.items()} == {code: code for code in answers}
    assert [answers[code].status for code in answers] == [409, 400, 409, 422]
    (problem,) = answers["invalid_prompt"].json["errors"]
    assert (problem["code"], problem["line"]) == ("PROMPT_UNDECLARED_VARIABLE", 1)


def test_a_prompt_of_five_megabytes_is_refused(editor: Caller) -> None:
    assert editor.post("/prompts", {"name": "big", "content": "x" * 4_000_000}).status == 422
    assert editor.post("/prompts", {"name": "big", "content": "x" * 5_300_000}).status == 413


def test_a_prompt_that_asks_for_a_secret_is_refused_with_its_line(editor: Caller) -> None:
    answer = editor.post("/prompts", {"name": "leak", "content": "Hello\n{{ secrets.crm }}"})

    (problem,) = answer.json["errors"]
    assert (answer.status, answer.json["code"]) == (422, "invalid_prompt")
    assert (problem["code"], problem["line"]) == ("PROMPT_SECRET", 2)


def test_a_document_is_checked_and_its_tests_are_run_without_saving(viewer: Caller) -> None:
    tests = [{"variables": {"question": "Why?"}, "expect_contains": "loom"}]

    good = viewer.post("/prompts/validate", {**SUPPORT, "tests": tests})
    bad = viewer.post("/prompts/validate", {**SUPPORT, "tests": [{"variables": {"question": "Why?"}, "expect": "No."}]})

    assert (good.json["valid"], good.json["tests"], good.json["problems"]) == (True, 1, [])
    assert [problem["code"] for problem in bad.json["problems"]] == ["PROMPT_TEST_FAILED"]
    assert viewer.get("/prompts").json["items"] == []


def test_labels_move_and_go_back_and_it_is_written_down(editor: Caller, support: str) -> None:
    editor.put("/prompts/support", {**SUPPORT, "content": "two", "labels": []})

    moved = editor.put("/prompts/support/labels/production", {"version": 2})
    back = editor.post("/prompts/support/rollback", {"label": "production"})
    again = editor.post("/prompts/support/rollback", {})

    assert [answer.json["labels"]["production"]["version"] for answer in (moved, back)] == [2, 1]
    assert (again.status, again.json["code"]) == (409, "prompt_no_earlier_version")
    trail = editor.get("/prompts/support/labels").json["items"]
    assert [(line["action"], line["from"], line["to"]) for line in trail] == [
        ("rollback", 2, 1),
        ("set", 1, 2),
        ("set", None, 1),
    ]


def test_versions_are_compared(editor: Caller, support: str) -> None:
    editor.put("/prompts/support", {**SUPPORT, "content": {**SUPPORT["content"], "user": "Q: {{ question }}"}})

    newest = editor.get("/prompts/support/diff").json
    same = editor.get("/prompts/support/diff?from=2&to=2").json
    missing = editor.get("/prompts/support/diff?from=1&to=9")

    assert (newest["from"], newest["to"], list(newest["texts"])) == (1, 2, ["user"])
    assert "+Q: {{ question }}" in newest["texts"]["user"]
    assert same["same"]
    assert (missing.status, missing.json["code"]) == (404, "prompt_version_not_found")


def test_a_prompt_is_rendered_by_label_version_or_neither(editor: Caller, viewer: Caller, support: str) -> None:
    editor.put("/prompts/support", {**SUPPORT, "content": "two {{ question }}", "labels": ["draft"]})
    given = {"variables": {"question": "Why?"}}

    def text(**which: Any) -> tuple[str, str]:
        answer = viewer.post("/prompts/support/render", {**given, **which}).json
        return answer["system"], answer["text"]

    assert text() == text(version=1) == text(label="production") == ("You answer for the loom shop.", "Why?")
    assert text(version=2) == text(label="draft") == ("", "two Why?")
    assert viewer.post("/prompts/support/render", {**given, "version": 1, "label": "draft"}).status == 400


def test_wrong_variables_are_named(viewer: Caller, support: str) -> None:
    answer = viewer.post("/prompts/support/render", {"variables": {"question": 3, "x": 1}})

    assert (answer.status, answer.json["code"]) == (400, "prompt_variables_invalid")
    assert [error["field"] for error in answer.json["errors"]] == ["x", "question"]


def test_prompts_are_listed_by_tag(editor: Caller, viewer: Caller, support: str) -> None:
    editor.post("/prompts", {"name": "other", "content": "x"})

    assert [item["name"] for item in viewer.get("/prompts").json["items"]] == ["other", "support"]
    assert [item["name"] for item in viewer.get("/prompts?tag=mail").json["items"]] == ["support"]


def test_built_in_prompts_can_be_read_and_rendered_but_not_changed(editor: Caller) -> None:
    read = editor.get("/prompts/heddle.system_prompt")
    made = editor.post("/prompts/heddle.system_prompt/render", {"variables": {"role": "a clerk"}})
    refused = [
        editor.delete("/prompts/heddle.system_prompt"),
        editor.put("/prompts/heddle.system_prompt/labels/x", {"version": 1}),
        editor.post("/prompts/heddle.system_prompt/rollback", {}),
    ]

    assert read.json["built_in"]
    assert made.json["system"] == "You are a clerk.\n"
    assert [(answer.status, answer.json["code"]) for answer in refused] == [(403, "prompt_built_in")] * 3
    assert editor.put("/prompts/heddle.system_prompt", {"content": "x"}).status == 422
    assert [item["version"] for item in editor.get("/prompts/heddle.system_prompt/versions").json["items"]] == [1]


def test_a_deleted_prompt_is_gone_and_its_versions_are_not(editor: Caller, support: str) -> None:
    assert editor.delete("/prompts/support").status == 204

    assert editor.get("/prompts/support").json["code"] == "prompt_not_found"
    assert editor.get("/prompts/support/versions/1").status == 200
    assert editor.get("/prompts").json["items"] == []


def test_a_viewer_changes_nothing(viewer: Caller, support: str) -> None:
    answers = [
        viewer.post("/prompts", SUPPORT),
        viewer.put("/prompts/support", SUPPORT),
        viewer.put("/prompts/support/labels/production", {"version": 1}),
        viewer.post("/prompts/support/rollback", {}),
        viewer.delete("/prompts/support"),
    ]

    assert [answer.status for answer in answers] == [403] * 5


def test_another_tenant_includes_nothing_of_ours(stage: ApiStage, support: str, stranger: Caller) -> None:
    answer = stranger.post("/prompts", {"name": "thief", "content": "{% include 'support' %}"})

    assert answer.json["errors"][0]["code"] == "PROMPT_INCLUDE_NOT_FOUND"
