"""What can go wrong with a model, as NodeErrors: the same codes whoever the provider is.

    llm_rate_limited      too many requests or tokens a minute             retryable, `retry_after` if the provider says
    llm_unavailable       overloaded, broken, not reachable                retryable
    llm_timeout           no answer in time                                retryable
    llm_bad_response      an answer that is no answer                      retryable
    llm_quota_exceeded    the account's money or quota is used up          no
    llm_auth              no credential, or one that is not accepted       no
    llm_bad_request       a parameter or the model's name is wrong         no
    llm_context_too_long  prompt and context do not fit the model          no
    llm_refused           the model or a content filter declined           no

Messages of providers are passed on only where they cannot hold a credential.
"""

from collections.abc import Mapping
from typing import Any

from heddle.errors import NodeError

_RETRYABLE = frozenset({"llm_rate_limited", "llm_unavailable", "llm_timeout", "llm_bad_response"})
_TOO_LONG = (
    "context_length",
    "context length",
    "too long",
    "context window",
    "maximum context",
    "too many input tokens",
)
_FILTERED = ("content_filter", "content_policy", "content filter", "content management policy")
_USED_UP = ("insufficient_quota", "billing", "credit balance", "exceeded your current quota")


def failure(code: str, provider: str, reason: str, **details: Any) -> NodeError:
    """Return the error; details that are None are left out."""
    known = {name: value for name, value in details.items() if value is not None}
    return NodeError(f"{provider}: {reason}", code=code, retryable=code in _RETRYABLE, provider=provider, **known)


def of_status(provider: str, status: int, message: str, headers: Mapping[str, str]) -> NodeError:
    """Return the error for a provider's HTTP status, with what its message tells more exactly."""
    lower = message.lower()
    if status in (401, 403):
        return failure("llm_auth", provider, "the credential was not accepted", status=status)
    if status == 402 or (status in (400, 429) and any(word in lower for word in _USED_UP)):
        return failure("llm_quota_exceeded", provider, "the account's quota is used up", status=status)
    if status == 429:
        return failure(
            "llm_rate_limited", provider, "too many requests", status=status, retry_after=retry_after(headers)
        )
    if status == 408 or status == 504:
        return failure("llm_timeout", provider, "no answer in time", status=status)
    if status >= 500 or status == 409:
        return failure("llm_unavailable", provider, "not available", status=status, retry_after=retry_after(headers))
    if status == 413 or any(word in lower for word in _TOO_LONG):
        return failure("llm_context_too_long", provider, "prompt and context are too long", status=status)
    if any(word in lower for word in _FILTERED):
        return failure("llm_refused", provider, "a content filter declined", status=status)
    return failure("llm_bad_request", provider, message[:500] or "the request was refused", status=status)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a provider asks to wait, if it says so in a way worth believing (up to an hour)."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        if 0 <= seconds <= 3600:
            return seconds
    return None
