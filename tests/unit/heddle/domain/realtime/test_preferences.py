"""Quiet hours over midnight and over the change of clocks; what is wanted by type and topic."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle.domain.realtime.preferences import Preferences, QuietHours, checked, fate_of
from heddle.errors import InvalidInput

NIGHT = QuietHours(time(22), time(7), "Europe/Vienna")


@pytest.mark.parametrize(
    ("quiet", "at", "ends"),
    [
        (NIGHT, "2026-01-10T20:59+00:00", None),
        (NIGHT, "2026-01-10T21:00+00:00", "2026-01-11T06:00+00:00"),
        (NIGHT, "2026-01-11T05:59+00:00", "2026-01-11T06:00+00:00"),
        (NIGHT, "2026-01-11T06:00+00:00", None),
        (NIGHT, "2026-03-28T22:00+00:00", "2026-03-29T05:00+00:00"),  # clocks go forward that night
        (NIGHT, "2026-10-24T22:00+00:00", "2026-10-25T06:00+00:00"),  # and back
        (QuietHours(time(12), time(13), "UTC"), "2026-01-10T12:30+00:00", "2026-01-10T13:00+00:00"),
        # 02:30 does not exist that night: an hour later it is.
        (QuietHours(time(23), time(2, 30), "Europe/Vienna"), "2026-03-29T00:30+00:00", "2026-03-29T01:30+00:00"),
        # 02:40 comes twice; quiet until 02:30 ends at the first, and 02:10 comes again after that.
        (QuietHours(time(23), time(2, 30), "Europe/Vienna"), "2026-10-25T01:10+00:00", "2026-10-25T01:10+00:00"),
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(quiet: QuietHours, at: str, ends: str | None) -> None:
    found = quiet.ends_at(datetime.fromisoformat(at))

    assert found == (datetime.fromisoformat(ends) if ends else None)


@given(
    st.times().map(lambda each: each.replace(second=0, microsecond=0, fold=0)),
    st.times().map(lambda each: each.replace(second=0, microsecond=0, fold=0)),
    st.sampled_from(["Europe/Vienna", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
)
def test_what_is_held_is_held_less_than_a_day_and_an_hour(start: time, end: time, zone: str, naive: datetime) -> None:
    at = naive.replace(tzinfo=UTC)
    ends = QuietHours(start, end, zone).ends_at(at) if start != end else None

    assert ends is None or at <= ends <= at + timedelta(hours=25)


def test_what_is_wanted_goes_by_type_and_by_the_narrowest_topic() -> None:
    wanted = Preferences(types={"mention": False}, topics={"news.*": False, "news.eu": True})

    assert not wanted.wants("mention", None)
    assert wanted.wants("alert", None)
    assert wanted.wants("alert", "news.eu")
    assert not wanted.wants("alert", "news.us")
    assert not Preferences(in_app=False).wants("alert", None)


def test_critical_passes_whatever_was_preferred() -> None:
    at = datetime(2026, 1, 10, 23, tzinfo=UTC)
    deaf = Preferences(in_app=False, quiet=NIGHT)

    assert fate_of(deaf, type="x", topic=None, priority="Critical", at=at) == ("pushed", None)
    assert fate_of(deaf, type="x", topic=None, priority="High", at=at) == ("muted", None)
    held, until = fate_of(Preferences(quiet=NIGHT), type="x", topic=None, priority="High", at=at)
    assert (held, until) == ("held", datetime(2026, 1, 11, 6, tzinfo=UTC))


def test_a_document_comes_out_as_it_went_in() -> None:
    document = {
        "channels": {"in_app": True},
        "quiet_hours": {"start": "22:00", "end": "07:30", "timezone": "Europe/Vienna"},
        "types": {"mention": False},
        "topics": {"news.*": False},
        "max_per_hour": 7,
    }

    assert checked(document).to_json() == document


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"channels": {"fax": True}}, "invalid_preferences"),
        ({"quiet_hours": {"start": "22:00"}}, "invalid_preferences"),
        ({"quiet_hours": {"start": "25:00", "end": "07:00", "timezone": "UTC"}}, "invalid_preferences"),
        ({"quiet_hours": {"start": "07:00", "end": "07:00", "timezone": "UTC"}}, "invalid_preferences"),
        ({"quiet_hours": {"start": "22:00", "end": "07:00", "timezone": "Nowhere"}}, "unknown_time_zone"),
        ({"max_per_hour": 0}, "invalid_preferences"),
        ({"topics": {"a b": True}}, "invalid_topic"),
        ({"types": {"x": "yes"}}, "invalid_preferences"),
        ({"volume": 11}, "invalid_preferences"),
    ],
)
def test_what_cannot_be_preferred_is_refused(document: dict[str, object], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked(document)

    assert refused.value.code == code
