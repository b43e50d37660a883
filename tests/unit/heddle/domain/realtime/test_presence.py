"""Presence by what was said, what is open, and the time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle.domain.realtime.presence import STATUSES, Device, Stated, next_look, shown, status_at, updated
from heddle.errors import InvalidInput

NOON = 1_767_268_800


@pytest.mark.parametrize(
    ("stated", "connected", "after", "status"),
    [
        (None, False, 0, "Offline"),
        (None, True, 0, "Online"),
        (Stated(active_at=NOON), True, 599, "Online"),
        (Stated(active_at=NOON), True, 600, "Away"),
        (Stated(active_at=NOON, auto_away=False), True, 6000, "Online"),
        (Stated("Busy", active_at=NOON), True, 6000, "Busy"),
        (Stated(active_at=NOON, gone_at=NOON), False, 299, "Online"),
        (Stated("Busy", active_at=NOON, gone_at=NOON), False, 300, "Offline"),
        (Stated("Busy", active_at=NOON), False, 0, "Offline"),
    ],
)
def test_status(stated: Stated | None, connected: bool, after: int, status: str) -> None:
    assert status_at(stated, connected=connected, at=NOON + after) == status


@given(
    st.sampled_from(STATUSES),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2000),
    st.none() | st.integers(0, 2000),
    st.integers(0, 3000),
)
def test_a_status_changes_by_itself_only_when_the_timer_looks(
    status: str, auto: bool, connected: bool, active: int, gone: int | None, at: int
) -> None:
    stated = Stated(status, auto_away=auto, active_at=active, gone_at=gone)  # type: ignore[arg-type]
    at = max(at, active, gone or 0)
    now, look = status_at(stated, connected=connected, at=at), next_look(stated, connected=connected, at=at)
    until = at + 5000 if look is None else look

    assert look is None or look > at
    assert {status_at(stated, connected=connected, at=moment) for moment in (at, (at + until) // 2, until - 1)} == {now}


def test_others_see_devices_and_the_message_that_fits() -> None:
    stated = updated(
        Stated(active_at=NOON), {"message": "here", "away_message": "back soon", "device": {"platform": "ios"}}, "c1"
    )
    devices = [Device("c1", {"platform": "web", "app_version": "2"}), Device("c2", {})]

    assert shown("ada", stated, devices, at=NOON + 1)["message"] == "here"
    away = shown("ada", stated, devices, at=NOON + 700)
    assert (away["status"], away["message"]) == ("Away", "back soon")
    assert away["devices"] == [{"platform": "ios", "app_version": "2"}, {}]
    assert away["active_connections"] == 2


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"status": "Dancing"}, "status"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"message": "x" * 281}, "message"),
        ({"auto_away": "yes"}, "auto_away"),
        ({"device": "phone"}, "device"),
        ({"mood": "good"}, "mood"),
    ],
)
def test_what_cannot_be_said_names_its_field(data: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        updated(Stated(), data, "c1")

    assert refused.value.details["errors"][0]["field"] == field
