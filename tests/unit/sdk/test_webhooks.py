"""A receiver tells webhooks of the platform from everything else."""

import pytest

from heddle.domain.webhooks.signature import signed_headers
from heddle_sdk.webhooks import verify

SECRET, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_b3RoZXI="
NOW = 1_764_176_400
BODY = '{"type":"batch.completed","data":{"name":"Übersicht"}}'.encode()
HEADERS = signed_headers([SECRET], "msg_1", NOW, BODY)


@pytest.mark.parametrize("secrets", [SECRET, [OTHER, SECRET]])
def test_a_webhook_of_the_platform_is_known(secrets: str | list[str]) -> None:
    assert verify(HEADERS, BODY, secrets, now=NOW + 10)
    assert verify({name.title(): value for name, value in HEADERS.items()}, BODY, secrets, now=NOW)


@pytest.mark.parametrize(
    ("headers", "body", "secret", "now"),
    [
        (HEADERS, BODY + b" ", SECRET, NOW),
        (HEADERS, BODY, OTHER, NOW),
        (HEADERS, BODY, SECRET, NOW + 301),
        (HEADERS, BODY, SECRET, NOW - 301),
        ({**HEADERS, "webhook-id": "msg_2"}, BODY, SECRET, NOW),
        ({**HEADERS, "webhook-timestamp": str(NOW + 1)}, BODY, SECRET, NOW),
        ({**HEADERS, "webhook-timestamp": "soon"}, BODY, SECRET, NOW),
        ({**HEADERS, "webhook-signature": ""}, BODY, SECRET, NOW),
        ({**HEADERS, "webhook-signature": "v1,ü"}, BODY, SECRET, NOW),
        ({}, BODY, SECRET, NOW),
    ],
)
def test_anything_else_is_not(headers: dict[str, str], body: bytes, secret: str, now: int) -> None:
    assert not verify(headers, body, secret, now=now)


def test_a_secret_that_is_none_is_said_to_be() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        verify(HEADERS, BODY, "not base64!", now=NOW)
