"""What can go wrong with a model, as NodeErrors: the same codes whoever the provider is.

    llm_rate_limited      too many requests or tokens a minute             retryable, `retry_after` if the provider says
    llm_unavailable       overloaded, broken, not reachable                retryable
    llm_timeout           no answer in time                                retryable
    llm_bad_response      an answer that is no answer, or has no end       retryable
    llm_stream_broken     broke off after the first piece of a stream      retryable, `output_chars`
    llm_quota_exceeded    the account's money or quota is used up          no
    llm_auth              no credential, or one that is not accepted       no
    llm_bad_request       a parameter or the model's name is wrong         no
    llm_context_too_long  prompt and context do not fit the model          no
    llm_refused           the model or a content filter declined           no

Messages of providers are passed on only where they cannot hold a credential. What happens in the middle of a stream has
the same codes, with `output_chars`; a refusal says what it used (`input_tokens`, `output_tokens`) if the provider did.
Where a connection failed or its time was over, `sent` says whether the provider may have got the request, and works.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from heddle.errors import NodeError

_RETRYABLE = frozenset({"llm_rate_limited", "llm_unavailable", "llm_timeout", "llm_bad_response", "llm_stream_broken"})
_TOO_LONG = (
    "context_length",
    "context length",
    "too long",
    "context window",
    "maximum context",
    "too many input tokens",
)
_FILTERED = ("content_filter", "content_policy", "content filter", "content management policy")
# Names of errors that come inside of an answer whose status said 200, by the status that they would have had.
_KINDS = {
    "rate_limit": 429,
    "too_many_requests": 429,
    "throttl": 429,
    "overloaded": 529,
    "insufficient_quota": 402,
    "billing": 402,
    "authentication": 401,
    "permission": 403,
    "invalid_api_key": 401,
    "timeout": 504,
    "context_length": 400,
    "content_filter": 400,
    "content_policy": 400,
    "invalid_request": 400,
    "not_found": 404,
    "request_too_large": 413,
}
_USED_UP = ("insufficient_quota", "billing", "credit balance", "exceeded your current quota")


_WAIT = re.compile(r"retry in (\d{1,4}(?:\.\d+)?)s", re.IGNORECASE)
_SECRET = re.compile(
    r"(?:Bearer |\bsk-|\bAIza)[\w.~+/-]{8,}=*|(?:api[-_]?key|token)[\"'=: ]{1,4}[\w.-]{12,}", re.IGNORECASE
)


def failure(code: str, provider: str, reason: str, **details: Any) -> NodeError:
    """Return the error; details that are None are left out."""
    known = {name: value for name, value in details.items() if value is not None}
    return NodeError(f"{provider}: {reason}", code=code, retryable=code in _RETRYABLE, provider=provider, **known)


def unreached(provider: str, *, sent: bool) -> NodeError:
    """Return the error for a connection that could not be made, or was lost after the request was `sent`."""
    reason = "the connection was lost before there was an answer" if sent else "cannot be reached"
    return failure("llm_unavailable", provider, reason, sent=sent)


def of_status(provider: str, status: int, message: str, headers: Mapping[str, str]) -> NodeError:
    """Return the error for a provider's HTTP status, with what its message tells more exactly."""
    lower = message.lower()
    if status in (401, 403) or (status == 400 and "api key not valid" in lower):
        return failure("llm_auth", provider, "the credential was not accepted", status=status)
    if status == 429 and (wait := _WAIT.search(message)) and "perday" not in lower:
        # Gemini calls every limit a quota, those of a minute too, and says in words how long they last.
        seconds = retry_after(headers) or float(wait[1])
        return failure("llm_rate_limited", provider, "too many requests", status=status, retry_after=seconds)
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
    return failure(
        "llm_bad_request", provider, _SECRET.sub("***", message[:500]) or "the request was refused", status=status
    )


def of_kind(provider: str, kind: object, message: str) -> NodeError:
    """Return the error for one that has a name or a number instead of a status: events of a stream, errors in a 200."""
    if isinstance(kind, int) and 400 <= kind <= 599:
        return of_status(provider, kind, message, {})
    name = f"{kind or ''}".lower()
    status = next((status for word, status in _KINDS.items() if word in name), 500)
    return of_status(provider, status, f"{name} {message}", {})


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


@contextmanager
def within(translated: Callable[[Exception], NodeError | None]) -> Iterator[None]:
    """Turn an SDK's errors into ours; what `translated` gives None for is a bug, and stays as it is."""
    try:
        yield
    except Exception as error:
        known = ours(error) or translated(error)
        if known is None or known is error:
            raise
        raise known from error


def ours(error: Exception) -> NodeError | None:
    """Return the error if it has one of the codes above already."""
    return error if isinstance(error, NodeError) and error.code.startswith("llm_") else None
