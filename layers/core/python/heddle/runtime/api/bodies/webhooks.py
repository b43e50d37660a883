"""The bodies about webhooks that the platform sends."""

from typing import Any

from pydantic import Field

from heddle.domain.webhooks.secret import MAX_OVERLAP_HOURS
from heddle.runtime.api.bodies.body import Body


class RotateSecretBody(Body):
    """How long webhooks are signed with the secret before as well."""

    overlap_hours: int = Field(default=24, ge=0, le=MAX_OVERLAP_HOURS)


class WebhookTestBody(Body):
    """Where to send a webhook to, and what."""

    url: str = Field(min_length=1, description="https, and public.", examples=["https://example.com/hooks"])
    data: dict[str, Any] = Field(default={}, description="What the webhook holds in `data`.")


BODIES: dict[str, type[Body]] = {
    "rotate_webhook_secret": RotateSecretBody,
    "send_test_webhook": WebhookTestBody,
}
