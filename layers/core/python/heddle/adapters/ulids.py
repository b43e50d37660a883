"""Event ids: ULIDs (https://github.com/ulid/spec) that sort by time and, within a commit, by position."""

import os
from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Two characters (10 bits) per look-up: an append must cost microseconds, in memory at least.
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_SHIFTS = tuple(range(120, -1, -10))
_RANDOM_BITS = 80


def ulids(count: int, at: datetime) -> list[str]:
    """Return `count` consecutive ULIDs of that moment."""
    # The top random bit stays clear, so that counting on never runs into the time.
    first = (int(at.timestamp() * 1000) << _RANDOM_BITS) | (int.from_bytes(os.urandom(10), "big") >> 1)
    return ["".join([_PAIRS[(value >> shift) & 1023] for shift in _SHIFTS]) for value in range(first, first + count)]
