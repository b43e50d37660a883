"""Webhooks that the platform sends: the secret to check them with, and trying a receiver out."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heddle_sdk.models import Answer
from heddle_sdk.transport import Transport

TOLERANCE_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class WebhookSecret(Answer):
    """The secret to check webhooks with; until `previous_until` they are signed with the one before it as well."""

    secret: str
    previous_until: str | None = None


@dataclass(frozen=True)
class Webhooks:
    """What the platform sends to servers of this tenant. For admins."""

    _transport: Transport

    def secret(self) -> WebhookSecret:
        """Return the newest one."""
        return WebhookSecret.from_json(self._transport.json("GET", "/webhooks/secret"))

    def rotate_secret(self, *, overlap_hours: int = 24) -> WebhookSecret:
        """Make a new one."""
        body = {"overlap_hours": overlap_hours}
        return WebhookSecret.from_json(self._transport.json("POST", "/webhooks/secret/rotate", body=body))

    def test(self, url: str, data: Mapping[str, Any] | None = None) -> str:
        """Send a webhook of type `webhook.test`; returns its id."""
        body = {"url": url, "data": dict(data or {})}
        return str(self._transport.json("POST", "/webhooks/test", body=body)["webhook_id"])


def verify(headers: Mapping[str, str], body: bytes, secrets: str | Sequence[str], *, now: float) -> bool:
    """Say whether a webhook was signed with one of the secrets, not long before or after `now` (seconds since 1970).

    `body` is what came, byte for byte. Header names in any case. Any library for Standard Webhooks does the same.
    """
    given = {name.lower(): value for name, value in headers.items()}
    stamp = given.get("webhook-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit()) or abs(now - int(stamp)) > TOLERANCE_SECONDS:
        return False
    signed = f"{given.get('webhook-id', '')}.{stamp}.".encode() + body
    signatures = [each.removeprefix("v1,") for each in given.get("webhook-signature", "").split()]
    known = [secrets] if isinstance(secrets, str) else secrets
    return any(_holds(secret, signed, signature) for secret in known for signature in signatures)


def _holds(secret: str, signed: bytes, signature: str) -> bool:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("a secret is base64 behind whsec_") from error
    made = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(made.encode(), signature.encode())
