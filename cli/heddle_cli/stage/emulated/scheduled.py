"""When a schedule is due, in its own time zone, and how its target is told: as EventBridge Scheduler does both."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

PLACEHOLDER = "<aws.scheduler.scheduled-time>"
Next = Callable[[Any, datetime], datetime | None]


def local(epoch: float | None, schedule: Mapping[str, Any]) -> float | None:
    """Return the moment of a time that was read as UTC and meant in the schedule's zone."""
    if epoch is None:
        return None
    return datetime.fromtimestamp(epoch, UTC).replace(tzinfo=_zone(schedule)).timestamp()


def following(next_fire: Next, fields: Any, after: datetime, schedule: Mapping[str, Any]) -> datetime | None:
    """Return when a cron is due next: `next_fire` reckons with clocks that show UTC, so it is shown the zone's."""
    zone = _zone(schedule)
    shown = next_fire(fields, after.astimezone(zone).replace(tzinfo=UTC))
    return shown.replace(tzinfo=zone).astimezone(UTC) if shown is not None else None


def told(target: dict[str, Any], due: float) -> dict[str, Any]:
    """Return the target with the time in its input for which it fires."""
    at = datetime.fromtimestamp(due, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**target, "Input": str(target.get("Input", "")).replace(PLACEHOLDER, at)} if target.get("Input") else target


def _zone(schedule: Mapping[str, Any]) -> ZoneInfo:
    return ZoneInfo(str(schedule.get("ScheduleExpressionTimezone") or "UTC"))
