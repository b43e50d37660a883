"""How urgent a run is: which queue it comes in by, and where it stands in its tenant's waiting line."""

from datetime import datetime, timedelta

from heddle.errors import InvalidInput

HIGH, NORMAL, LOW = "high", "normal", "low"
PRIORITIES = (HIGH, NORMAL, LOW)

YIELDS = {HIGH: timedelta(0), NORMAL: timedelta(minutes=5), LOW: timedelta(minutes=30)}
"""How much later than its arrival a run takes its place in line.

The line stays one order by one time, and age is in it: a normal run gives way to high ones that come up to five minutes
after it, a low one to normal ones that come up to 25 minutes after it, and neither to any that come later. So nobody
starves, however many urgent runs arrive.
"""


def check_priority(value: str) -> str:
    """Return the priority, or raise InvalidInput that names the field and what it may be."""
    if value not in PRIORITIES:
        message = f"must be one of {', '.join(PRIORITIES)}"
        raise InvalidInput(f"priority {message}", errors=[{"field": "priority", "message": message}])
    return value


def turn_at(priority: str, arrived: datetime) -> datetime:
    """Return the time by which a parked run stands in line; the earliest is called in first."""
    return arrived + YIELDS[priority]
