"""Approvals through the API: who sees them, who may decide, and that a decision is one."""

import pytest

from heddle.application.ports.callbacks import Callback
from heddle.testing.api import ApiStage, Caller


@pytest.fixture
def waiting(stage: ApiStage, editor: Caller) -> str:
    """Return the id of an approval that a run of acme waits for."""
    editor.post(
        "/workflows",
        {
            "name": "sign off",
            "nodes": [
                {"id": "ask", "type": "approval", "config": {"message": "Publish?", "approvers": ["editor", "admin"]}}
            ],
            "outputs": {"decision": "{{ nodes.ask.output.decision }}"},
        },
    )
    run_id = editor.post("/workflows/sign-off/execute", {}).json["run_id"]
    work = {"run": {"tenant": "acme", "id": run_id, "correlation_id": "c"}, "do": "start"}
    strand = {"id": "0", "until": None, "level": 0, "events_left": 1000}
    step = stage.ports.step({**work, "strand": strand}, 60)  # type: ignore[typeddict-item]
    assert step["next"] == "callback"
    details = {"message": "Publish?", "details": {"n": 1}, "approvers": ["editor", "admin"], "default": "reject"}
    at = stage.now().isoformat()
    stage.ports.callbacks.put(Callback("acme", run_id, "ask", 1, "approval", "token-1", at, None, details))
    return f"{run_id}.ask"


def test_what_waits_is_listed_for_its_tenant_only(viewer: Caller, stranger: Caller, waiting: str) -> None:
    items = viewer.get("/approvals").json["items"]

    assert [(item["id"], item["message"], item["details"]) for item in items] == [(waiting, "Publish?", {"n": 1})]
    assert stranger.get("/approvals").json["items"] == []


def test_a_decision_wakes_the_run_and_is_recorded(stage: ApiStage, editor: Caller, waiting: str) -> None:
    answer = editor.post(f"/approvals/{waiting}", {"decision": "approve", "comment": "Go ahead."})

    assert answer.status == 200, answer.body
    assert (answer.json["decision"], answer.json["by"]) == ("approve", "user:sub-edda")
    assert stage.ports.waker.woken == ["token-1"]
    node = editor.get(f"/runs/{answer.json['run_id']}").json["nodes"][0]
    assert (node["status"], node["output"]["comment"]) == ("completed", "Go ahead.")


def test_a_second_decision_changes_nothing(editor: Caller, admin: Caller, waiting: str) -> None:
    editor.post(f"/approvals/{waiting}", {"decision": "approve"})

    answer = admin.post(f"/approvals/{waiting}", {"decision": "reject"})

    assert (answer.status, answer.json["code"]) == (409, "approval_decided")


def test_who_is_not_asked_may_not_decide(viewer: Caller, waiting: str) -> None:
    answer = viewer.post(f"/approvals/{waiting}", {"decision": "approve"})

    assert (answer.status, answer.json["code"]) == (403, "forbidden")
    assert "editor or admin" in answer.json["detail"]


def test_who_is_not_asked_may_not_decide_before_it_stands_in_the_list_either(
    stage: ApiStage, viewer: Caller, waiting: str
) -> None:
    run_id, _, node_id = waiting.partition(".")
    stage.ports.callbacks.delete("acme", run_id, node_id)

    answer = viewer.post(f"/approvals/{waiting}", {"decision": "approve"})

    assert (answer.status, answer.json["code"]) == (403, "forbidden")


def test_another_tenant_decides_nothing(stage: ApiStage, stranger: Caller, waiting: str) -> None:
    answer = stranger.post(f"/approvals/{waiting}", {"decision": "approve"})

    assert answer.status == 404
    assert stage.ports.waker.woken == []


@pytest.mark.parametrize("approval", ["nothing", "01RUN.ask", "01RUN.", ".ask"])
def test_an_unknown_approval_is_not_found(editor: Caller, approval: str) -> None:
    assert editor.post(f"/approvals/{approval}", {"decision": "approve"}).status == 404


def test_a_decision_is_one_of_two(editor: Caller, waiting: str) -> None:
    answer = editor.post(f"/approvals/{waiting}", {"decision": "maybe"})

    assert (answer.status, answer.json["errors"][0]["field"]) == (400, "decision")
