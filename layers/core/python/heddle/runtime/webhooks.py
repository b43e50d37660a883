"""Webhooks as a function's environment names their queue."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heddle.runtime.clients import client
from heddle.runtime.clock import now
from heddle.runtime.settings import Settings
from heddle.runtime.stores import Stores, StoreSettings

if TYPE_CHECKING:
    from heddle.application.ports.webhooks import Deliveries, WebhookQueue
    from heddle.application.webhooks.deliver_webhook import DeliverWebhook


@dataclass(frozen=True, kw_only=True)
class WebhookSettings(Settings):
    """Where webhooks wait: WEBHOOK_QUEUE_URL."""

    webhook_queue_url: str


@dataclass(frozen=True, kw_only=True)
class DeliverySettings(StoreSettings, WebhookSettings):
    """What delivering needs besides: hosts that may be called though their addresses are private."""

    http_allowed_hosts: str = ""


def deliveries_of(settings: WebhookSettings) -> "Deliveries":
    """Return the queue of attempts."""
    from heddle.adapters.aws.webhooks import SqsDeliveries

    return SqsDeliveries(client("sqs"), settings.webhook_queue_url, now)


def webhook_queue_of(settings: WebhookSettings) -> "WebhookQueue":
    """Return what takes webhooks."""
    from heddle.application.webhooks.send_webhook import SendWebhook

    return SendWebhook(deliveries_of(settings), now)


def deliver_webhook_of(settings: DeliverySettings) -> "DeliverWebhook":
    """Return what delivers them."""
    from heddle.adapters.nodes.fetch import GuardedClient
    from heddle.adapters.nodes.webhook_post import GuardedPost
    from heddle.application.webhooks.deliver_webhook import DeliverWebhook

    stores = Stores(settings)
    post = GuardedPost(GuardedClient(allowed=settings.http_allowed_hosts))
    return DeliverWebhook(post, stores.webhook_secrets.live, deliveries_of(settings), stores.task_letters, now)
