"""Whether a webhook came from whom it should: signatures of six schemes, with a window in time and two live secrets.

    standard   webhook-id, webhook-timestamp, webhook-signature: v1,base64 …   signs id.timestamp.body
    github     x-hub-signature-256: sha256=hex                                 signs body
    stripe     stripe-signature: t=…,v1=hex,…                                  signs timestamp.body
    slack      x-slack-request-timestamp, x-slack-signature: v0=hex            signs v0:timestamp:body
    hmac       a header of the config, with a prefix                           signs what the config says
    token      a header that holds the secret itself

What is wrong with a signature is never said in detail: whoever forges one should not learn how far they came.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any

from heddle.domain.webhooks import signature as standard
from heddle.errors import Unauthenticated
from heddle.records import dataclass

_PLACES = re.compile(r"(\{timestamp\}|\{id\})")


@dataclass(frozen=True, slots=True)
class Signed:
    """A request whose signature holds. `delivery` is the sender's id of it, None if the scheme has none."""

    delivery: str | None
    at: int | None


class SignatureRefused(Unauthenticated):
    """No signature, or one that does not hold."""

    code = "invalid_signature"

    def __init__(self) -> None:
        super().__init__("the request is not signed as this webhook demands, or the signature is too old")


def verify(
    config: Mapping[str, Any], headers: Mapping[str, str], body: bytes, secrets: Sequence[str], *, now: float
) -> Signed:
    """Return what the signature says; SignatureRefused if none of the secrets made it, or its time is not near now.

    Header names are lower-case. All secrets are tried, in constant time each.
    """
    scheme = str(config["scheme"])
    check = {
        "standard": _standard,
        "github": _github,
        "stripe": _stripe,
        "slack": _slack,
        "hmac": _hmac,
        "token": _token,
    }
    holds, at, delivery = check[scheme](config, headers, body, secrets)
    if not holds or (at is not None and abs(now - at) > config["tolerance_seconds"]):
        raise SignatureRefused
    header = config.get("delivery_header")
    return Signed(headers.get(str(header).lower()) or delivery if header else delivery, at)


Checked = tuple[bool, int | None, str | None]


def _standard(_: Mapping[str, Any], headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Checked:
    message_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    at = _seconds(stamp)
    given = [each[3:] for each in headers.get("webhook-signature", "").split(" ") if each.startswith("v1,")]
    made = [standard.signature(secret, message_id, stamp, body) for secret in secrets]
    return bool(message_id) and at is not None and _any(given, made), at, message_id


def _github(_: Mapping[str, Any], headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Checked:
    given = headers.get("x-hub-signature-256", "")
    made = ["sha256=" + _mac(secret.encode(), body).hex() for secret in secrets]
    return _any([given], made), None, headers.get("x-github-delivery")


def _stripe(_: Mapping[str, Any], headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Checked:
    parts = [part.strip().partition("=") for part in headers.get("stripe-signature", "").split(",")]
    stamp = next((value for name, _, value in parts if name == "t"), "")
    at = _seconds(stamp)
    given = [value for name, _, value in parts if name == "v1"]
    made = [_mac(secret.encode(), f"{stamp}.".encode() + body).hex() for secret in secrets]
    return at is not None and _any(given, made), at, None


def _slack(_: Mapping[str, Any], headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Checked:
    stamp = headers.get("x-slack-request-timestamp", "")
    at = _seconds(stamp)
    made = ["v0=" + _mac(secret.encode(), f"v0:{stamp}:".encode() + body).hex() for secret in secrets]
    return at is not None and _any([headers.get("x-slack-signature", "")], made), at, None


def _hmac(config: Mapping[str, Any], headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Checked:
    stamp_header = config.get("timestamp_header")
    stamp = headers.get(str(stamp_header).lower(), "") if stamp_header else ""
    at = _seconds(stamp) if stamp_header else None
    delivery = headers.get(str(config["delivery_header"] or "").lower(), "")
    before, _, after = str(config["signed_content"]).partition("{body}")
    # The body is put in last, so that words in it are never taken for places.
    signed = _filled(before, stamp, delivery) + body + _filled(after, stamp, delivery)
    prefix, given = str(config["prefix"]), headers.get(str(config["header"]).lower(), "")
    macs = [_mac(secret.encode(), signed, str(config["algorithm"])) for secret in secrets]
    made = [prefix + (mac.hex() if config["encoding"] == "hex" else base64.b64encode(mac).decode()) for mac in macs]
    return (not stamp_header or at is not None) and _any([given], made), at, None


def _filled(text: str, stamp: str, delivery: str) -> bytes:
    return "".join({"{timestamp}": stamp, "{id}": delivery}.get(part, part) for part in _PLACES.split(text)).encode()


def _token(config: Mapping[str, Any], headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Checked:
    given = headers.get(str(config["header"]).lower(), "")
    return _any([given.removeprefix("Bearer ").strip()], list(secrets)), None, None


def _any(given: Sequence[str], made: Sequence[str]) -> bool:
    # Every pair is compared, so that time does not tell which secret is the newer one.
    found = [hmac.compare_digest(one.encode(), other.encode()) for one in given for other in made]
    return any(found)


def _mac(key: bytes, message: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.new(key, message, getattr(hashlib, algorithm)).digest()


def _seconds(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None
