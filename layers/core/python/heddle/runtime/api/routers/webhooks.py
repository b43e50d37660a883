"""Webhooks that the platform sends: the secret they are signed with, and trying one out."""

from dataclasses import asdict

from heddle.domain.webhooks.url import check_url
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.services import Services

TEST = "webhook.test"


@endpoint("get_webhook_secret")
def get_webhook_secret(services: Services, request: Request) -> Reply:
    """GET /webhooks/secret."""
    return Reply(200, asdict(services.ports.webhook_secrets.newest(request.tenant)))


@endpoint("rotate_webhook_secret")
def rotate_webhook_secret(services: Services, request: Request) -> Reply:
    """POST /webhooks/secret/rotate."""
    from heddle.runtime.api.bodies.webhooks import RotateSecretBody

    body = request.model(RotateSecretBody, optional=True)
    shown = services.ports.webhook_secrets.rotate(request.tenant, overlap_hours=body.overlap_hours)
    return Reply(200, asdict(shown))


@endpoint("send_test_webhook")
def send_test_webhook(services: Services, request: Request) -> Reply:
    """POST /webhooks/test."""
    from heddle.runtime.api.bodies.webhooks import WebhookTestBody

    body = request.model(WebhookTestBody)
    check_url("url", body.url, allowed=services.settings.allowed_hosts)
    webhook_id = f"msg_{services.new_id()}"
    services.send_webhook.send(request.tenant, webhook_id=webhook_id, url=body.url, type=TEST, data=body.data)
    return Reply(202, {"webhook_id": webhook_id, "url": body.url, "type": TEST})
