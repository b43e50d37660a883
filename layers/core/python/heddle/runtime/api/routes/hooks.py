"""The routes of webhooks. functions/triggers/receive_hook answers them, not the API's own function."""

from heddle.runtime.api.routes.route import Route

_PATH = "/hooks/{trigger_id}"

ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        _PATH,
        "receive_hook",
        "triggers",
        "public",
        None,
        "Deliver to a webhook; the signature is the credential",
        errors=(401, 404, 409, 413),
    ),
    Route(
        "GET",
        _PATH,
        "subscribe_hook",
        "triggers",
        "public",
        None,
        "Answer the challenge of a subscription: the query has the parameters that the webhook names",
        errors=(401, 404, 409),
    ),
)
