"""When a webhook is tried again: at once, then less and less often, for more than three days.

The steps are those that Standard Webhooks suggests (specification, "Deliverability and reliability").
"""

import zlib
from datetime import datetime, timedelta

_SECONDS, _MINUTES, _HOURS = 1, 60, 3600
DELAYS = (
    5 * _SECONDS,
    5 * _MINUTES,
    30 * _MINUTES,
    2 * _HOURS,
    5 * _HOURS,
    10 * _HOURS,
    14 * _HOURS,
    20 * _HOURS,
    24 * _HOURS,
)
"""Seconds after the first attempt, the second …"""
ATTEMPTS = len(DELAYS) + 1
_SPREAD = 0.2


def next_attempt(webhook_id: str, attempt: int, *, now: datetime, wait: float | None = None) -> datetime | None:
    """Return when to try again after this attempt failed; None if it was the last one.

    Webhooks that failed together do not come back together: each is late by up to a fifth, by its id. A receiver that
    asks to `wait` for so many seconds is not asked earlier, but a wait of more than the longest delay is cut.
    """
    if attempt >= ATTEMPTS:
        return None
    share = zlib.crc32(f"{webhook_id}/{attempt}".encode()) / 2**32
    delay = DELAYS[attempt - 1] * (1 + _SPREAD * share)
    return now + timedelta(seconds=max(delay, min(wait or 0.0, DELAYS[-1])))
