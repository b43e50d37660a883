"""Timer: started at times of a schedule, by EventBridge Scheduler."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from heddle.domain.triggers.config import Config, invalid
from heddle.domain.triggers.schedules import check_fires, parse_schedule, zone_named

MAX_WINDOW = 1440
MISSED = ("run", "skip")


def check(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return {schedule, timezone, flexible_minutes, starts_at, ends_at, missed, max_age_seconds}.

    `missed` says what becomes of a firing that is late by more than `max_age_seconds`. InvalidInput for a schedule that
    is none or never fires after now, a time zone that does not exist, and an end before the start.
    """
    given = Config(config)
    schedule = given.needed("schedule", "cron(0 8 ? * MON-FRI *), rate(15 minutes) or at(2026-12-24T18:00:00)")
    timezone = given.text("timezone", "UTC", limit=64) or "UTC"
    flexible = given.number("flexible_minutes", 0, least=0, most=MAX_WINDOW)
    starts_at, ends_at = given.text("starts_at", limit=40), given.text("ends_at", limit=40)
    missed = given.choice("missed", MISSED, "run")
    max_age = given.number("max_age_seconds", 3600, least=60, most=86_400)
    given.done()
    zone, parsed = zone_named(timezone), parse_schedule(schedule)
    start, end = _moment("starts_at", starts_at), _moment("ends_at", ends_at)
    if start and end and end <= start + timedelta(minutes=1):
        raise invalid("ends_at", "must be later than starts_at")
    check_fires(parsed, zone, after=datetime.now(UTC), start=start, end=end)
    return {
        "schedule": " ".join(schedule.split()),
        "timezone": timezone,
        "flexible_minutes": flexible,
        "starts_at": start.isoformat() if start else None,
        "ends_at": end.isoformat() if end else None,
        "missed": missed,
        "max_age_seconds": max_age,
    }


def _moment(name: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid(name, "must be a time such as 2026-12-24T18:00:00Z") from None
