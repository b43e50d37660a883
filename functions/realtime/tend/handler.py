"""Close connections whose time is over, before the gateway cuts them, and those that have fallen silent.

Trigger   a timer, every minute
Input     nothing that is looked at
Output    {"closed": count}. What there was no time for is found by the next one; two at once do no harm.
"""

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
    """Close what is due, as long as there is time."""
    close, closed = realtime().close_gracefully(), 0
    for connection in realtime().connections.due(int(now().timestamp()), limit=AT_ONCE):
        if context.get_remaining_time_in_millis() <= RESERVE_MS:
            break
        close(connection)
        closed += 1
    if closed:
        bind(None, context).info("closed", extra={"closed": closed})
    return {"closed": closed}
