"""What must hold of every route of the table, the ones that do not exist yet included.

A route that is added gets these tests by itself; one with a new kind of path parameter fails until `world` has a
value for it.
"""

import base64
from typing import Any

import pytest
from pydantic import BaseModel

from heddle.application.batches.items import Items
from heddle.application.batches.plan_batch import PlanBatch
from heddle.application.batches.settle import Settle
from heddle.application.batches.tell import Tell
from heddle.application.ports.callbacks import Callback
from heddle.application.ports.events import NewEvent
from heddle.application.ports.messages import DirectLine, StoredMessage, direct, of_topic
from heddle.application.ports.task_letters import TaskLetter
from heddle.domain.events.codec import encode
from heddle.domain.events.conversation_events import ModelCalled
from heddle.domain.events.envelope import History, Metadata, StreamId
from heddle.runtime.api.answers.problem import ProblemAnswer
from heddle.runtime.api.answers.table import ANSWERS
from heddle.runtime.api.bodies.table import BODIES, OPTIONAL
from heddle.runtime.api.routes.route import ROLES, Route, role_allows, scope_allows
from heddle.runtime.api.routes.table import ROUTES
from heddle.runtime.api.samples.table import EXAMPLES
from heddle.testing.api import ApiAnswer, ApiStage, Caller
from tests.support.ledger import ListedLedger, line
from tests.support.modules import ANSWER, manifest

PROTECTED = [route for route in ROUTES if route.role != "public"]
OWNED = [route for route in PROTECTED if "{" in route.path]
LISTS = [route for route in PROTECTED if "{" not in route.path and route.method == "GET"]
MARK = "of-acme-only"
# An id or a name is free for every tenant: who saves under it saves something of its own.
NAMED_BY_THE_CALLER = {
    "save_workflow",
    "save_prompt",
    "put_provider",
    "put_model_alias",
    "save_rule",
    "list_topic_messages",
    "read_direct_messages",
}


def name_of(route: Route) -> str:
    return route.name


@pytest.fixture
def world(stage: ApiStage, admin: Caller, editor: Caller) -> dict[str, str]:
    """Fill acme with one of everything; return a value for each path parameter, by name."""
    document = {
        "name": MARK,
        "description": MARK,
        "nodes": [{"id": "ask", "type": "approval", "config": {"message": MARK}}],
    }
    workflow_id = editor.post("/workflows", document).json["id"]
    run_id = editor.post(f"/workflows/{workflow_id}/execute", {"labels": {"mark": MARK}}).json["run_id"]
    stage.project("acme", run_id)
    at = stage.now().isoformat()
    stage.ports.callbacks.put(Callback("acme", run_id, "ask", 1, "approval", "t", at, None, {"message": MARK}))
    key_id = admin.post("/api-keys", {"name": MARK, "scopes": ["*"]}).json["id"]
    # prompts
    prompt = {"name": MARK, "description": MARK, "content": f"{MARK} {{{{ shop }}}}", "labels": ["production"]}
    editor.post("/prompts", {**prompt, "variables": {"shop": {"default": MARK}}})
    # budgets
    budget = {"id": MARK, "name": MARK, "scope": "tenant", "period": "day", "limit_usd": "5"}
    budget_id = admin.post("/budgets", budget).json["id"]
    # models
    admin.put(f"/providers/{MARK}", {"kind": "openai", "default_model": MARK})
    admin.put(f"/model-aliases/{MARK}", {"models": [f"{MARK}/{MARK}"]})
    # triggers
    trigger = {"name": MARK, "kind": "webhook", "workflow_id": workflow_id, "labels": {"mark": MARK}}
    trigger_id = editor.post("/triggers", trigger).json["id"]
    # dead letters
    message = {"run": {"tenant": "acme", "id": run_id, "correlation_id": "c-1"}, "reason": "requested"}
    stage.ports.task_letters.keep(TaskLetter("letter", "acme", "run", run_id, MARK, MARK, 5, at, message))
    # documents
    document_id = editor.post("/documents", {"text": f"# {MARK}", "title": MARK, "tags": [MARK]}).json["id"]
    # batches
    items = [{"name": MARK, "content": MARK}]
    batch_id = editor.post("/batches", {"operation": "analyze", "name": MARK, "items": items}).json["id"]
    plan_batch(stage, batch_id)
    # plugins
    wasm = base64.b64encode(ANSWER).decode()
    uploaded = editor.post("/plugins", {"wasm": wasm, "manifest": manifest(name=MARK, description=MARK)})
    # usage and cost
    stage.ports.ledger = ListedLedger([line(at, workflow_id=workflow_id, run_id=run_id, principal=MARK, node_id=MARK)])
    # rules, messages, notifications
    admin.put(f"/routing-rules/{MARK}", {"description": MARK})
    people, talk = stage.ports.people, StoredMessage("m1", "Broadcast", MARK, MARK, at, {})
    people.messages.add("acme", of_topic(MARK), talk)
    people.messages.add("acme", direct("ada", MARK), talk)
    people.messages.put_line("acme", "ada", DirectLine(MARK, "m1", at, MARK, MARK))
    notification_id = editor.post("/notifications", {"user": "ada", "title": MARK}).json["id"]
    # conversations
    called = ModelCalled(1, 1, MARK, MARK, "hash", {"text": MARK}, at, 1.0)
    name, data = encode(called)
    conversation = History(StreamId("acme", "conversation", f"{run_id}.ask"), ())
    stage.ports.events.append(conversation, [NewEvent(name, data, stage.now())], Metadata("c-1"))
    return {
        "budget_id": budget_id,
        "trigger_id": trigger_id,
        "letter_id": "letter",
        "document": document_id,
        "batch": batch_id,
        "position": "1",
        "plugin": uploaded.json["name"],
        "workflow_id": workflow_id,
        "prompt": MARK,
        # rules, messages, notifications
        "rule": MARK,
        "preset": "no-such",
        "topic": MARK,
        "user": MARK,
        "notification_id": notification_id,
        "label": "production",
        # models
        "provider": MARK,
        "alias": MARK,
        "version": "1",
        "run_id": run_id,
        "node_id": "ask",
        "approval_id": f"{run_id}.ask",
        "key_id": key_id,
        "asset": "swagger-ui.css",
    }


