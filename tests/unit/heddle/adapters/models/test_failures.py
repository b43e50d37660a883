"""A provider's status and words become one of our codes, and never tell a credential."""

import pytest

from heddle.adapters.models.failures import of_status, retry_after


@pytest.mark.parametrize(
    ("status", "message", "code", "retryable"),
    [
        (400, "API key not valid. Please pass a valid API key.", "llm_auth", False),
        (403, "forbidden", "llm_auth", False),
        (402, "pay first", "llm_quota_exceeded", False),
        (429, "You exceeded your current quota, please check your plan and billing.", "llm_quota_exceeded", False),
        (429, "You exceeded your current quota. Please retry in 36.5s.", "llm_rate_limited", True),
        (429, "You exceeded your current quota (PerDay). Please retry in 36.5s.", "llm_quota_exceeded", False),
        (408, "", "llm_timeout", True),
        (504, "", "llm_timeout", True),
        (409, "", "llm_unavailable", True),
        (529, "Overloaded", "llm_unavailable", True),
        (413, "", "llm_context_too_long", False),
        (400, "maximum context length is 10 tokens", "llm_context_too_long", False),
        (400, "content_filter", "llm_refused", False),
        (404, "no such model", "llm_bad_request", False),
        (307, "", "llm_bad_request", False),
    ],
)
def test_each_status_has_its_code(status: int, message: str, code: str, retryable: bool) -> None:
    error = of_status("p", status, message, {})

    assert (error.code, error.retryable) == (code, retryable)


def test_a_wait_in_words_is_one_too() -> None:
    error = of_status("p", 429, "Quota exceeded for requests per minute. Please retry in 36.5s.", {})

    assert error.details["retry_after"] == 36.5


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "86400"}, None),
        ({}, None),
    ],
)
def test_a_wait_is_believed_up_to_an_hour(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    "echoed",
    [
        "Authorization: Bearer abcdef123456 is odd",
        "key sk-proj-abcdef123456 is odd",
        "AIzaSyA1234567890abcdef is odd",
        "api_key=abcdef1234567890 is odd",
    ],
)
def test_a_credential_that_comes_back_is_not_told(echoed: str) -> None:
    message = of_status("p", 400, echoed, {}).message

    assert "***" in message and "is odd" in message
    assert "123456" not in message
