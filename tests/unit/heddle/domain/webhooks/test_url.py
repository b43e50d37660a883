"""A webhook's address is refused while somebody types it, not when it is due."""

import pytest

from heddle.domain.webhooks.url import check_url
from heddle.errors import InvalidInput


@pytest.mark.parametrize("url", ["https://example.com/hooks?x=1", "https://example.com:8443", "https://93.184.216.34/"])
def test_an_address_outside_may_have_webhooks(url: str) -> None:
    check_url("webhook.url", url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.com/", "must begin with https://"),
        ("ftp://example.com/", "must begin with http:// or https://"),
        ("example.com", "must begin with http:// or https://"),
        ("", "must begin with http:// or https://"),
        ("https://user:hunter2@example.com/", "must not hold a user name or password"),
        ("https://localhost/", "leads inside a network"),
        ("https://queue.internal/", "leads inside a network"),
        ("https://169.254.169.254/latest/meta-data/", "leads inside a network"),
        ("https://10.0.0.7/", "leads inside a network"),
        ("https://[::1]/", "leads inside a network"),
        ("https://2130706433/", "inside a network"),
        ("https://example.com:22/", "names port 22"),
        ("https://exa mple.com/", "holds a space"),
        ("https://example.com/" + "a" * 2048, "more than 2048 characters"),
    ],
)
def test_any_other_address_is_refused_with_the_field_and_the_reason(url: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_url("webhook.url", url)

    assert caught.value.code == "invalid_webhook_url"
    (error,) = caught.value.details["errors"]
    assert error["field"] == "webhook.url"
    assert reason in error["message"]
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.1:8080"])
def test_a_host_that_the_stage_allows_may_be_inside_and_speak_plainly(allowed: str) -> None:
    check_url("webhook.url", "http://127.0.0.1:8080/", allowed={allowed})

    with pytest.raises(InvalidInput):
        check_url("webhook.url", "http://127.0.0.2:8080/", allowed={allowed})
