"""Priorities: an urgent run goes first, and waiting makes every run urgent in the end."""

from datetime import UTC, datetime, timedelta

import pytest

from heddle.domain.priority import PRIORITIES, check_priority, turn_at
from heddle.errors import InvalidInput

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_of_runs_that_came_together_the_more_urgent_is_called_in_first() -> None:
    turns = [turn_at(priority, NOON) for priority in ("low", "normal", "high")]

    assert sorted(turns, reverse=True) == turns
    assert len(set(turns)) == 3


@pytest.mark.parametrize("priority", PRIORITIES)
def test_nobody_waits_behind_what_comes_half_an_hour_later(priority: str) -> None:
    assert all(turn_at(priority, NOON) < turn_at(later, NOON + timedelta(minutes=31)) for later in PRIORITIES)


def test_another_word_is_refused_with_the_field_and_what_it_may_be() -> None:
    with pytest.raises(InvalidInput) as refused:
        check_priority("urgent")

    assert refused.value.details["errors"] == [{"field": "priority", "message": "must be one of high, normal, low"}]
