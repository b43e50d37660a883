"""Schedules of EventBridge Scheduler: when they fire, and what is none."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from heddle.domain.triggers.schedules import check_fires, firings, parse_schedule, zone_named
from heddle.errors import InvalidInput

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def fires(text: str, count: int = 3, zone: str = "UTC", after: datetime = NOON) -> list[str]:
    found = islice(firings(parse_schedule(text), zone_named(zone), after=after), count)
    return [moment.strftime("%Y-%m-%dT%H:%M") for moment in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cron(0 8 ? * MON-FRI *)", ["2026-01-02T08:00", "2026-01-05T08:00", "2026-01-06T08:00"]),
        ("cron(0/30 * * * ? *)", ["2026-01-01T12:30", "2026-01-01T13:00", "2026-01-01T13:30"]),
        ("cron(15,45 12 1 * ? 2026)", ["2026-01-01T12:15", "2026-01-01T12:45", "2026-02-01T12:15"]),
        ("cron(0 0 L * ? *)", ["2026-01-31T00:00", "2026-02-28T00:00", "2026-03-31T00:00"]),
        ("cron(0 0 LW * ? *)", ["2026-01-30T00:00", "2026-02-27T00:00", "2026-03-31T00:00"]),
        ("cron(0 0 1W * ? *)", ["2026-02-02T00:00", "2026-03-02T00:00", "2026-04-01T00:00"]),
        ("cron(0 0 15W * ? *)", ["2026-01-15T00:00", "2026-02-16T00:00", "2026-03-16T00:00"]),
        ("cron(0 9 ? * 6#3 *)", ["2026-01-16T09:00", "2026-02-20T09:00", "2026-03-20T09:00"]),
        ("cron(0 9 ? * FRIL *)", ["2026-01-30T09:00", "2026-02-27T09:00", "2026-03-27T09:00"]),
        ("cron(0 9 ? * L *)", ["2026-01-03T09:00", "2026-01-10T09:00", "2026-01-17T09:00"]),
        ("cron(0 0 29 2 ? *)", ["2028-02-29T00:00", "2032-02-29T00:00", "2036-02-29T00:00"]),
        ("cron(0 0 1 JAN,jul ? *)", ["2026-07-01T00:00", "2027-01-01T00:00", "2027-07-01T00:00"]),
        ("rate(90 minutes)", ["2026-01-01T13:30", "2026-01-01T15:00", "2026-01-01T16:30"]),
        ("rate(1 day)", ["2026-01-02T12:00", "2026-01-03T12:00", "2026-01-04T12:00"]),
        ("at(2026-12-24T18:00:00)", ["2026-12-24T18:00"]),
        ("at(2020-12-24T18:00:00)", []),
    ],
)
def test_a_schedule_fires_when_it_says(text: str, expected: list[str]) -> None:
    assert fires(text) == expected


def test_a_time_that_the_clocks_skip_does_not_fire_and_one_that_comes_twice_fires_once() -> None:
    spring, autumn = datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)

    assert fires("cron(30 2 * * ? *)", 2, "Europe/Berlin", spring) == ["2026-03-28T01:30", "2026-03-30T00:30"]
    assert fires("cron(30 2 * * ? *)", 2, "Europe/Berlin", autumn) == ["2026-10-25T00:30", "2026-10-26T01:30"]


def test_a_rate_counts_from_its_start() -> None:
    schedule, zone = parse_schedule("rate(7 minutes)"), zone_named("UTC")
    start = NOON - timedelta(minutes=10)

    assert next(firings(schedule, zone, after=NOON, start=start)) == NOON + timedelta(minutes=4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("every day", "must be cron"),
        ("cron(0 8 * * *)", "six fields"),
        ("cron(0 8 * * * *)", "exactly one"),
        ("cron(0 8 ? * ? *)", "exactly one"),
        ("cron(60 8 ? * 2 *)", "minutes: '60' is not from 0 to 59"),
        ("cron(0 25 ? * 2 *)", "hours"),
        ("cron(0 8 ? * 8 *)", "day of week"),
        ("cron(0 8 32 * ? *)", "day of month"),
        ("cron(0 8 32W * ? *)", "day of month"),
        ("cron(0 8 1 13 ? *)", "month"),
        ("cron(0 8 1 5-2 ? *)", "backwards"),
        ("cron(0/0 8 1 * ? *)", "step"),
        ("cron(? 8 1 * ? *)", "minutes"),
        ("cron(0 8 1 ? 2 *)", "exactly one"),
        ("cron(0 8 1 * ? ²)", "year"),
        ("cron(0 8 1/² * ? *)", "step"),
        ("cron(0 8 1/ * ? *)", "step"),
        ("cron(0 8 ? * 9L *)", "day of week"),
        ("rate(0 minutes)", "positive"),
        ("rate(1 minutes)", "minute"),
        ("rate(5 minute)", "minutes"),
        ("rate(5 seconds)", "must be cron"),
        ("at(2026-02-30T00:00:00)", "does not exist"),
    ],
)
def test_what_is_no_schedule_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as refused:
        parse_schedule(text)

    assert refused.value.code == "invalid_trigger"
    assert refused.value.details["errors"][0]["field"] == "config.schedule"


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("cron(0 0 30 2 ? *)", "UTC"),
        ("cron(0 0 1 1 ? 2001)", "UTC"),
        ("cron(0 0 31 2,4,6,9,11 ? *)", "UTC"),
        ("cron(59 11 1 1 ? 2026)", "UTC"),
        ("cron(30 2 29 3 ? 2026)", "Europe/Berlin"),
        ("at(2026-01-01T11:59:00)", "UTC"),
        ("at(2026-03-29T02:30:00)", "Europe/Berlin"),
    ],
)
def test_what_never_fires_is_refused_but_can_still_be_read(text: str, zone: str) -> None:
    schedule = parse_schedule(text)

    with pytest.raises(InvalidInput, match="never fires after 2026-01-01T12:00:00"):
        check_fires(schedule, zone_named(zone), after=NOON, start=None, end=None)
    assert list(firings(schedule, zone_named(zone), after=NOON)) == []


def test_an_end_before_the_first_firing_is_refused() -> None:
    schedule, zone = parse_schedule("cron(0 0 1 6 ? *)"), zone_named("UTC")

    with pytest.raises(InvalidInput, match="2026-06-01") as refused:
        check_fires(schedule, zone, after=NOON, start=None, end=NOON + timedelta(days=30))

    assert refused.value.details["errors"][0]["field"] == "config.ends_at"


@pytest.mark.parametrize("text", ["rate(999999 days)", "cron(0 0 1 1 ? 2199)"])
def test_the_last_firings_end_with_the_schedulers_years(text: str) -> None:
    assert len(fires(text, 5)) <= 1


def test_a_zone_that_does_not_exist_is_refused_with_one_that_does() -> None:
    with pytest.raises(InvalidInput, match="did you mean Europe/Berlin"):
        zone_named("Europe/Berlim")
    with pytest.raises(InvalidInput, match="no time zone"):
        zone_named("../etc/passwd")
