"""The routes about webhooks that the platform sends."""

from heddle.runtime.api.routes.route import Route

READ, WRITE = "webhooks:read", "webhooks:write"

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/webhooks/secret",
        "get_webhook_secret",
        "webhooks",
        "admin",
        READ,
        "Show the secret that webhooks to this tenant are signed with",
    ),
    Route(
        "POST",
        "/webhooks/secret/rotate",
        "rotate_webhook_secret",
        "webhooks",
        "admin",
        WRITE,
        "Make a new secret; webhooks are signed with the one before it too for a while",
        errors=(409,),
    ),
    Route(
        "POST",
        "/webhooks/test",
        "send_test_webhook",
        "webhooks",
        "admin",
        WRITE,
        "Send a webhook of type `webhook.test`, as any other is sent",
        errors=(413,),
    ),
)
