"""Look after connections and members that are due: warn, close, try again; ring what else is due.

Due are users who are away or offline by now, and notifications whose quiet hours are over, too.

Trigger   a timer, every minute
Input     nothing that is looked at
Output    {"closed", "warned", "owed", "rung": counts}. What there was no time for is found by the next one; two at
          once do no harm.
"""

from collections import Counter
from functools import cache
from itertools import takewhile
from typing import Any

from heddle.errors import HeddleError
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
    log, counts = bind(None, context), Counter(closed=0, warned=0, owed=0, rung=0)

    def is_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > RESERVE_MS)

    ask, tend, people = realtime().tend_owed(), realtime().tend_connection(), realtime().people
    for owed in realtime().subscriptions.owed(limit=AT_ONCE):
        ask(owed)
        counts["owed"] += 1
    for connection in takewhile(lambda _: is_time(), realtime().connections.due(int(now().timestamp()), limit=AT_ONCE)):
        counts[tend(connection)] += 1
    for timer in takewhile(lambda _: is_time(), people.timers.due(int(now().timestamp()), limit=AT_ONCE)):
        try:
            people.ring(timer)
            counts["rung"] += 1
        except HeddleError as error:  # the next minute tries again; the others do not wait for it
            log.error("timer failed", tenant=timer.tenant, kind=timer.kind, code=error.code)
    if counts.total():
        log.info("tended", extra={"tended": dict(counts)})
    return dict(counts)
