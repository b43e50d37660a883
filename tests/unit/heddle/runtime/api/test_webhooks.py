"""Webhooks through the API: the secret is for admins, and an address is looked at before anything is queued."""

from datetime import timedelta
from typing import Any

import pytest

from heddle.application.webhooks.deliver_webhook import Failure, given_up
from heddle.domain.webhooks.webhook import Delivery, Webhook
from heddle.testing.api import ApiStage, Caller


def test_an_admin_reads_the_secret_and_nobody_else(admin: Caller, editor: Caller, viewer: Caller) -> None:
    shown = admin.get("/webhooks/secret")

    assert shown.status == 200
    assert shown.json["secret"].startswith("whsec_") and shown.json["previous_until"] is None
    for caller in (editor, viewer):
        assert caller.get("/webhooks/secret").status == 403
        assert caller.post("/webhooks/secret/rotate").status == 403
        assert caller.post("/webhooks/test", {"url": "https://example.com/"}).status == 403


def test_each_tenant_has_a_secret_of_its_own(stage: ApiStage, admin: Caller) -> None:
    other = stage.user("eve", tenant="globex", roles=("admin",))
    before = other.get("/webhooks/secret").json

    admin.post("/webhooks/secret/rotate")

    assert other.get("/webhooks/secret").json == before
    assert before["secret"] != admin.get("/webhooks/secret").json["secret"]


def test_the_secret_before_lives_on_as_long_as_it_is_given(stage: ApiStage, admin: Caller) -> None:
    before = admin.get("/webhooks/secret").json["secret"]

    made = admin.post("/webhooks/secret/rotate", {"overlap_hours": 2}).json

    assert made["secret"] != before and made["previous_until"] is not None
    assert admin.get("/webhooks/secret").json == made
    assert stage.ports.webhook_secrets.live("acme") == (made["secret"], before)
    stage.pass_time(timedelta(hours=3))
    assert admin.get("/webhooks/secret").json["previous_until"] is None


@pytest.mark.parametrize("hours", [-1, 169, "2", 1.5])
def test_an_overlap_that_is_none_changes_nothing(admin: Caller, hours: Any) -> None:
    before = admin.get("/webhooks/secret").json

    answer = admin.post("/webhooks/secret/rotate", {"overlap_hours": hours})

    assert answer.status == 400
    assert answer.json["errors"][0]["field"] == "overlap_hours"
    assert admin.get("/webhooks/secret").json == before


def test_a_test_is_queued_like_any_other_webhook(stage: ApiStage, admin: Caller) -> None:
    answer = admin.post("/webhooks/test", {"url": "https://example.com/hooks", "data": {"hello": "world"}})

    (delivery,) = stage.ports.deliveries.waiting
    webhook = delivery.webhook
    assert (answer.status, answer.json["webhook_id"]) == (202, webhook.id)
    assert (webhook.tenant, webhook.url, webhook.type) == ("acme", "https://example.com/hooks", "webhook.test")
    assert webhook.data == {"hello": "world"}


@pytest.mark.parametrize("url", ["http://example.com/", "https://localhost/", "https://u:p@example.com/", "nonsense"])
def test_an_address_that_must_not_be_called_is_refused_by_its_field(stage: ApiStage, admin: Caller, url: str) -> None:
    answer = admin.post("/webhooks/test", {"url": url})

    assert (answer.status, answer.json["code"]) == (400, "invalid_webhook_url")
    assert answer.json["errors"][0]["field"] == "url"
    assert stage.ports.deliveries.waiting == []


def test_data_that_is_too_large_is_refused(stage: ApiStage, admin: Caller) -> None:
    answer = admin.post("/webhooks/test", {"url": "https://example.com/", "data": {"text": "x" * 33_000}})

    assert (answer.status, answer.json["code"]) == (413, "webhook_too_large")
    assert stage.ports.deliveries.waiting == []


def test_a_webhook_that_was_given_up_is_a_dead_letter_that_can_be_sent_again(stage: ApiStage, editor: Caller) -> None:
    webhook = Webhook("acme", "msg_1", "https://example.com/", "batch.completed", stage.now().isoformat(), {"n": 1})
    letter = given_up(Delivery(webhook, 10), "m-1", Failure("webhook_refused", "it answered 500"), stage.now())
    stage.ports.task_letters.keep(letter)

    shown = editor.get("/dead-letters/m-1").json
    sent = editor.post("/dead-letters/m-1/redrive")

    assert (shown["kind"], shown["webhook_id"], shown["attempts"]) == ("webhook", "msg_1", 10)
    assert (shown["run_id"], shown["trigger_id"]) == (None, None)
    assert sent.status == 202
    assert stage.ports.deliveries.waiting == [Delivery(webhook, 1)]
    assert stage.ports.queue.again == []
    assert editor.post("/dead-letters/m-1/redrive").status == 404
