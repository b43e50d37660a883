"""Dead letters through the API: listed with reasons, sent again, deleted."""

from heddle.application.ports.task_letters import TaskLetter
from heddle.testing.api import ApiStage, Caller


def keep(stage: ApiStage, number: int, tenant: str = "acme") -> TaskLetter:
    run = {"tenant": tenant, "id": f"run-{number}", "correlation_id": "c-1"}
    message = {"run": run, "reason": "requested", "priority": "low"}
    at = f"2026-01-01T12:{number // 60:02d}:{number % 60:02d}+00:00"
    letter = TaskLetter(
        f"m-{number}", tenant, "run", f"run-{number}", "upstream_unavailable", "no answer", 5, at, message, "low"
    )
    stage.ports.task_letters.keep(letter)
    return letter


def test_a_letter_says_what_it_is_about_and_why(stage: ApiStage, viewer: Caller) -> None:
    letter = keep(stage, 1)

    shown = viewer.get("/dead-letters/m-1").json

    assert shown == {
        "id": "m-1",
        "kind": "run",
        "run_id": "run-1",
        "trigger_id": None,
        "webhook_id": None,
        "code": "upstream_unavailable",
        "reason": "no answer",
        "attempts": 5,
        "at": letter.at,
        "priority": "low",
        "message": letter.message,
    }
    assert viewer.get("/dead-letters").json == {"items": [shown], "cursor": None}


def test_a_letter_is_sent_again_as_it_was_once(stage: ApiStage, editor: Caller) -> None:
    letter = keep(stage, 1)

    first = editor.post("/dead-letters/m-1/redrive")
    second = editor.post("/dead-letters/m-1/redrive")

    assert (first.status, first.json["run_id"]) == (202, "run-1")
    assert (second.status, second.json["code"]) == (404, "dead_letter_not_found")
    assert stage.ports.queue.again == [("acme", letter.message, "low")]
    assert editor.get("/dead-letters").json["items"] == []


def test_all_of_a_tenant_are_sent_again_a_hundred_at_a_time(stage: ApiStage, editor: Caller) -> None:
    for number in range(120):
        keep(stage, number)
    keep(stage, 500, tenant="globex")

    answers = [editor.post("/dead-letters/redrive").json for _ in range(3)]

    assert answers == [
        {"redriven": 100, "more": True},
        {"redriven": 20, "more": False},
        {"redriven": 0, "more": False},
    ]
    assert {tenant for tenant, _, _ in stage.ports.queue.again} == {"acme"}
    assert len(stage.ports.queue.again) == 120


def test_a_letter_that_is_deleted_is_not_sent(stage: ApiStage, editor: Caller) -> None:
    keep(stage, 1)

    assert editor.delete("/dead-letters/m-1").status == 204
    assert editor.delete("/dead-letters/m-1").status == 404
    assert editor.post("/dead-letters/redrive").json["redriven"] == 0
    assert stage.ports.queue.again == []


def test_who_may_only_read_sends_and_deletes_nothing(stage: ApiStage, viewer: Caller) -> None:
    keep(stage, 1)

    answers = [
        viewer.post("/dead-letters/m-1/redrive"),
        viewer.post("/dead-letters/redrive"),
        viewer.delete("/dead-letters/m-1"),
    ]

    assert {answer.status for answer in answers} == {403}
    assert stage.ports.queue.again == []
    assert viewer.get("/dead-letters/m-1").status == 200
