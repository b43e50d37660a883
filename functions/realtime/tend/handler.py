"""Close connections whose time is over or that have fallen silent; ring what else is due.

Due are users who are away or offline by now, and notifications whose quiet hours are over.

Trigger   a timer, every minute
Input     nothing that is looked at
Output    {"closed", "rung"}: counts. What there was no time for is found by the next one; two at once do no harm.
"""

from functools import cache
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
    """Close what is due, as long as there is time."""
    close, closed, rung = realtime().close_gracefully(), 0, 0
    for connection in realtime().connections.due(int(now().timestamp()), limit=AT_ONCE):
        if context.get_remaining_time_in_millis() <= RESERVE_MS:
            break
        close(connection)
        closed += 1
    log, people = bind(None, context), realtime().people
    for timer in people.timers.due(int(now().timestamp()), limit=AT_ONCE):
        if context.get_remaining_time_in_millis() <= RESERVE_MS:
            break
        try:
            people.ring(timer)
            rung += 1
        except HeddleError as error:  # the next minute tries again; the others do not wait for it
            log.error("timer failed", tenant=timer.tenant, kind=timer.kind, code=error.code)
    if closed or rung:
        log.info("tended", extra={"closed": closed, "rung": rung})
    return {"closed": closed, "rung": rung}
