"""The function that delivers webhooks: what breaks on our side is told apart from what a receiver refuses."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.webhooks.deliver import handler
from heddle.adapters.memory.task_letters import MemoryTaskLetterStore
from heddle.domain.webhooks.webhook import Delivery, Webhook
from heddle.errors import UpstreamUnavailable
from heddle.runtime.queue_function import ATTEMPTS
from heddle.runtime.task_letters import keep_task_letter
from tests.support.lambdas import Context

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DELIVERY = Delivery(Webhook("acme", "msg_1", "https://example.com/", "batch.completed", NOON.isoformat(), {"n": 1}))


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> MemoryTaskLetterStore:
    store = MemoryTaskLetterStore()
    monkeypatch.setattr(handler, "keep_letter", lambda: keep_task_letter(store, lambda: NOON))
    return store


def event(body: Any, attempt: int = 1) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": str(attempt)}
    return {"Records": [{"messageId": "m-1", "body": json.dumps(body), "attributes": attributes}]}


def test_a_webhook_is_handed_on_as_it_was_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[tuple[Delivery, str]] = []

    def deliver(delivery: Delivery, *, message_id: str) -> str:
        handed.append((delivery, message_id))
        return "delivered"

    monkeypatch.setattr(handler, "deliver", lambda: deliver)

    assert handler.lambda_handler(event(DELIVERY.to_json()), Context()) == {"batchItemFailures": []}
    assert handed == [(DELIVERY, "m-1")]


def test_what_breaks_on_our_side_comes_again_and_at_last_is_told(
    letters: MemoryTaskLetterStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deliver(delivery: Delivery, *, message_id: str) -> str:
        raise UpstreamUnavailable("DynamoDB throttled")

    monkeypatch.setattr(handler, "deliver", lambda: deliver)

    answers = [handler.lambda_handler(event(DELIVERY.to_json(), n), Context()) for n in range(1, ATTEMPTS + 1)]

    assert answers == [{"batchItemFailures": [{"itemIdentifier": "m-1"}]}] * ATTEMPTS
    (letter,) = letters.letters("acme", limit=10).items
    assert (letter.kind, letter.subject, letter.code) == ("webhook", "msg_1", "upstream_unavailable")


def test_what_is_no_webhook_fails_alone(letters: MemoryTaskLetterStore) -> None:
    assert handler.lambda_handler(event({"hello": 1}), Context())["batchItemFailures"]
