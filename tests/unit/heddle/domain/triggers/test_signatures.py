"""Signatures of webhooks: the vectors that the schemes publish, and everything that must not pass."""

import base64
import hashlib
import hmac
from typing import Any

import pytest

from heddle.domain.triggers.kinds.webhook import check
from heddle.domain.triggers.signatures import SignatureRefused, verify
from heddle.errors import InvalidInput

NOW = 1_614_265_330.0


def config(scheme: str, **fields: Any) -> dict[str, Any]:
    named = ["s"] if scheme in ("stripe", "slack") else []
    return check({"scheme": scheme, "secrets": named, **fields})


def mac(secret: bytes, text: str, algorithm: str = "sha256") -> bytes:
    return hmac.new(secret, text.encode(), getattr(hashlib, algorithm)).digest()


def test_the_published_vector_of_standard_webhooks_holds() -> None:
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    signed = verify(config("standard"), headers, b'{"test": 2432232314}', [secret], now=NOW)

    assert (signed.delivery, signed.at) == ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330)


def test_the_published_vector_of_github_holds() -> None:
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    headers = {"x-hub-signature-256": signature, "x-github-delivery": "72d3162e"}

    signed = verify(config("github"), headers, b"Hello, World!", ["It's a Secret to Everybody"], now=NOW)

    assert signed.delivery == "72d3162e"


def test_the_published_vector_of_slack_holds() -> None:
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url="
        b"https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }

    signed = verify(config("slack"), headers, body, ["8f742231b10e8888abcd99yyyzzz85a5"], now=1_531_420_618.0)

    assert signed.at == 1531420618


def stripe(secret: str, body: str, at: int = int(NOW)) -> dict[str, str]:
    signature = mac(secret.encode(), f"{at}.{body}").hex()
    return {"stripe-signature": f"t={at},v1={'0' * 64},v1={signature},v0=ignored"}


def test_stripe_takes_any_of_its_signatures() -> None:
    assert verify(config("stripe"), stripe("whsec_1", "{}"), b"{}", ["whsec_1"], now=NOW).at == int(NOW)


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha1"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_a_generic_signature_is_of_the_body_or_of_time_and_body(algorithm: str, encoding: str) -> None:
    def written(digest: bytes) -> str:
        return "sig=" + (digest.hex() if encoding == "hex" else base64.b64encode(digest).decode())

    plain = config("hmac", header="X-Sig", algorithm=algorithm, encoding=encoding, prefix="sig=")
    timed = config(
        "hmac", header="X-Sig", algorithm=algorithm, encoding=encoding, prefix="sig=", timestamp_header="X-Time"
    )
    at = str(int(NOW))

    verify(plain, {"x-sig": written(mac(b"s", "body", algorithm))}, b"body", ["s"], now=NOW)
    headers = {"x-sig": written(mac(b"s", f"{at}.body", algorithm)), "x-time": at}
    assert verify(timed, headers, b"body", ["s"], now=NOW).at == int(NOW)
    with pytest.raises(SignatureRefused):
        verify(timed, {**headers, "x-time": str(int(NOW) + 1)}, b"body", ["s"], now=NOW)


def test_what_is_signed_can_be_written_as_the_sender_has_it() -> None:
    fields = {"timestamp_header": "X-Time", "delivery_header": "X-Id", "signed_content": "v1:{timestamp}:{id}:{body}"}
    made, at = config("hmac", header="X-Sig", **fields), str(int(NOW))
    signature = mac(b"s", f"v1:{at}:d-7:{{id}}").hex()

    signed = verify(made, {"x-sig": signature, "x-time": at, "x-id": "d-7"}, b"{id}", ["s"], now=NOW)

    assert signed.delivery == "d-7"
    with pytest.raises(SignatureRefused):
        verify(made, {"x-sig": signature, "x-time": at, "x-id": "d-8"}, b"{id}", ["s"], now=NOW)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"signed_content": "{timestamp}.{body}"}, "config.signed_content"),
        ({"signed_content": "{id}.{body}"}, "config.signed_content"),
        ({"signed_content": "{url}{body}"}, "config.signed_content"),
        ({"signed_content": "words"}, "config.signed_content"),
        ({"signed_content": "{body}", "timestamp_header": "X-Time"}, "config.signed_content"),
        ({"header": "no header"}, "config.header"),
        ({"delivery_header": "a:b"}, "config.delivery_header"),
    ],
)
def test_what_could_not_be_checked_is_refused_when_the_webhook_is_made(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        config("hmac", **fields)

    assert refused.value.details["errors"][0]["field"] == field


def test_a_token_is_the_secret_itself_with_or_without_bearer() -> None:
    for given in ("Bearer s3cret", "s3cret"):
        verify(config("token"), {"authorization": given}, b"", ["other", "s3cret"], now=NOW)
    with pytest.raises(SignatureRefused):
        verify(config("token"), {"authorization": ""}, b"", ["s3cret"], now=NOW)


def test_two_secrets_are_live_while_one_replaces_the_other() -> None:
    for secret in ("new", "old"):
        verify(config("stripe"), stripe(secret, "{}"), b"{}", ["new", "old"], now=NOW)
    with pytest.raises(SignatureRefused):
        verify(config("stripe"), stripe("older", "{}"), b"{}", ["new", "old"], now=NOW)


@pytest.mark.parametrize("shift", [-301, 301])
def test_a_time_outside_of_the_window_is_refused(shift: int) -> None:
    headers = stripe("s", "{}", int(NOW) + shift)

    with pytest.raises(SignatureRefused):
        verify(config("stripe"), headers, b"{}", ["s"], now=NOW)
    verify(config("stripe", tolerance_seconds=600), headers, b"{}", ["s"], now=NOW)


@pytest.mark.parametrize("scheme", ["standard", "github", "stripe", "slack", "hmac", "token"])
@pytest.mark.parametrize(
    "headers", [{}, {"stripe-signature": "t=,v1="}, {"webhook-signature": "v1,", "webhook-id": "a"}]
)
def test_without_a_proper_signature_all_schemes_refuse_alike(scheme: str, headers: dict[str, str]) -> None:
    with pytest.raises(SignatureRefused) as refused:
        verify(config(scheme), headers, b"{}", ["s"], now=NOW)

    assert refused.value.message == SignatureRefused().message


def test_another_body_is_refused() -> None:
    with pytest.raises(SignatureRefused):
        verify(config("stripe"), stripe("s", "{}"), b"{ }", ["s"], now=NOW)