def plan_batch(stage: ApiStage, batch_id: str) -> None:
    """List a batch's items, as its worker does."""
    ports = stage.ports
    batch, progress = ports.batches.batch("acme", batch_id), ports.batches.progress("acme", batch_id)
    assert batch is not None and progress is not None
    settle = Settle(ports.batches)
    tell = Tell(settle, ports.topics, ports.events, stage.services.send_webhook, stage.now)
    PlanBatch(Items(ports.batch_files), ports.batch_files, ports.batch_queue, settle, tell, stage.now)(batch, progress)


def call(caller: Caller, route: Route, world: dict[str, str]) -> ApiAnswer:
    path = route.path.format(**world)
    if route.name == "get_run_payload":
        path += "?key=acme/payloads/x"
    body = EXAMPLES.get(route.name, {}).get("request")
    return caller.call(route.method, path, body if route.method in ("POST", "PUT", "PATCH") else None)


@pytest.mark.parametrize("route", OWNED, ids=name_of)
def test_another_tenant_sees_nothing_of_a_thing_by_its_id(
    route: Route, stranger: Caller, world: dict[str, str], stage: ApiStage
) -> None:
    before = len(stage.ports.queue.sent)

    answer = call(stranger, route, world)

    if route.name in NAMED_BY_THE_CALLER:
        assert answer.status in (200, 201, 404)
    else:
        assert answer.status == 404, answer.body
    assert MARK not in answer.body.replace(world["workflow_id"], "")
    assert len(stage.ports.queue.sent) == before
    assert stage.ports.queue.again == []
    assert stage.ports.waker.woken == []


@pytest.mark.parametrize("route", LISTS, ids=name_of)
def test_another_tenant_sees_nothing_in_a_list(route: Route, stranger: Caller, world: dict[str, str]) -> None:
    answer = call(stranger, route, world)

    assert answer.status == 200, answer.body
    assert MARK not in answer.body
    assert "acme" not in answer.body


def test_what_another_tenant_did_changed_nothing(
    stage: ApiStage, stranger: Caller, admin: Caller, world: dict[str, str]
) -> None:
    def state() -> list[str]:
        paths = [route.path.format(**world) for route in OWNED if route.method == "GET" and "payload" not in route.path]
        return [admin.get(path).body for path in [*paths, *(route.path for route in LISTS if route.name != "me")]]

    before = state()

    for route in PROTECTED:
        if route.method != "GET":
            call(stranger, route, world)

    assert state() == before


@pytest.mark.parametrize("route", PROTECTED, ids=name_of)
def test_nobody_is_not_let_in(route: Route, stage: ApiStage, world: dict[str, str]) -> None:
    assert call(stage.anyone(), route, world).status == 401


