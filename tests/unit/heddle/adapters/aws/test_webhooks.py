"""Webhooks wait in SQS for as long as SQS can hide them, in the group of their tenant."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from heddle.adapters.aws.webhooks import MAX_DELAY_SECONDS, SqsDeliveries
from heddle.domain.webhooks.webhook import Delivery, Webhook, read_delivery

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WEBHOOK = Webhook("acme", "msg_1", "https://example.com/", "batch.completed", NOON.isoformat(), {"n": 1})


class Queue:
    """As much of SQS's client as is asked of it."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_message(self, **message: Any) -> None:
        self.sent.append(message)


@pytest.mark.parametrize(
    ("due", "delay"),
    [
        (None, 0),
        (timedelta(seconds=-5), 0),
        (timedelta(seconds=4.2), 5),
        (timedelta(minutes=15), 900),
        (timedelta(hours=24), MAX_DELAY_SECONDS),
    ],
)
def test_a_delivery_is_hidden_until_it_is_due_or_a_quarter_of_an_hour(due: timedelta | None, delay: int) -> None:
    queue: Any = Queue()
    delivery = Delivery(WEBHOOK, 3, None if due is None else (NOON + due).isoformat())

    SqsDeliveries(queue, "https://queue", lambda: NOON).put(delivery)

    (message,) = queue.sent
    assert (message["MessageGroupId"], message["DelaySeconds"]) == ("acme", delay)
    assert read_delivery(orjson.loads(message["MessageBody"])) == delivery


def test_a_message_about_something_else_is_no_delivery() -> None:
    assert read_delivery({"run": {"tenant": "acme"}}) is None
