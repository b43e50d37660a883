"""Signatures of Standard Webhooks (https://www.standardwebhooks.com): v1 is HMAC-SHA256 over `id.timestamp.body`.

Those that we send are made here, and those that triggers receive are compared with what is made here.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
VERSION = "v1,"


def signing_key(secret: str) -> bytes:
    """Return the key of a secret: base64 behind `whsec_`; any other text is its own bytes."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()


def signature(secret: str, webhook_id: str, stamp: str, body: bytes) -> str:
    """Return the signature, without its version; `stamp` is the time in whole seconds since 1970."""
    signed = f"{webhook_id}.{stamp}.".encode() + body
    return base64.b64encode(hmac.new(signing_key(secret), signed, hashlib.sha256).digest()).decode()


def signed_headers(secrets: Sequence[str], webhook_id: str, seconds: int, body: bytes) -> dict[str, str]:
    """Return the headers of a webhook: one signature for each secret that a receiver may still check with."""
    stamp = str(seconds)
    signatures = [VERSION + signature(secret, webhook_id, stamp, body) for secret in secrets]
    return {"webhook-id": webhook_id, "webhook-timestamp": stamp, "webhook-signature": " ".join(signatures)}
