"""Look after connections and members that are due: warn, close, try again.

Trigger   a timer, every minute
Input     nothing that is looked at
Output    {"closed", "warned", "owed": counts}. What there was no time for is found by the next one; two at once do no
          harm.
"""

from collections import Counter
from functools import cache
from typing import Any

from heddle.runtime.clock import now
from heddle.runtime.logging import bind
from heddle.runtime.realtime import Realtime, RealtimeSettings

RESERVE_MS = 10_000
AT_ONCE = 500


@cache
def realtime() -> Realtime:
    """Build the parts once per sandbox; tests put their own in their place."""
    return Realtime(RealtimeSettings.load())


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Tend what is due, as long as there is time."""
    counts = Counter(closed=0, warned=0, owed=0)
    ask, tend = realtime().tend_owed(), realtime().tend_connection()
    for owed in realtime().subscriptions.owed(limit=AT_ONCE):
        ask(owed)
        counts["owed"] += 1
    for connection in realtime().connections.due(int(now().timestamp()), limit=AT_ONCE):
        if context.get_remaining_time_in_millis() <= RESERVE_MS:
            break
        counts[tend(connection)] += 1
    if counts.total():
        bind(None, context).info("tended", extra={"tended": dict(counts)})
    return dict(counts)
