"""What a user wants to be told, and when: by type, by topic, at most so many an hour, not in quiet hours.

22:00 to 07:00 in Europe/Vienna: at night, also in the night in which the clocks change
"""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal

from heddle.domain.realtime.presence import check_zone
from heddle.domain.realtime.topics import check_subscription, patterns_of
from heddle.errors import InvalidInput
from heddle.records import dataclass

LEVELS = ("info", "success", "warning", "error")
PRIORITIES = ("Low", "Normal", "High", "Critical")
MAX_PER_HOUR = 100
Fate = Literal["pushed", "held", "muted"]


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` to `end`, local time; the end may be on the next day."""

    start: time
    end: time
    zone: str

    def ends_at(self, at: datetime) -> datetime | None:
        """Return when the quiet hours end that `at` lies in, None if it lies in none."""
        from zoneinfo import ZoneInfo

        local = at.astimezone(ZoneInfo(self.zone))
        clock = local.time().replace(tzinfo=None)
        over_midnight = self.start > self.end
        quiet = clock >= self.start or clock < self.end if over_midnight else self.start <= clock < self.end
        if not quiet:
            return None
        day = local.date() + timedelta(days=1) if over_midnight and clock >= self.start else local.date()
        # A moment that the change of clocks skips is taken an hour later, one that it repeats the first time; an end
        # that this puts before `at` (quiet until 02:30, and it is 02:40 for the second time) is now.
        end = datetime.combine(day, self.end, ZoneInfo(self.zone)).astimezone(UTC)
        return max(end, at)


@dataclass(frozen=True, slots=True)
class Preferences:
    """A user's preferences. `types` and `topics` (or patterns of them) say off for what is not wanted."""

    in_app: bool = True
    quiet: QuietHours | None = None
    types: Mapping[str, bool] = field(default_factory=dict)
    topics: Mapping[str, bool] = field(default_factory=dict)
    max_per_hour: int = MAX_PER_HOUR

    def to_json(self) -> dict[str, Any]:
        """Return the document of these."""
        quiet = None
        if self.quiet is not None:
            start, end = (each.isoformat("minutes") for each in (self.quiet.start, self.quiet.end))
            quiet = {"start": start, "end": end, "timezone": self.quiet.zone}
        return {
            "channels": {"in_app": self.in_app},
            "quiet_hours": quiet,
            "types": dict(self.types),
            "topics": dict(self.topics),
            "max_per_hour": self.max_per_hour,
        }

    def wants(self, type: str, topic: str | None) -> bool:
        """Tell whether these let a notification through; the narrowest of what was said about its topic counts."""
        if not self.in_app or not self.types.get(type, True):
            return False
        names = () if topic is None else (topic, *patterns_of(topic), "*")
        return next((self.topics[name] for name in names if name in self.topics), True)


def fate_of(
    preferences: Preferences, *, type: str, topic: str | None, priority: str, at: datetime
) -> tuple[Fate, datetime | None]:
    """Return whether a notification is pushed now, held until a time, or only listed. Critical ones are pushed."""
    if priority == "Critical":
        return "pushed", None
    if not preferences.wants(type, topic):
        return "muted", None
    until = preferences.quiet.ends_at(at) if preferences.quiet is not None else None
    return ("held", until) if until is not None else ("pushed", None)


def checked(document: Mapping[str, Any]) -> Preferences:
    """Return a document's preferences; InvalidInput `invalid_preferences`, `unknown_time_zone`, `invalid_topic`."""
    known = {"channels", "quiet_hours", "types", "topics", "max_per_hour"}
    if unknown := sorted(set(document) - known):
        raise _invalid(unknown[0], f"unknown; there are {', '.join(sorted(known))}")
    found = Preferences()
    channels = _flags(document.get("channels", {}), "channels")
    if unknown := sorted(set(channels) - {"in_app"}):
        raise _invalid(f"channels.{unknown[0]}", "is no channel of this stage; there is in_app")
    found = replace(found, in_app=channels.get("in_app", True))
    most = document.get("max_per_hour", MAX_PER_HOUR)
    if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= 10_000:
        raise _invalid("max_per_hour", "must be a whole number from 1 to 10000")
    topics = _flags(document.get("topics", {}), "topics")
    for name in topics:
        check_subscription(name)
    types = _flags(document.get("types", {}), "types")
    return replace(found, types=types, topics=topics, max_per_hour=most, quiet=_quiet(document.get("quiet_hours")))


def _quiet(value: Any) -> QuietHours | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or set(value) != {"start", "end", "timezone"}:
        raise _invalid("quiet_hours", "must be {start, end, timezone}, such as 22:00, 07:00, Europe/Vienna")
    zone = check_zone(value["timezone"], "quiet_hours.timezone")
    start, end = (_clock(value[name], f"quiet_hours.{name}") for name in ("start", "end"))
    if start == end:
        raise _invalid("quiet_hours", "begin and end at the same time; leave them out, or turn in_app off")
    return QuietHours(start, end, zone)


def _clock(value: Any, where: str) -> time:
    try:
        if not isinstance(value, str) or len(value) != 5:
            raise ValueError
        return time.fromisoformat(value)
    except ValueError:
        raise _invalid(where, "must be a time such as 22:00") from None


def _flags(value: Any, where: str) -> dict[str, bool]:
    if not isinstance(value, Mapping) or len(value) > 100:
        raise _invalid(where, "must be an object of at most 100 names with true or false")
    for name, flag in value.items():
        if not isinstance(flag, bool) or not 0 < len(name) <= 200:
            raise _invalid(f"{where}.{name}", "must be true or false")
    return dict(value)


def _invalid(field: str, reason: str) -> InvalidInput:
    return InvalidInput(f"{field}: {reason}", code="invalid_preferences", errors=[{"field": field, "message": reason}])
