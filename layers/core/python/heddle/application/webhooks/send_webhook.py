"""Take a webhook for a tenant's server."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime

from heddle.application.ports.webhooks import Deliveries
from heddle.domain.webhooks.webhook import Delivery, Webhook
from heddle.errors import PayloadTooLarge
from heddle.records import dataclass

MAX_DATA_BYTES = 32 * 1024


@dataclass(frozen=True, slots=True)
class SendWebhook:
    """A WebhookQueue before the queue of attempts."""

    deliveries: Deliveries
    now: Callable[[], datetime]

    def send(self, tenant: str, *, webhook_id: str, url: str, type: str, data: Mapping[str, object]) -> None:
        size = len(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))
        if size > MAX_DATA_BYTES:
            raise PayloadTooLarge(
                f"a webhook may hold {MAX_DATA_BYTES} bytes of data, this one has {size}",
                code="webhook_too_large",
                bytes=size,
                max_bytes=MAX_DATA_BYTES,
            )
        webhook = Webhook(tenant, webhook_id, url, type, self.now().isoformat(), dict(data))
        self.deliveries.put(Delivery(webhook))
