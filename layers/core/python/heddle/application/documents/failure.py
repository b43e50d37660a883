"""What an error is, as Step Functions hands it on: {Error, Cause}, where Cause is what Lambda wrote."""

import re
from typing import Any

import orjson

FATAL = "FatalNodeError"
"""What a function raises where the same call would fail in the same way: heddle/runtime/errors.py."""

_CODED = re.compile(r"([a-z][a-z0-9_]*): (.*)", re.DOTALL)
UNEXPECTED = "ingest_failed"


def reason(error: dict[str, Any]) -> tuple[str, str, bool]:
    """Return code, message, and whether it was foreseen. Of what was not, nothing is told but that it happened."""
    try:
        message = str(orjson.loads(str(error.get("Cause", "")))["errorMessage"])
    except (ValueError, KeyError, TypeError):
        message = str(error.get("Cause", ""))
    coded = _CODED.fullmatch(message)
    if error.get("Error") == FATAL and coded:
        return coded[1], coded[2][:2_000], True
    if error.get("Error") in ("States.Timeout", "Lambda.Unknown"):
        return "document_timeout", "reading the document took too long, or more memory than there is", True
    return UNEXPECTED, "an unexpected error; it is in the log under the correlation id", False
