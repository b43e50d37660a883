"""The task queue in the template: a queue for each priority, watched by age, depth and backlog per dispatcher."""

import json
from typing import Any

from heddle.runtime.queue_function import ATTEMPTS
from tests.infra.conftest import Synthesised

PRIORITIES = {"Tasks": 1.0, "TasksHigh": 2.0, "TasksLow": 0.5}


def alarms(stage: Synthesised) -> list[dict[str, Any]]:
    return [a["Properties"] for stack, _, a in stage.resources("AWS::CloudWatch::Alarm") if stack == "Engine"]


def queue_named(stage: Synthesised, name: str) -> str:
    (found,) = [
        key
        for stack, key, _ in stage.resources("AWS::SQS::Queue")
        if stack == "Engine" and key.removesuffix(key[-8:]) == f"{name}Queue"
    ]
    return found


def test_each_priority_has_its_share_of_the_dispatchers(stage: Synthesised) -> None:
    shares = {
        mapping["Properties"]["EventSourceArn"]["Fn::GetAtt"][0]: mapping["Properties"]["ScalingConfig"]
        for stack, _, mapping in stage.resources("AWS::Lambda::EventSourceMapping")
        if stack == "Engine" and "ScalingConfig" in mapping["Properties"]
    }

    for name, share in PRIORITIES.items():
        wanted = max(2, int(stage.stage.dispatch_concurrency * share))
        assert shares[queue_named(stage, name)] == {"MaximumConcurrency": wanted}


def test_what_is_given_up_goes_to_the_function_that_shows_it_after_as_many_attempts_as_it_counts(
    stage: Synthesised,
) -> None:
    queues = stage.templates["Engine"]["Resources"]
    dead = queue_named(stage, "DeadTasks")

    for name in PRIORITIES:
        policy = queues[queue_named(stage, name)]["Properties"]["RedrivePolicy"]
        assert policy == {"deadLetterTargetArn": {"Fn::GetAtt": [dead, "Arn"]}, "maxReceiveCount": ATTEMPTS}
    assert queues[dead]["Properties"]["RedrivePolicy"]["maxReceiveCount"] > ATTEMPTS


def test_age_and_backlog_of_each_priority_wake_somebody_where_the_stage_wants_alarms(stage: Synthesised) -> None:
    watched = alarms(stage)
    aged = {
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]: alarm["Threshold"]
        for alarm in watched
        if alarm.get("MetricName") == "ApproximateAgeOfOldestMessage"
    }
    signals = [alarm["Metrics"] for alarm in watched if "Metrics" in alarm]

    if not stage.stage.alarms:
        assert watched == []
        return
    high, normal, low = (aged[queue_named(stage, name)] for name in ("TasksHigh", "Tasks", "TasksLow"))
    assert high < normal < low
    assert len(signals) == len(PRIORITIES)
    for metrics in signals:
        names = {metric["MetricStat"]["Metric"]["MetricName"] for metric in metrics if "MetricStat" in metric}
        assert names == {"ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible"}


def test_one_board_shows_depth_age_and_the_signal(stage: Synthesised) -> None:
    boards = [json.dumps(board) for _, _, board in stage.resources("AWS::CloudWatch::Dashboard")]

    assert len(boards) == (1 if stage.stage.alarms else 0)
    for board in boards:
        for metric in (
            "ApproximateNumberOfMessagesVisible",
            "ApproximateAgeOfOldestMessage",
            "high_waiting + high_working",
        ):
            assert metric in board