@pytest.mark.parametrize("route", PROTECTED, ids=name_of)
def test_the_handler_lets_nobody_in_even_if_the_gateway_did(route: Route, stage: ApiStage) -> None:
    path = route.path.replace("{", "").replace("}", "")

    for context in ({}, {"tenant": "acme"}, {"tenant": "a#b", "principal": "user:x", "roles": "admin", "scopes": "*"}):
        event = {"httpMethod": route.method, "path": path, "requestContext": {"authorizer": context}, "headers": None}
        assert stage.api.handle(event, None)["statusCode"] == 401


@pytest.mark.parametrize("role", [role for role in ROLES if role != "public"])
@pytest.mark.parametrize("route", PROTECTED, ids=name_of)
def test_the_role_of_the_table_is_enforced(route: Route, role: str, stage: ApiStage, world: dict[str, str]) -> None:
    caller = stage.user(f"some {role}", tenant="other", roles=(role,))

    answer = call(caller, route, world)

    if role_allows((role,), route.role):
        assert answer.status not in (401, 403)
    else:
        assert (answer.status, answer.json["code"]) == (403, "forbidden")
        assert route.role in answer.json["detail"]


@pytest.mark.parametrize("route", PROTECTED, ids=name_of)
def test_the_scope_of_the_table_is_enforced(
    route: Route, stage: ApiStage, admin: Caller, world: dict[str, str]
) -> None:
    scope = "uploads:write" if route.scope != "uploads:write" else "runs:read"
    key = admin.post("/api-keys", {"name": "narrow", "role": "admin", "scopes": [scope]}).json["key"]

    answer = call(stage.anyone(X_Api_Key=key), route, world)

    if scope_allows((scope,), route.scope):
        assert answer.status != 403
    else:
        assert (answer.status, answer.json["code"]) == (403, "scope_missing")


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_every_answer_is_one_that_is_documented(
    route: Route, admin: Caller, stage: ApiStage, world: dict[str, str]
) -> None:
    answer = call(stage.anyone() if route.role == "public" else admin, route, world)

    documented = ANSWERS[route.name]
    if answer.status in documented:
        model: type[BaseModel] | None = documented[answer.status]
        if model is not None:
            model.model_validate(answer.json)
    else:
        assert 400 <= answer.status < 500, answer.body
        ProblemAnswer.model_validate(answer.json)


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_an_unknown_query_parameter_is_named_with_those_there_are(
    route: Route, admin: Caller, stage: ApiStage, world: dict[str, str]
) -> None:
    caller = stage.anyone() if route.role == "public" else admin

    answer = caller.call(route.method, f"{route.path.format(**world)}?nonsense=1")

    assert (answer.status, answer.json["code"]) == (400, "unknown_parameter")
    assert answer.json["errors"][0]["field"] == "nonsense"


NUMBERS = [(route, query) for route in ROUTES for query in route.query if query.type == "integer"]


@pytest.mark.parametrize(("route", "query"), NUMBERS, ids=lambda item: item.name)
@pytest.mark.parametrize("value", ["", "-1", "1.5", "ten", "1e3", "9" * 5000, "٣", "0x10"])
def test_a_number_that_is_none_is_named(
    route: Route, query: Any, value: str, admin: Caller, world: dict[str, str]
) -> None:
    answer = admin.call(route.method, f"{route.path.format(**world)}?{query.name}={value}")

    assert (answer.status, answer.json["errors"][0]["field"]) == (400, query.name)


@pytest.mark.parametrize("route", [route for route in ROUTES if "cursor" in {q.name for q in route.query}], ids=name_of)
@pytest.mark.parametrize("cursor", ["x", "!!!!", "bnVsbA", "WyJhIl0", "a" * 5000])
def test_a_cursor_that_is_not_ours_is_refused(route: Route, cursor: str, admin: Caller, world: dict[str, str]) -> None:
    answer = admin.get(f"{route.path.format(**world)}?cursor={cursor}")

    assert (answer.status, answer.json["code"]) == (400, "invalid_cursor")


def test_optional_bodies_are_those_that_routes_take_without_one(admin: Caller, world: dict[str, str]) -> None:
    for route in PROTECTED:
        if route.name in BODIES and route.name not in OPTIONAL:
            answer = admin.call(route.method, route.path.format(**world))
            assert answer.json["code"] == "invalid_body", route.name
