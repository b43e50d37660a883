"""Patterns of tenants' rules: regular expressions of RE2, whose time grows with the text alone, whatever the pattern.

`(a+)+b` takes microseconds here and years in an engine that tries again. For that RE2 has neither back-references nor
look-around, and a pattern that grows too large when it is compiled is refused.
"""

from functools import lru_cache
from typing import Any

from heddle.errors import InvalidInput

MAX_LENGTH = 500
MAX_MEMORY = 256 * 1024
"""What a compiled pattern may take: `(a{1000}){1000}` would take a gigabyte."""


def check_pattern(pattern: object, field: str) -> str:
    """Return the pattern; InvalidInput `invalid_pattern` says what RE2 does not like about it."""
    if not isinstance(pattern, str) or not 0 < len(pattern) <= MAX_LENGTH:
        raise _invalid(field, f"must be a regular expression of 1 to {MAX_LENGTH} characters")
    try:
        _compiled(pattern)
    except ValueError as error:
        raise _invalid(field, str(error)) from None
    return pattern


def matches(pattern: str, text: str) -> bool:
    """Tell whether the pattern is found anywhere in the text; `^` and `$` tie it to the ends."""
    return _compiled(pattern).search(text) is not None


@lru_cache(maxsize=1000)
def _compiled(pattern: str) -> Any:
    # Imported here: a process whose tenants have no rules does without.
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        reason = error.args[0] if error.args else "not a regular expression"
        raise ValueError(reason.decode() if isinstance(reason, bytes) else str(reason)) from None


def _invalid(field: str, reason: str) -> InvalidInput:
    message = f"{field}: {reason}"
    return InvalidInput(message, code="invalid_pattern", errors=[{"field": field, "message": reason}])
