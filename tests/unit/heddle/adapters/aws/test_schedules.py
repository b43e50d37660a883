"""Timers as EventBridge Scheduler (moto) keeps them: what they send, and that putting again does no harm."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from heddle.adapters.aws.schedules import SchedulerSchedules
from heddle.domain.triggers.kinds.timer import check
from heddle.domain.triggers.trigger import Trigger

GROUP = "heddle-test-timers"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:tasks"


def timer(**config: Any) -> Trigger:
    return Trigger("trg_1", "acme", "t", "timer", "w", check(config))


def at(moment: datetime) -> str:
    return moment.strftime("at(%Y-%m-%dT%H:%M:%S)")


@pytest.fixture
def scheduler() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("scheduler", region_name="eu-central-1")
        client.create_schedule_group(Name=GROUP)
        yield client


@pytest.fixture
def schedules(scheduler: Any) -> SchedulerSchedules:
    return SchedulerSchedules(scheduler, GROUP, QUEUE, f"{QUEUE}-dead", "arn:aws:iam::123456789012:role/scheduler")


def names(scheduler: Any) -> list[str]:
    return [each["Name"] for each in scheduler.list_schedules(GroupName=GROUP)["Schedules"]]


def test_a_timer_is_one_schedule_that_sends_its_time_to_the_queue(
    scheduler: Any, schedules: SchedulerSchedules
) -> None:
    made = timer(schedule="cron(0 8 ? * MON-FRI *)", timezone="Europe/Berlin", flexible_minutes=5)

    schedules.put(made)
    schedules.put(made)
    found = scheduler.get_schedule(GroupName=GROUP, Name="trg_1")

    assert names(scheduler) == ["trg_1"]
    assert (found["ScheduleExpressionTimezone"], found["State"]) == ("Europe/Berlin", "ENABLED")
    assert found["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}
    assert found["Target"]["DeadLetterConfig"] == {"Arn": f"{QUEUE}-dead"}
    assert found["Target"]["SqsParameters"] == {"MessageGroupId": "acme"}
    assert json.loads(found["Target"]["Input"]) == {
        "trigger": {"tenant": "acme", "id": "trg_1"},
        "scheduled_at": "<aws.scheduler.scheduled-time>",
    }


def test_a_disabled_timer_keeps_a_schedule_that_does_not_fire(scheduler: Any, schedules: SchedulerSchedules) -> None:
    made = timer(schedule="rate(1 hour)")
    schedules.put(made)

    schedules.put(replace(made, enabled=False, revision=2))

    assert scheduler.get_schedule(GroupName=GROUP, Name="trg_1")["State"] == "DISABLED"


def test_a_schedule_that_was_lost_is_made_again(scheduler: Any, schedules: SchedulerSchedules) -> None:
    made = replace(timer(schedule="rate(1 hour)"), revision=3)
    schedules.put(made)
    scheduler.delete_schedule(GroupName=GROUP, Name="trg_1")

    schedules.put(made)

    assert names(scheduler) == ["trg_1"]


def test_a_one_time_timer_that_has_fired_is_not_made_again_until_it_gets_another_time(
    scheduler: Any, schedules: SchedulerSchedules
) -> None:
    later = timer(schedule=at(datetime.now(UTC) + timedelta(days=1)))
    fired = replace(later, config={**later.config, "schedule": "at(2020-01-01T00:00:00)"}, revision=2)

    schedules.put(fired)
    assert names(scheduler) == []

    schedules.put(replace(later, revision=3))
    assert scheduler.get_schedule(GroupName=GROUP, Name="trg_1")["ActionAfterCompletion"] == "DELETE"


def test_a_timer_past_its_end_has_no_schedule(scheduler: Any, schedules: SchedulerSchedules) -> None:
    made = timer(schedule="rate(1 hour)")
    schedules.put(made)

    schedules.put(replace(made, config={**made.config, "ends_at": "2020-01-01T00:00:00+00:00"}, revision=2))

    assert names(scheduler) == []


def test_deleting_a_schedule_twice_is_fine(scheduler: Any, schedules: SchedulerSchedules) -> None:
    made = timer(schedule="rate(1 hour)")
    schedules.put(made)

    schedules.delete(made.id)
    schedules.delete(made.id)

    assert names(scheduler) == []


@pytest.mark.parametrize(
    "config",
    [
        {"schedule": "rate(1 hour)"},
        {"schedule": "cron(0 8 ? * MON-FRI *)", "timezone": "Europe/Berlin", "flexible_minutes": 5},
        {"schedule": at(datetime.now(UTC) + timedelta(days=1))},
        {"schedule": "rate(1 hour)", "starts_at": "2090-01-01T00:00:00Z", "ends_at": "2091-01-01T00:00:00+01:00"},
        {"schedule": "rate(1 hour)", "starts_at": "2020-01-01T00:00:00Z"},
    ],
)
def test_a_schedule_that_was_put_is_as_its_timer_says_and_one_that_was_not_is_missing(
    schedules: SchedulerSchedules, config: dict[str, Any]
) -> None:
    made = timer(**config)
    before = schedules.compared(made)
    schedules.put(made)

    assert (before, schedules.compared(made)) == ("missing", None)


@pytest.mark.parametrize("change", [{"enabled": False}, {"tenant": "globex"}])
def test_a_schedule_that_a_change_did_not_get_to_is_different(
    schedules: SchedulerSchedules, change: dict[str, Any]
) -> None:
    made = timer(schedule="rate(1 hour)")
    schedules.put(made)

    assert schedules.compared(replace(made, **change)) == "different"
    assert schedules.compared(timer(schedule="rate(2 hours)")) == "different"
    assert schedules.compared(timer(schedule="rate(1 hour)", timezone="Europe/Berlin")) == "different"


def test_a_timer_past_its_end_misses_no_schedule_and_has_one_too_many(schedules: SchedulerSchedules) -> None:
    made = timer(schedule="rate(1 hour)")
    ended = replace(made, config={**made.config, "ends_at": "2020-01-01T00:00:00+00:00"})
    before = schedules.compared(ended)
    schedules.put(made)

    assert (before, schedules.compared(ended)) == (None, "surplus")


def test_all_schedules_are_listed_that_are_old_enough(schedules: SchedulerSchedules) -> None:
    for number in range(120):
        schedules.put(replace(timer(schedule="rate(1 hour)"), id=f"trg_{number}"))
    soon = datetime.now(UTC) + timedelta(minutes=1)

    assert len(set(schedules.made_before(soon))) == 120
    assert list(schedules.made_before(soon - timedelta(hours=1))) == []
