"""Schedules of timers on EventBridge Scheduler: one per trigger, straight into the task queue, no function between.

The message says which trigger is due and since when; the task queue's function fires it. Schedules are data, made and
deleted with triggers: a deploy does not touch them, so none fires twice or is forgotten because of one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from botocore.exceptions import ClientError

from heddle.adapters.aws.dynamo import call
from heddle.application.ports.triggers import Drift
from heddle.domain.triggers.config import invalid
from heddle.domain.triggers.schedules import At, firings, parse_schedule, zone_named
from heddle.domain.triggers.trigger import Trigger

if TYPE_CHECKING:
    from mypy_boto3_scheduler.client import EventBridgeSchedulerClient

RETRY_HOURS = 24
SCHEDULED = "<aws.scheduler.scheduled-time>"
"""The scheduler writes the time here, for which the schedule fires."""


@dataclass(frozen=True)
class SchedulerSchedules:
    """A Schedules in a group of the stage's own."""

    client: "EventBridgeSchedulerClient"
    group: str
    queue_arn: str
    dead_letters_arn: str
    role_arn: str

    def put(self, trigger: Trigger) -> None:
        if _ended(trigger.config):
            # The scheduler takes no end in the past, so a timer that is disabled or renamed after its end has none.
            self.delete(trigger.id)
            return
        wanted = self._schedule(trigger)
        try:
            try:
                call(self.client.update_schedule, **wanted)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise
                if _over(trigger):
                    return  # a one-time schedule is gone because it has fired
                call(self.client.create_schedule, **wanted)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationException":
                raise invalid("schedule", f"was refused: {error.response['Error']['Message']}") from error
            raise

    def delete(self, trigger_id: str) -> None:
        try:
            call(self.client.delete_schedule, Name=trigger_id, GroupName=self.group)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise

    def compared(self, trigger: Trigger) -> Drift | None:
        unwanted = _ended(trigger.config) or _over(trigger)
        try:
            found = call(self.client.get_schedule, Name=trigger.id, GroupName=self.group)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return None if unwanted else "missing"
        if unwanted:
            return "surplus"
        wanted = self._schedule(trigger)
        return None if all(_same(found.get(name), value) for name, value in wanted.items()) else "different"

    def made_before(self, moment: datetime) -> Iterator[str]:
        more: dict[str, str] = {}
        while True:
            page = call(self.client.list_schedules, GroupName=self.group, **more)
            for schedule in page["Schedules"]:
                if schedule["CreationDate"] < moment:
                    yield str(schedule["Name"])
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}

    def _schedule(self, trigger: Trigger) -> dict[str, Any]:
        config = trigger.config
        message = {"trigger": {"tenant": trigger.tenant, "id": trigger.id}, "scheduled_at": SCHEDULED}
        once = isinstance(parse_schedule(config["schedule"]), At)
        return {
            "Name": trigger.id,
            "GroupName": self.group,
            "ScheduleExpression": config["schedule"],
            "ScheduleExpressionTimezone": config["timezone"],
            "State": "ENABLED" if trigger.enabled else "DISABLED",
            "FlexibleTimeWindow": _window(config["flexible_minutes"]),
            **_bounds(config),
            **({"ActionAfterCompletion": "DELETE"} if once else {}),
            "Target": {
                "Arn": self.queue_arn,
                "RoleArn": self.role_arn,
                "Input": orjson.dumps(message).decode(),
                "SqsParameters": {"MessageGroupId": trigger.tenant},
                "RetryPolicy": {"MaximumEventAgeInSeconds": RETRY_HOURS * 3600, "MaximumRetryAttempts": 185},
                "DeadLetterConfig": {"Arn": self.dead_letters_arn},
            },
        }


def _same(found: Any, wanted: Any) -> bool:
    """Compare what there is with what is wanted; what the scheduler adds of its own does not count."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(_same(found.get(name), value) for name, value in wanted.items())
    return bool(found == wanted)


def _over(trigger: Trigger) -> bool:
    schedule, zone = parse_schedule(trigger.config["schedule"]), zone_named(trigger.config["timezone"])
    return isinstance(schedule, At) and next(firings(schedule, zone, after=datetime.now(UTC)), None) is None


def _ended(config: Mapping[str, Any]) -> bool:
    return bool(config["ends_at"]) and datetime.fromisoformat(config["ends_at"]) <= datetime.now(UTC)


def _window(minutes: int) -> dict[str, Any]:
    return {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": minutes} if minutes else {"Mode": "OFF"}


def _bounds(config: Mapping[str, Any]) -> dict[str, datetime]:
    named = {"StartDate": config["starts_at"], "EndDate": config["ends_at"]}
    found = {name: datetime.fromisoformat(text).astimezone(UTC) for name, text in named.items() if text}
    # The scheduler refuses a start in the past; what has begun needs none, except to count a rate from.
    if "StartDate" in found and found["StartDate"] <= datetime.now(UTC):
        del found["StartDate"]
    return found
