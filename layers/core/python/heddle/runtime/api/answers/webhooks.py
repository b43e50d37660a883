"""The answers about webhooks that the platform sends."""

from pydantic import Field

from heddle.runtime.api.answers.answer import Answer, Answers


class WebhookSecretAnswer(Answer):
    """The secret to check webhooks with."""

    secret: str = Field(description="Of Standard Webhooks: base64 behind `whsec_`.")
    previous_until: str | None = Field(description="Until then webhooks are signed with the one before it as well.")


class WebhookSentAnswer(Answer):
    """A webhook that was taken: it has this id in the header `webhook-id`, and in a dead letter if nobody takes it."""

    webhook_id: str
    url: str
    type: str


ANSWERS: Answers = {
    "get_webhook_secret": {200: WebhookSecretAnswer},
    "rotate_webhook_secret": {200: WebhookSecretAnswer},
    "send_test_webhook": {202: WebhookSentAnswer},
}
