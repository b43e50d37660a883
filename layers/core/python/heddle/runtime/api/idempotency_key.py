"""The Idempotency-Key of a request: what makes sending it again harmless."""

from heddle.errors import InvalidInput
from heddle.runtime.api.http import Request


def idempotency_key(request: Request) -> str | None:
    """Return the key, None if there is none; InvalidInput `invalid_header` for one that is too long to keep."""
    key = request.headers.get("idempotency-key")
    if key is not None and not (1 <= len(key) <= 255 and key.isascii() and key.isprintable()):
        rule = "must be 1 to 255 printable ASCII characters"
        raise InvalidInput(
            f"Idempotency-Key {rule}", code="invalid_header", errors=[{"field": "Idempotency-Key", "message": rule}]
        )
    return key
