"""Webhooks through their function: who signed, what follows, and everything that must not pass."""

import base64
import hashlib
import hmac
import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from heddle.adapters.memory.secrets import MemorySecrets
from heddle.application.ports.triggers import Firing
from heddle.application.triggers.fire_trigger import FireTrigger
from heddle.application.triggers.hook_secrets import HookSecrets
from heddle.application.triggers.receive_hook import ReceiveHook
from heddle.domain.webhooks.signature import signing_key
from heddle.testing.api import ApiStage

HANDLER = Path(__file__).parents[4] / "functions/triggers/receive_hook/handler.py"


REQUESTS = count()


@dataclass
class Hook:
    """A webhook, and somebody who knocks at it."""

    stage: ApiStage
    handler: Any
    trigger: dict[str, Any]

    def knock(self, body: bytes = b'{"id": "o-1"}', *, method: str = "POST", query: Any = None, **headers: str) -> Any:
        event = {
            "httpMethod": method,
            "headers": {name.replace("_", "-"): value for name, value in headers.items()},
            "queryStringParameters": query,
            "pathParameters": {"trigger_id": self.trigger["id"]},
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
            "requestContext": {"requestId": f"r-{next(REQUESTS)}"},
        }
        answer = self.handler.lambda_handler(event, None)
        return answer["statusCode"], answer["body"] if "text/plain" in answer["headers"][
            "Content-Type"
        ] else json.loads(answer["body"])

    def signed(self, body: bytes, message_id: str = "m1", shift: int = 0, secret: str | None = None) -> dict[str, str]:
        at = str(int(self.stage.now().timestamp()) + shift)
        key = signing_key(secret or self.trigger["secret"])
        digest = hmac.new(key, f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
        signature = f"v1,{base64.b64encode(digest).decode()}"
        return {"webhook_id": message_id, "webhook_timestamp": at, "webhook_signature": signature}

    def send(self, body: bytes = b'{"id": "o-1"}', message_id: str = "m1", **how: Any) -> Any:
        return self.knock(body, **self.signed(body, message_id, **how))

    @property
    def history(self) -> tuple[Firing, ...]:
        return self.stage.ports.firings.firings("acme", self.trigger["id"], limit=50).items


class Stores:
    """What the function's answers are made from."""

    def __init__(self, stage: ApiStage) -> None:
        self.events, self.plans = stage.ports.events, stage.ports.plans


@pytest.fixture
def stage() -> ApiStage:
    return ApiStage()


@pytest.fixture
def hook(stage: ApiStage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    spec = importlib.util.spec_from_file_location("receive_hook_handler", HANDLER)
    assert spec and spec.loader
    handler = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(handler)
    editor = stage.user("edda", tenant="acme", roles=("editor",))
    node = {"id": "hi", "type": "template", "config": {"template": "Order {{ input.order }}"}}
    outputs = {"text": "{{ nodes.hi.output.text }}"}
    editor.post("/workflows", {"name": "orders", "nodes": [node], "outputs": outputs})
    ports = stage.ports
    receive = ReceiveHook(
        ports.triggers,
        ports.hook_secrets,
        FireTrigger(stage.services.request_run, ports.firings, stage.now),
        ports.firings,
        stage.now,
    )
    monkeypatch.setattr(handler, "receive", lambda: receive)
    monkeypatch.setattr(handler, "stores", lambda: Stores(stage))
    monkeypatch.setattr(handler, "execute_inline_of", lambda _: stage.services.wait_for_run.execute)

    def make(**config: Any) -> Hook:
        body = {
            "name": "orders",
            "kind": "webhook",
            "workflow_id": "orders",
            "config": config,
            "input": {"order": "{{ trigger.body.id }}"},
        }
        return Hook(stage, handler, editor.post("/triggers", body).json)

    yield make


def test_a_signed_delivery_starts_a_run_and_is_answered_at_once(hook: Any) -> None:
    webhook = hook()

    status, answer = webhook.send()

    assert (status, answer["delivery_id"], answer["created"]) == (202, "m1", True)
    assert [(each.outcome, each.run_id) for each in webhook.history] == [("started", answer["run_id"])]


def test_a_delivery_that_comes_again_is_the_run_that_it_was(hook: Any) -> None:
    webhook = hook()
    _, first = webhook.send()

    status, again = webhook.send()

    assert (status, again["run_id"], again["created"]) == (202, first["run_id"], False)
    assert webhook.send(message_id="m2")[1]["run_id"] != first["run_id"]


def test_who_waits_gets_the_runs_answer(hook: Any) -> None:
    status, answer = hook(wait_seconds=5).send()

    assert (status, answer["status"], answer["output"]) == (200, "succeeded", {"text": "Order o-1"})


def test_what_is_not_signed_as_it_must_be_is_refused_alike(hook: Any) -> None:
    webhook = hook()
    body = b'{"id": "o-1"}'

    answers = [
        webhook.knock(body),
        webhook.send(secret="whsec_d3Jvbmc="),
        webhook.send(shift=-301),
        webhook.send(shift=301),
        webhook.knock(b'{"id": "o-2"}', **webhook.signed(body)),
    ]

    assert {(status, answer["code"], answer["detail"]) for status, answer in answers} == {
        (401, "invalid_signature", answers[0][1]["detail"])
    }
    assert webhook.history == ()


def test_an_old_delivery_that_was_taken_is_refused_when_it_is_replayed_late(hook: Any, stage: ApiStage) -> None:
    webhook = hook()
    body = b'{"id": "o-1"}'
    headers = webhook.signed(body)
    assert webhook.knock(body, **headers)[0] == 202

    stage.pass_time(timedelta(minutes=6))

    assert webhook.knock(body, **headers)[1]["code"] == "invalid_signature"
    assert len(webhook.history) == 1


def test_two_secrets_are_live_after_a_rotation_and_then_one(hook: Any, stage: ApiStage) -> None:
    webhook = hook()
    editor = stage.user("edda", tenant="acme", roles=("editor",))
    old = webhook.trigger["secret"]
    rotated = editor.post(f"/triggers/{webhook.trigger['id']}/rotate-secret", {"overlap_hours": 1}).json["secret"]

    assert webhook.send(message_id="a", secret=old)[0] == webhook.send(message_id="b", secret=rotated)[0] == 202
    stage.pass_time(timedelta(hours=2))
    assert webhook.send(message_id="c", secret=old)[0] == 401
    assert webhook.send(message_id="d", secret=rotated)[0] == 202


@pytest.mark.parametrize(
    ("config", "body", "status", "code"),
    [
        ({}, b"{", 400, "invalid_json"),
        ({}, b"id=1", 400, "invalid_json"),
        ({"body": "text"}, b"\xff", 400, "invalid_body"),
        ({"max_body_bytes": 10}, b'{"id": "o-1"}', 413, "hook_body_too_large"),
        ({"max_body_bytes": 5 * 2**20}, b" " * (11 * 2**20), 413, "hook_body_too_large"),
        ({}, b"{}", 409, "expression_undefined"),
    ],
)
def test_a_signed_body_that_cannot_be_used_is_refused_with_the_reason(
    hook: Any, config: dict[str, Any], body: bytes, status: int, code: str
) -> None:
    webhook = hook(**config)

    found, answer = webhook.send(body)

    assert (found, answer["code"]) == (status, code)
    assert all(each.outcome == "refused" for each in webhook.history)


def test_an_unknown_hook_and_another_kind_of_trigger_look_the_same(hook: Any, stage: ApiStage) -> None:
    webhook = hook()
    editor = stage.user("edda", tenant="acme", roles=("editor",))
    manual = editor.post("/triggers", {"name": "m", "kind": "manual", "workflow_id": "orders"}).json
    answers = []
    for trigger_id in ("trg_nobody", manual["id"]):
        webhook.trigger = {**webhook.trigger, "id": trigger_id}
        answers.append(webhook.send())

    assert {(status, answer["code"]) for status, answer in answers} == {(404, "hook_not_found")}


def test_a_disabled_hook_tells_so_to_those_who_can_sign_only(hook: Any, stage: ApiStage) -> None:
    webhook = hook()
    stage.user("edda", tenant="acme", roles=("editor",)).post(f"/triggers/{webhook.trigger['id']}/disable")

    assert webhook.send()[1]["code"] == "trigger_disabled"
    assert webhook.knock()[1]["code"] == "invalid_signature"


def test_forms_and_text_are_read_as_configured(hook: Any) -> None:
    form = hook(body="form", wait_seconds=5).send(b"id=o-7&x=1&x=2")
    text = hook(body="any", wait_seconds=5)
    answer = text.knock(
        b'{"id": "o-8"}', content_type="application/json; charset=utf-8", **text.signed(b'{"id": "o-8"}')
    )

    assert (form[1]["output"]["text"], answer[1]["output"]["text"]) == ("Order o-7", "Order o-8")


def test_slack_is_answered_its_challenge(hook: Any, stage: ApiStage) -> None:
    webhook = hook(scheme="slack", secrets=["slack"])
    secrets = HookSecrets(lambda: b"k", MemorySecrets({("acme", "slack"): "shh"}))
    receive = ReceiveHook(
        stage.ports.triggers,
        secrets,
        FireTrigger(stage.services.request_run, stage.ports.firings, stage.now),
        stage.ports.firings,
        stage.now,
    )
    webhook.handler.receive = lambda: receive
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a"}).encode()
    at = str(int(stage.now().timestamp()))
    signature = "v0=" + hmac.new(b"shh", f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()

    assert webhook.knock(body, x_slack_request_timestamp=at, x_slack_signature=signature) == (200, "3eZbrw1a")
    assert webhook.history == ()


def test_a_subscription_handshake_echoes_the_challenge_to_who_knows_the_token(hook: Any) -> None:
    webhook = hook(challenge_parameter="hub.challenge", verify_token="open sesame")

    def asked(token: str) -> Any:
        return webhook.knock(b"", method="GET", query={"hub.challenge": "42", "hub.verify_token": token})

    assert asked("open sesame") == (200, "42")
    assert asked("open barley")[0] == 401
    assert hook().knock(b"", method="GET", query={"hub.challenge": "42"})[0] == 404


def test_a_disabled_hook_takes_no_subscription(hook: Any, stage: ApiStage) -> None:
    webhook = hook(challenge_parameter="hub.challenge", verify_token="open sesame")
    stage.user("edda", tenant="acme", roles=("editor",)).post(f"/triggers/{webhook.trigger['id']}/disable")

    status, answer = webhook.knock(b"", method="GET", query={"hub.challenge": "42", "hub.verify_token": "open sesame"})

    assert (status, answer["code"]) == (409, "trigger_disabled")


def github(webhook: Hook, body: bytes) -> dict[str, str]:
    digest = hmac.new(webhook.trigger["secret"].encode(), body, hashlib.sha256).hexdigest()
    return {"x_hub_signature_256": f"sha256={digest}"}


def test_the_ping_of_github_is_answered_and_starts_nothing(hook: Any) -> None:
    webhook = hook(scheme="github")
    body = b'{"zen": "Keep it logically awesome."}'

    assert webhook.knock(body, x_github_event="ping", **github(webhook, body)) == (200, "pong")
    assert webhook.knock(body, x_github_event="ping")[0] == 401
    assert webhook.history == ()


def test_an_id_in_the_body_is_the_deliverys_only_where_the_scheme_says_so(hook: Any) -> None:
    webhook = hook(scheme="github")
    paid, sent = b'{"id": "o-1", "state": "paid"}', b'{"id": "o-1", "state": "sent"}'

    first, second = (webhook.knock(body, **github(webhook, body))[1] for body in (paid, sent))
    again = webhook.knock(paid, **github(webhook, paid))[1]

    assert first["created"] and second["created"]
    assert (again["created"], again["run_id"]) == (False, first["run_id"])


def test_a_token_brings_a_new_delivery_each_time_unless_it_is_told_otherwise(hook: Any) -> None:
    bell, once = hook(scheme="token", header="X-Token"), hook(scheme="token", header="X-Token", dedupe="body")

    def rung(webhook: Hook) -> list[bool]:
        return [webhook.knock(x_token=webhook.trigger["secret"])[1]["created"] for _ in range(2)]

    assert rung(bell) == [True, True]
    assert rung(once) == [True, False]


def test_the_token_itself_does_not_reach_the_run(hook: Any, stage: ApiStage) -> None:
    webhook = hook(scheme="token", header="X-Token")
    editor = stage.user("edda", tenant="acme", roles=("editor",))
    editor.patch(f"/triggers/{webhook.trigger['id']}", {"input": {"order": "{{ trigger.headers | tojson }}"}})

    answer = webhook.knock(x_kind="paid", x_token=webhook.trigger["secret"])[1]
    seen = str(editor.get(f"/runs/{answer['run_id']}").json["input"]["order"])

    assert "x-kind" in seen
    assert webhook.trigger["secret"] not in seen


def test_a_secret_that_the_tenant_removed_refuses_everybody_without_saying_so(hook: Any) -> None:
    webhook = hook(scheme="slack", secrets=["gone"])

    status, answer = webhook.knock()

    assert (status, answer["code"]) == (401, "invalid_signature")
    assert "gone" not in str(answer)


def test_headers_that_are_the_senders_own_matter_do_not_reach_the_run(hook: Any, stage: ApiStage) -> None:
    webhook = hook()
    body = b'{"id": "o-1"}'
    editor = stage.user("edda", tenant="acme", roles=("editor",))
    everything = {"input": {"order": "{{ trigger.headers | tojson }}"}}
    editor.patch(f"/triggers/{webhook.trigger['id']}", everything)

    answer = webhook.knock(body, cookie="c", x_kind="paid", **webhook.signed(body))[1]
    seen = editor.get(f"/runs/{answer['run_id']}").json["input"]["order"]

    assert "x-kind" in str(seen)
    assert "cookie" not in str(seen)
