"""What we sign is what Standard Webhooks says, and what our own triggers accept."""

from heddle.domain.triggers.signatures import verify
from heddle.domain.webhooks.signature import signature, signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = 1_614_265_330


def test_a_signature_is_that_of_the_libraries_of_standard_webhooks() -> None:
    # The vector in the documentation and the tests of the reference libraries.
    made = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", str(NOW), b'{"test": 2432232314}')

    assert made == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_whoever_knows_one_of_two_live_secrets_can_check() -> None:
    headers = signed_headers([SECRET, "whsec_b2xkIGtleQ=="], "msg_1", NOW, b"{}")
    config = {"scheme": "standard", "tolerance_seconds": 300, "delivery_header": None}

    for secret in (SECRET, "whsec_b2xkIGtleQ=="):
        assert verify(config, headers, b"{}", [secret], now=NOW + 5).delivery == "msg_1"
    assert len(headers["webhook-signature"].split(" ")) == 2
