"""Deliver the webhooks of tenants: signed, without redirects, to addresses that were checked.

Trigger: SQS webhook queue, one message at a time; the body is a Delivery (heddle/domain/webhooks/webhook.py)
Out:     {"batchItemFailures": [...]}: what broke on our side; what a receiver refuses goes into the queue again
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson

from heddle.application.webhooks.deliver_webhook import DeliverWebhook
from heddle.domain.webhooks.webhook import read_delivery
from heddle.runtime.clock import now
from heddle.runtime.queue_function import each
from heddle.runtime.stores import Stores
from heddle.runtime.task_letters import Record, keep_task_letter
from heddle.runtime.webhooks import DeliverySettings, deliver_webhook_of

if TYPE_CHECKING:
    from heddle.application.ports.task_letters import TaskLetter


@cache
def deliver() -> DeliverWebhook:
    """Build the use case once per sandbox; tests put their own in its place."""
    return deliver_webhook_of(DeliverySettings.load())


@cache
def keep_letter() -> "Callable[[Record, str, str, int], TaskLetter]":
    """Build what keeps the reason of a last failure of ours."""
    return keep_task_letter(Stores(DeliverySettings.load()).task_letters, now)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Deliver each webhook by itself."""
    return each(event, context, _deliver, _give_up)


def _deliver(record: Record) -> str:
    delivery = read_delivery(orjson.loads(record["body"]))
    if delivery is None:
        raise ValueError("the message is no webhook")
    return deliver()(delivery, message_id=record["messageId"])


def _give_up(record: Record, code: str, reason: str, attempts: int) -> None:
    keep_letter()(record, code, reason, attempts)
