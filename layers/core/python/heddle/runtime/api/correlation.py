"""The correlation id of a request: taken from a header if it is well formed, made otherwise.

It is answered on every response, stands on every log line, and travels in the metadata of every event.
"""

import re
import uuid
from collections.abc import Mapping

HEADER = "X-Correlation-ID"
ACCEPTED = ("x-correlation-id", "x-request-id", "x-trace-id", "correlation-id")
"""Header names that may carry it, in this order, lower-cased."""

_VALID = re.compile(r"[A-Za-z0-9._-]{1,128}")


def correlation_id(headers: Mapping[str, str]) -> tuple[str, str | None]:
    """Return the id, and the header whose value was refused (so that it can be logged), if one was."""
    refused = None
    for name in ACCEPTED:
        value = headers.get(name)
        if value is None:
            continue
        if _VALID.fullmatch(value):
            return value, refused
        refused = refused or name
    return str(uuid.uuid4()), refused
