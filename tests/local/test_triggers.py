"""Triggers on the real stage: a signed webhook, the scheduler, the bus and another run each start one run."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from heddle_sdk import Client
from heddle_sdk.triggers import Firing, Trigger

GREETING = {
    "name": "greeted",
    "nodes": [{"id": "hi", "type": "template", "config": {"template": "Hello {{ input.name }}"}}],
    "outputs": {"text": "{{ nodes.hi.output.text }}"},
}


@pytest.fixture
def workflow(client: Client) -> str:
    return client.workflows.ensure(GREETING)


def make(client: Client, workflow: str, kind: str, config: Mapping[str, Any], name: str) -> Trigger:
    document = {"name": kind, "kind": kind, "workflow_id": workflow, "config": config, "input": {"name": name}}
    return client.triggers.create(document)


def fired(client: Client, trigger: Trigger, count: int = 1, seconds: float = 40) -> Sequence[Firing]:
    """Return the history when it has so many firings."""
    found: Sequence[Firing] = until(
        lambda: rows if len(rows := list(client.triggers.history(trigger.id))) >= count else None, seconds
    )
    return found


def until(look: Callable[[], Any], seconds: float) -> Any:
    """Return what `look` finds, looking again until it finds something."""
    end = time.monotonic() + seconds
    while (found := look()) is None:
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.25)
    return found


class Sender:
    """Signs and sends as Standard Webhooks say."""

    def __init__(self, client: Client, trigger: Trigger) -> None:
        self.url = f"{client.base_url}{trigger.hook_path}"
        self.key = base64.b64decode(str(trigger.secret).removeprefix("whsec_"))

    def send(self, body: bytes, message_id: str, *, late: int = 0, forged: bool = False) -> httpx.Response:
        at = str(int(time.time()) - late)
        digest = hmac.new(self.key, f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
        signature = base64.b64encode(digest[::-1] if forged else digest).decode()
        headers = {"webhook-id": message_id, "webhook-timestamp": at, "webhook-signature": f"v1,{signature}"}
        return httpx.post(self.url, content=body, headers=headers, timeout=40)


def test_a_signed_webhook_is_answered_with_its_run_and_a_second_delivery_with_the_same(
    client: Client, workflow: str
) -> None:
    hook = make(client, workflow, "webhook", {"wait_seconds": 20}, "{{ trigger.body.name }}")
    sender = Sender(client, hook)

    first = sender.send(b'{"name": "Grace"}', "m1")
    again = sender.send(b'{"name": "Grace"}', "m1")

    assert (first.status_code, first.json()["output"]) == (200, {"text": "Hello Grace"})
    assert (again.json()["run_id"], again.json()["created"]) == (first.json()["run_id"], False)
    assert [each.run_id for each in client.triggers.history(hook.id)] == [first.json()["run_id"]]


def test_a_webhook_that_does_not_wait_answers_at_once_and_what_is_wrong_is_refused(
    client: Client, workflow: str
) -> None:
    hook = make(client, workflow, "webhook", {}, "{{ trigger.body.name }}")
    sender = Sender(client, hook)

    def code(answer: httpx.Response) -> tuple[int, str]:
        return answer.status_code, answer.json()["code"]

    assert sender.send(b'{"name": "Ada"}', "a").status_code == 202
    assert code(sender.send(b'{"name": "Ada"}', "b", forged=True)) == (401, "invalid_signature")
    assert code(sender.send(b'{"name": "Ada"}', "c", late=400)) == (401, "invalid_signature")
    assert code(sender.send(b"{", "d")) == (400, "invalid_json")
    assert code(sender.send(b" " * (11 * 2**20), "e")) == (413, "hook_body_too_large")
    client.triggers.enable(hook.id, False)
    assert code(sender.send(b'{"name": "Ada"}', "f")) == (409, "trigger_disabled")
    assert code(httpx.post(f"{client.base_url}/hooks/trg_nobody", content=b"{}", timeout=20)) == (404, "hook_not_found")


def test_a_one_time_timer_fires_once_for_the_time_it_was_set_to_in_its_own_zone(client: Client, workflow: str) -> None:
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
    tokyo = (due + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M:%S")
    config = {"schedule": f"at({tokyo})", "timezone": "Asia/Tokyo"}

    timer = make(client, workflow, "timer", config, "{{ trigger.scheduled_at }}")
    (firing,) = fired(client, timer)

    assert timer.next_firings == (due.isoformat(),)
    assert (firing.id, firing.outcome, firing.source) == (due.isoformat(), "started", "timer")
    assert client.runs.get(str(firing.run_id)).result(30) == {"text": f"Hello {due.isoformat()}"}


def test_an_event_of_the_tenants_own_and_the_end_of_the_run_it_starts_fire_what_waits_for_them(
    client: Client, workflow: str
) -> None:
    pattern = {"detail-type": ["OrderPaid"], "detail": {"total": [{"numeric": [">", 100]}]}}
    on_event = make(client, workflow, "event", {"pattern": pattern}, "{{ trigger.detail.buyer }}")
    follow = {**GREETING, "name": "followed"}
    on_end = make(
        client, client.workflows.ensure(follow), "run", {"workflow_id": workflow}, "{{ trigger.run.output.text }}"
    )
    time_to_listen = time.monotonic() + 11  # what listens is kept for ten seconds
    until(lambda: True if time.monotonic() > time_to_listen else None, 15)

    client.triggers.put_events(
        [{"type": "OrderPaid", "data": {"buyer": "Joan", "total": total}} for total in (140, 40)]
    )
    (first,) = fired(client, on_event)
    texts = until(lambda: found if (found := _texts(client, on_end)) else None, 40)

    assert client.runs.get(str(first.run_id)).result(30) == {"text": "Hello Joan"}
    assert json.dumps({"text": "Hello Hello Joan"}) in texts


def _texts(client: Client, trigger: Trigger) -> list[str]:
    runs = [client.runs.get(str(each.run_id)) for each in client.triggers.history(trigger.id) if each.run_id]
    found = [json.dumps(run.output) for run in runs if run.ended]
    return found if any("Joan" in text for text in found) else []
