"""Schedules as EventBridge Scheduler writes them, and when they fire.

    cron(minutes hours day-of-month month day-of-week year)      rate(5 minutes)      at(2026-12-24T18:00:00)

Source: "Schedule types on EventBridge Scheduler" of its user guide. One of the two days is `?`. Days of the week are 1
(Sunday) to 7 or SUN to SAT; `L` is the last, `15W` the weekday nearest to the 15th, `6#3` the third Friday. A local
time that a change of clocks leaves out does not fire; one that comes twice fires once.
"""

import calendar
import difflib
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from heddle.domain.triggers.config import invalid
from heddle.records import dataclass

LAST_YEAR = 2199
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_UNITS = {"minute": 60, "hour": 3600, "day": 86_400}
_DIGITS = re.compile(r"[0-9]{1,4}")  # `str.isdigit` takes characters that `int` does not
_RATE = re.compile(r"rate\(\s*([0-9]{1,6})\s+(minute|hour|day)(s?)\s*\)")
_AT = re.compile(r"at\(\s*([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\s*\)")
_CRON = re.compile(r"cron\((.*)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cron:
    """Sets of minutes, hours, months and years; `day` and `weekday` as written, one of them `?`."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    years: frozenset[int]
    day: str
    weekday: str

    def on(self, day: date) -> bool:
        """Tell whether it fires on a day at all."""
        if day.month not in self.months or day.year not in self.years:
            return False
        return _day_matches(self.day, day) if self.weekday == "?" else _weekday_matches(self.weekday, day)


@dataclass(frozen=True, slots=True)
class Rate:
    """Every so many seconds, from the start."""

    seconds: int


@dataclass(frozen=True, slots=True)
class At:
    """Once, at a local time."""

    moment: datetime


def parse_schedule(text: str) -> Cron | Rate | At:
    """Return the schedule; InvalidInput for what is none. That it still fires is another question: `check_fires`."""
    schedule = text.strip()
    if found := _RATE.fullmatch(schedule):
        return _rate(int(found[1]), found[2], bool(found[3]))
    if found := _AT.fullmatch(schedule):
        try:
            return At(datetime.fromisoformat(found[1]))
        except ValueError:
            raise invalid("schedule", f"names a time that does not exist: {found[1]}") from None
    if found := _CRON.fullmatch(schedule):
        return _cron(found[1].split())
    raise invalid("schedule", "must be cron(…), rate(…) or at(…), such as cron(0 8 ? * MON-FRI *)")


def zone_named(name: str) -> ZoneInfo:
    """Return the time zone; InvalidInput with names that are like it if there is none."""
    try:
        if name in _zones():
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        pass
    like = difflib.get_close_matches(name, _zones(), 3)
    hint = f"; did you mean {', '.join(like)}?" if like else ", such as Europe/Berlin"
    raise invalid("timezone", f"{name!r} is no time zone of the IANA database{hint}")


@cache
def _zones() -> frozenset[str]:
    # Reads a directory of six hundred files, so once a process.
    return frozenset(available_timezones())


def check_fires(
    schedule: Cron | Rate | At, zone: ZoneInfo, *, after: datetime, start: datetime | None, end: datetime | None
) -> None:
    """InvalidInput for a schedule that never fires: 30 February, a time that is past, or nothing before the end."""
    first = next(firings(schedule, zone, after=after, start=start), None)
    if first is None:
        raise invalid("schedule", f"never fires after {after.isoformat(timespec='seconds')}")
    if end is not None and first >= end:
        raise invalid("ends_at", f"is before the schedule fires, which is at {first.isoformat(timespec='seconds')}")


def firings(
    schedule: Cron | Rate | At, zone: ZoneInfo, *, after: datetime, start: datetime | None = None
) -> Iterator[datetime]:
    """Yield the moments at which it fires later than `after`, in UTC. A rate counts from `start`, else from `after`."""
    if isinstance(schedule, At):
        moment = _local(schedule.moment, zone)
        if moment is not None and moment > after:
            yield moment
        return
    if isinstance(schedule, Rate):
        first = start or after + timedelta(seconds=schedule.seconds)
        past = max(0, -(-(after - first).total_seconds() // schedule.seconds))
        moment = first + timedelta(seconds=past * schedule.seconds)
        while moment.year <= LAST_YEAR:
            if moment > after:
                yield moment
            moment += timedelta(seconds=schedule.seconds)
        return
    begin = max(after, start) if start else after
    for day in _days(schedule, begin.astimezone(zone).date()):
        for hour in schedule.hours:
            for minute in schedule.minutes:
                local = _local(datetime.combine(day, time(hour, minute)), zone)
                if local is not None and local > after and (start is None or local >= start):
                    yield local


def _days(cron: Cron, first: date) -> Iterator[date]:
    """Yield the days on which it fires, from the first one on: months that it leaves out cost nothing."""
    for year in sorted(year for year in cron.years if year >= first.year):
        for month in sorted(cron.months):
            for number in range(1, calendar.monthrange(year, month)[1] + 1):
                day = date(year, month, number)
                if day >= first and cron.on(day):
                    yield day


def _local(naive: datetime, zone: ZoneInfo) -> datetime | None:
    """Return a local time in UTC, None if the clocks skip it; of one that comes twice the first."""
    moment = naive.replace(tzinfo=zone).astimezone(UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == naive else None


def _rate(number: int, unit: str, plural: bool) -> Rate:
    if number < 1 or (number == 1) == plural:
        raise invalid("schedule", f"a rate is a positive number and {unit}{'' if number == 1 else 's'}")
    return Rate(number * _UNITS[unit])


def _cron(fields: list[str]) -> Cron:
    if len(fields) != 6:
        raise invalid(
            "schedule", f"a cron has six fields (minutes hours day month weekday year), this one has {len(fields)}"
        )
    minutes, hours, day, month, weekday, year = (field.upper() for field in fields)
    if (day == "?") == (weekday == "?"):
        raise invalid("schedule", "exactly one of day of month and day of week must be ?")
    return Cron(
        tuple(sorted(_numbers("minutes", minutes, 0, 59))),
        tuple(sorted(_numbers("hours", hours, 0, 23))),
        frozenset(_numbers("month", month, 1, 12, _MONTHS)),
        frozenset(_numbers("year", year, 1970, LAST_YEAR)),
        _checked_day(day),
        _checked_weekday(weekday),
    )


def _numbers(name: str, text: str, least: int, most: int, words: dict[str, int] | None = None) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        body, slash, step = part.partition("/")
        if (slash and not _DIGITS.fullmatch(step)) or (step and not 1 <= int(step) <= most):
            raise invalid("schedule", f"{name}: {part!r} has no proper step")
        if body == "*":
            first, last = least, most
        else:
            low, dash, high = body.partition("-")
            first = _number(name, low, least, most, words)
            last = _number(name, high, least, most, words) if dash else (most if step else first)
        if last < first:
            raise invalid("schedule", f"{name}: {part!r} goes backwards")
        found.update(range(first, last + 1, int(step or 1)))
    return found


def _number(name: str, text: str, least: int, most: int, words: dict[str, int] | None) -> int:
    value = (words or {}).get(text) or (int(text) if _DIGITS.fullmatch(text) else None)
    if value is None or not least <= value <= most:
        raise invalid("schedule", f"{name}: {text!r} is not from {least} to {most}")
    return value


def _checked_day(text: str) -> str:
    if text not in ("?", "*", "L", "LW") and not re.fullmatch(r"[0-9]{1,2}W", text):
        _numbers("day of month", text, 1, 31)
    elif text.endswith("W") and text != "LW" and not 1 <= int(text[:-1]) <= 31:
        raise invalid("schedule", f"day of month: {text!r} is not from 1W to 31W")
    return text


def _checked_weekday(text: str) -> str:
    if (found := re.fullmatch(r"([0-9A-Z]{1,3})#([1-5])", text)) or (found := re.fullmatch(r"([1-7]|[A-Z]{3})L", text)):
        _number("day of week", found[1], 1, 7, _DAYS)
    elif text not in ("?", "*", "L"):
        _numbers("day of week", text, 1, 7, _DAYS)
    return text


def _day_matches(text: str, day: date) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    if text in ("L", "LW"):
        wanted = date(day.year, day.month, last)
        return day == (wanted if text == "L" else _nearest_weekday(wanted))
    if text.endswith("W"):
        number = int(text[:-1])
        return number <= last and day == _nearest_weekday(date(day.year, day.month, number))
    return day.day in _numbers("day of month", text, 1, 31)


def _nearest_weekday(day: date) -> date:
    """Return the weekday nearest to a day, within its month."""
    shift = {5: -1, 6: 1}.get(day.weekday(), 0)
    moved = day + timedelta(days=shift)
    if moved.month != day.month:
        moved = day + timedelta(days=2 if shift < 0 else -2)
    return moved


def _weekday_matches(text: str, day: date) -> bool:
    number = (day.weekday() + 1) % 7 + 1  # Python counts from Monday, 0
    if text == "L":
        return number == 7
    last = calendar.monthrange(day.year, day.month)[1]
    if found := re.fullmatch(r"([0-9A-Z]{1,3})#([1-5])", text):
        return number == _number("", found[1], 1, 7, _DAYS) and (day.day - 1) // 7 + 1 == int(found[2])
    if found := re.fullmatch(r"([1-7]|[A-Z]{3})L", text):
        return number == _number("", found[1], 1, 7, _DAYS) and day.day + 7 > last
    return number in _numbers("day of week", text, 1, 7, _DAYS)
