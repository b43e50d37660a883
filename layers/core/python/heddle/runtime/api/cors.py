"""Which other origins a browser may let read our answers."""

from collections.abc import Sequence

from heddle.runtime.api.correlation import HEADER

_ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-Match, Last-Event-ID, X-Api-Key, X-Correlation-ID"
_EXPOSED_HEADERS = f"{HEADER}, ETag, Location, Retry-After, X-Next-Cursor"


def cors_headers(origin: str | None, allowed: Sequence[str]) -> dict[str, str]:
    """Return the headers for a request from `origin`: none for one that is not listed, so that the browser refuses.

    `*` in the list allows every origin; credentials are never allowed by cookie, so that is harmless to users.
    """
    if not allowed:
        return {}
    if origin is None or (origin not in allowed and "*" not in allowed):
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "DELETE, GET, OPTIONS, POST, PUT",
        "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
        "Access-Control-Expose-Headers": _EXPOSED_HEADERS,
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }
