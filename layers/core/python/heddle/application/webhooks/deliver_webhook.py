"""Deliver a webhook: sign it, send it, and see to it that it comes again if the receiver has not taken it.

due? ──no──► back into the queue
│yes
POST ──2xx──► delivered
├──410, or an address that must not be called──► dead letter of the tenant
└──anything else──► next attempt, later ── none left ──► dead letter of the tenant
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from heddle.application.ports.task_letters import TaskLetter, TaskLetterStore
from heddle.application.ports.webhooks import Deliveries, WebhookPost
from heddle.domain.webhooks.attempts import next_attempt
from heddle.domain.webhooks.signature import signed_headers
from heddle.domain.webhooks.webhook import Delivery
from heddle.errors import NodeError
from heddle.records import dataclass

GONE = 410
_HOPELESS = frozenset({"webhook_gone", "http_bad_url", "http_blocked_address"})


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed; `wait` is for how many seconds the receiver wants to be left alone."""

    code: str
    reason: str
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class DeliverWebhook:
    """`secrets(tenant)` are what to sign with."""

    post: WebhookPost
    secrets: Callable[[str], Sequence[str]]
    deliveries: Deliveries
    letters: TaskLetterStore
    now: Callable[[], datetime]

    def __call__(self, delivery: Delivery, *, message_id: str) -> str:
        """Do what is due and return what became of it: delivered, early, later, given up.

        A message that comes twice sends the webhook twice, with the same id, and leaves one dead letter.
        """
        now = self.now()
        if delivery.due_at is not None and now < datetime.fromisoformat(delivery.due_at):
            self.deliveries.put(delivery)
            return "early"
        failure = self._attempt(delivery, now)
        if failure is None:
            return "delivered"
        due = next_attempt(delivery.webhook.id, delivery.attempt, now=now, wait=failure.wait)
        if due is None or failure.code in _HOPELESS:
            self.letters.keep(given_up(delivery, message_id, failure, self.now()))
            return "given up"
        self.deliveries.put(delivery.next(due.isoformat()))
        return "later"

    def _attempt(self, delivery: Delivery, now: datetime) -> Failure | None:
        webhook, body = delivery.webhook, delivery.webhook.body
        signed = signed_headers(self.secrets(webhook.tenant), webhook.id, int(now.timestamp()), body)
        try:
            receipt = self.post(webhook.url, signed, body)
        except NodeError as error:
            return Failure(error.code, error.message)
        if 200 <= receipt.status < 300:
            return None
        if receipt.status == GONE:
            return Failure("webhook_gone", "the receiver answered 410: it wants no more of these")
        return Failure("webhook_refused", f"the receiver answered {receipt.status}", receipt.wait)


def given_up(delivery: Delivery, message_id: str, failure: Failure, now: datetime) -> TaskLetter:
    """Return the dead letter of a delivery; sent again, it begins with its first attempt."""
    webhook = delivery.webhook
    message = Delivery(webhook).to_json()
    return TaskLetter(
        message_id,
        webhook.tenant,
        "webhook",
        webhook.id,
        failure.code,
        failure.reason,
        delivery.attempt,
        now.isoformat(),
        message,
    )
