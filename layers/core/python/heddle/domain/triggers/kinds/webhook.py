"""Webhook: started by a request to `/hooks/{id}` that carries a signature or a token."""

from collections.abc import Mapping
from typing import Any

from heddle.domain.triggers.config import Config, invalid

SCHEMES = ("standard", "github", "stripe", "slack", "hmac", "token")
FOREIGN = ("stripe", "slack")
"""Schemes whose secret the sender makes: the tenant keeps it in its own secrets, and `secrets` names it."""
ALGORITHMS = ("sha256", "sha512", "sha1")
MAX_BODY = 10 * 1024 * 1024
MAX_WAIT = 25


def check(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config with every default.

    scheme, tolerance_seconds, max_body_bytes, body (json, form, text or any), wait_seconds, delivery_header,
    challenge_parameter, verify_token; secrets (names of the tenant's; two while one is replaced by the other); and of
    `hmac` header, algorithm, encoding, prefix, timestamp_header, of `token` header.
    """
    given = Config(config)
    scheme = given.choice("scheme", SCHEMES, "standard")
    found: dict[str, Any] = {
        "scheme": scheme,
        "tolerance_seconds": given.number("tolerance_seconds", 300, least=10, most=3600),
        "max_body_bytes": given.number("max_body_bytes", 1024 * 1024, least=1, most=MAX_BODY),
        "body": given.choice("body", ("json", "form", "text", "any"), "json"),
        "wait_seconds": given.number("wait_seconds", 0, least=0, most=MAX_WAIT),
        "delivery_header": given.text("delivery_header", limit=100),
        "challenge_parameter": given.text("challenge_parameter", limit=100),
        "verify_token": given.text("verify_token", limit=200),
        "secrets": given.words("secrets", most=2),
    }
    if scheme == "hmac":
        found |= {
            "header": given.text("header", "X-Signature", limit=100),
            "algorithm": given.choice("algorithm", ALGORITHMS, "sha256"),
            "encoding": given.choice("encoding", ("hex", "base64"), "hex"),
            "prefix": given.text("prefix", limit=40) or "",
            "timestamp_header": given.text("timestamp_header", limit=100),
        }
    if scheme == "token":
        found["header"] = given.text("header", "Authorization", limit=100)
    given.done()
    if scheme in FOREIGN and not found["secrets"]:
        message = f"must name the tenant's secret that holds what {scheme.capitalize()} gave you, such as ['{scheme}']"
        raise invalid("secrets", message)
    if found["challenge_parameter"] and not found["verify_token"]:
        raise invalid("verify_token", "is needed with challenge_parameter: whoever asks must know it")
    return found
