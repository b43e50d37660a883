"""Webhook: started by a request to `/hooks/{id}` that carries a signature or a token."""

import re
from collections.abc import Mapping
from typing import Any

from heddle.domain.triggers.config import Config, invalid

SCHEMES = ("standard", "github", "stripe", "slack", "hmac", "token")
FOREIGN = ("stripe", "slack")
"""Schemes whose secret the sender makes: the tenant keeps it in its own secrets, and `secrets` names it."""
ALGORITHMS = ("sha256", "sha512", "sha1")
DEDUPED = ("body", "none")
MAX_BODY = 5 * 1024 * 1024
"""What API Gateway can hand to a function: Lambda takes 6 MB, and the body is text in JSON on its way there."""
MAX_WAIT = 25
BODY = "{body}"
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token of RFC 9110
_PLACEHOLDERS = re.compile(r"\{(\w*)\}")


def check(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config with every default.

    scheme, tolerance_seconds, max_body_bytes, body (json, form, text or any), wait_seconds, delivery_header,
    challenge_parameter, verify_token; secrets (names of the tenant's; two while one is replaced by the other); dedupe
    (what tells deliveries without an id apart: their `body`, or `none`: each is new); and of `hmac` header, algorithm,
    encoding, prefix, timestamp_header, signed_content (`{timestamp}.{body}`; `{id}` is the delivery header's), of
    `token` header.
    """
    given = Config(config)
    scheme = given.choice("scheme", SCHEMES, "standard")
    found: dict[str, Any] = {
        "scheme": scheme,
        "tolerance_seconds": given.number("tolerance_seconds", 300, least=10, most=3600),
        "max_body_bytes": given.number("max_body_bytes", 1024 * 1024, least=1, most=MAX_BODY),
        "body": given.choice("body", ("json", "form", "text", "any"), "json"),
        "wait_seconds": given.number("wait_seconds", 0, least=0, most=MAX_WAIT),
        "delivery_header": _header(given, "delivery_header"),
        # Whoever sends a token can send anything: taking the same words twice for one delivery would only lose some.
        "dedupe": given.choice("dedupe", DEDUPED, "none" if scheme == "token" else "body"),
        "challenge_parameter": given.text("challenge_parameter", limit=100),
        "verify_token": given.text("verify_token", limit=200),
        "secrets": given.words("secrets", most=2),
    }
    if scheme == "hmac":
        found |= {
            "header": _header(given, "header", "X-Signature"),
            "algorithm": given.choice("algorithm", ALGORITHMS, "sha256"),
            "encoding": given.choice("encoding", ("hex", "base64"), "hex"),
            "prefix": given.text("prefix", limit=40) or "",
            "timestamp_header": _header(given, "timestamp_header"),
            "signed_content": given.text("signed_content", limit=200),
        }
        found["signed_content"] = _signed_content(found)
    if scheme == "token":
        found["header"] = _header(given, "header", "Authorization")
    given.done()
    if scheme in FOREIGN and not found["secrets"]:
        message = f"must name the tenant's secret that holds what {scheme.capitalize()} gave you, such as ['{scheme}']"
        raise invalid("secrets", message)
    if found["challenge_parameter"] and not found["verify_token"]:
        raise invalid("verify_token", "is needed with challenge_parameter: whoever asks must know it")
    return found


def _header(given: Config, name: str, default: str | None = None) -> str | None:
    value = given.text(name, default, limit=100)
    if value is not None and not _HEADER.fullmatch(value):
        raise invalid(name, "must be the name of a header, such as X-Signature")
    return value


def _signed_content(config: Mapping[str, Any]) -> str:
    """Return what is signed; InvalidInput if it lacks the body or names what the request does not have."""
    timed = config["timestamp_header"] is not None
    content = str(config["signed_content"] or ("{timestamp}.{body}" if timed else BODY))
    names = _PLACEHOLDERS.findall(content)
    known = {"body"} | ({"timestamp"} if timed else set()) | ({"id"} if config["delivery_header"] else set())
    if unknown := sorted(set(names) - known):
        hint = {"timestamp": "; it needs timestamp_header", "id": "; it needs delivery_header"}.get(unknown[0], "")
        raise invalid("signed_content", f"knows {{body}}, {{timestamp}} and {{id}}, not {{{unknown[0]}}} here{hint}")
    if names.count("body") != 1:
        raise invalid("signed_content", "must have {body} once: what is not signed could be anybody's")
    if timed and "timestamp" not in names:
        raise invalid("signed_content", "must have {timestamp}: a time that is not signed can be made up")
    return content
