"""Schedules on the real stage that drifted from their timers are found, and made right."""

import pytest

from heddle_sdk import Client
from tests.local.backstage import Backstage
from tests.local.conftest import Cli

GREETING = {"name": "kept", "nodes": [{"id": "hi", "type": "template", "config": {"template": "Hello"}}]}


@pytest.fixture
def timers(client: Client) -> list[str]:
    workflow = client.workflows.ensure(GREETING)
    document = {"kind": "timer", "workflow_id": workflow, "config": {"schedule": "rate(12 hours)"}}
    return [client.triggers.create({**document, "name": name}).id for name in ("right", "lost", "changed")]


def test_what_drifted_is_shown_and_then_made_right(
    heddle: Cli, client: Client, stage: dict[str, str], backstage: Backstage, timers: list[str]
) -> None:
    right, lost, changed = timers
    scheduler = backstage.client("scheduler")
    group = next(
        each["Name"] for each in scheduler.list_schedule_groups()["ScheduleGroups"] if each["Name"].endswith("-timers")
    )
    scheduler.delete_schedule(GroupName=group, Name=lost)
    found = scheduler.get_schedule(GroupName=group, Name=changed)
    kept = {name: found[name] for name in ("Name", "GroupName", "FlexibleTimeWindow", "Target")}
    scheduler.update_schedule(**kept, ScheduleExpression="rate(1 hour)", State="DISABLED")

    def drifted(*options: str) -> dict[str, str]:
        answer = heddle.json("repair-schedules", "--tenant", stage["tenant"], *options)
        return {each["trigger_id"]: each["drift"] for each in answer["drifted"]}

    shown = drifted("--dry-run")
    repaired = drifted()

    assert shown == repaired == {lost: "missing", changed: "different"}
    assert drifted() == {}
    assert scheduler.get_schedule(GroupName=group, Name=lost)["State"] == "ENABLED"
    assert scheduler.get_schedule(GroupName=group, Name=changed)["ScheduleExpression"] == "rate(12 hours)"
    assert client.triggers.get(right).enabled
    assert "every schedule is as its timer says" in heddle("repair-schedules").stdout
    for each in timers:
        client.triggers.delete(each)
