"""Settle reservations that nobody came back for: whoever reserved died before it could say what its call cost.

Trigger   a timer, every minute
Input     nothing that is looked at
Output    {"settled": count}. What there was no time for is found by the next one; two at once do no harm.
"""

from functools import cache
from typing import Any

from heddle.application.budgets.sweep import SweepReservations
from heddle.runtime.clock import now
from heddle.runtime.logging import bind
from heddle.runtime.stores import Stores, StoreSettings

RESERVE_MS = 10_000
"""What is left of the function's time when the last reservation is begun."""


@cache
def use_case() -> SweepReservations:
    """Build the use case once per sandbox."""
    stores = Stores(StoreSettings.load())
    return SweepReservations(stores.spend, stores.purse.end, now)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Sweep as long as there is time."""
    log = bind(None, context)
    settled = use_case()(lambda: context.get_remaining_time_in_millis() <= RESERVE_MS)
    if settled:
        log.warning("calls were abandoned and booked at their worst case", extra={"settled": settled})
    return {"settled": settled}
