"""Event ids: ULIDs (https://github.com/ulid/spec) that sort by time and, within a commit, by position."""

import os
from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Two characters (10 bits) per look-up: an append must cost microseconds, in memory at least.
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_SHIFTS = tuple(range(120, 29, -10))
_LOW_BITS = 30
_RANDOM_BITS = 80


def ulids(count: int, at: datetime) -> list[str]:
    """Return `count` consecutive ULIDs of that moment."""
    # The top random bit stays clear, so that counting on never runs into the time.
    first = (int(at.timestamp() * 1000) << _RANDOM_BITS) | (int.from_bytes(os.urandom(10), "big") >> 1)
    ids, high, prefix = [], -1, ""
    for value in range(first, first + count):
        if value >> _LOW_BITS != high:  # consecutive ids differ in their last characters only
            high = value >> _LOW_BITS
            prefix = "".join([_PAIRS[(value >> shift) & 1023] for shift in _SHIFTS])
        ids.append(prefix + _PAIRS[(value >> 20) & 1023] + _PAIRS[(value >> 10) & 1023] + _PAIRS[value & 1023])
    return ids
