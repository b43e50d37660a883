"""What an Orchestrator, a TaskQueue and a Waker promise, in memory and against moto."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

from heddle.adapters.aws.orchestrator import StepFunctionsOrchestrator, execution_arn
from heddle.adapters.aws.queue import SqsTaskQueue
from heddle.adapters.aws.waker import StepFunctionsWaker
from heddle.adapters.memory.execution import MemoryOrchestrator, MemoryTaskQueue, MemoryWaker
from heddle.application.execution.step import RunRef, Work
from heddle.application.ports import Orchestrator, TaskQueue, Waker

REGION = "eu-central-1"
RUN: RunRef = {"tenant": "acme", "id": "01JTESTRUN0000000000000001", "correlation_id": "c-1"}
WORK: Work = {"run": RUN, "strand": {"id": "0", "until": None, "level": 0, "events_left": 9}, "do": "start"}


@dataclass(frozen=True)
class Bench:
    """The adapters, and how a test looks behind them."""

    orchestrator: Orchestrator
    queue: TaskQueue
    waker: Waker
    started: Callable[[], list[str]]
    stopped: Callable[[], list[str]]
    sent: Callable[[], list[tuple[RunRef, str]]]


@pytest.fixture(params=["memory", "moto"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        yield memory()
        return
    with mock_aws():
        yield moto()


def memory() -> Bench:
    orchestrator, queue = MemoryOrchestrator(), MemoryTaskQueue()
    return Bench(
        orchestrator,
        queue,
        MemoryWaker(),
        lambda: list(orchestrator.started),
        lambda: list(orchestrator.stopped),
        lambda: [(message.run, message.reason) for message in queue.take()],
    )


def moto() -> Bench:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    states: Any = boto3.client("stepfunctions", region_name=REGION, **keys)
    sqs: Any = boto3.client("sqs", region_name=REGION, **keys)
    url = sqs.create_queue(QueueName="tasks")["QueueUrl"]
    definition = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    machine = states.create_state_machine(
        name="run", definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/run"
    )["stateMachineArn"]

    def executions(status: str | None = None) -> list[str]:
        found = states.list_executions(stateMachineArn=machine)["executions"]
        return [each["name"] for each in found if status in (None, each["status"])]

    def sent() -> list[tuple[RunRef, str]]:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"]).get("Messages", [])
        assert all(message["Attributes"]["MessageGroupId"] == "acme" for message in messages)
        bodies = [json.loads(message["Body"]) for message in messages]
        return [(body["run"], body["reason"]) for body in bodies]

    return Bench(
        StepFunctionsOrchestrator(states, {"standard": machine, "express": machine}, {"http": "arn:http"}),
        SqsTaskQueue(sqs, url),
        StepFunctionsWaker(states),
        executions,
        lambda: executions("ABORTED"),
        sent,
    )


def test_starting_a_name_twice_starts_once(bench: Bench) -> None:
    first = bench.orchestrator.start("run-1", WORK, mode="standard")
    second = bench.orchestrator.start("run-1", WORK, mode="standard")

    assert first == second
    assert bench.started() == ["run-1"]


def test_a_started_execution_can_be_stopped_by_what_starting_gave_or_by_name(bench: Bench) -> None:
    by_answer = bench.orchestrator.start("run-1", WORK, mode="standard")
    bench.orchestrator.start("run-2", WORK, mode="standard")

    bench.orchestrator.stop(by_answer, cause="enough")
    bench.orchestrator.stop("run-2", cause="enough")

    assert sorted(bench.stopped()) == ["run-1", "run-2"]


def test_stopping_what_is_not_there_is_fine(bench: Bench) -> None:
    bench.orchestrator.stop("run-9", cause="enough")

    assert bench.stopped() == []


def test_what_is_sent_arrives_with_run_and_reason(bench: Bench) -> None:
    bench.queue.send(RUN, reason="requested")

    assert bench.sent() == [(RUN, "requested")]


def test_a_long_delay_is_cut_to_what_the_queue_can_hold_back(bench: Bench) -> None:
    bench.queue.send(RUN, reason="watch", delay_seconds=10_000)


def test_a_token_that_nobody_knows_is_fine(bench: Bench) -> None:
    bench.waker.wake("used-or-timed-out")
    bench.waker.wake("used-or-timed-out")


def test_the_arn_of_an_execution_follows_from_machine_and_name() -> None:
    machine = "arn:aws:states:eu-central-1:123456789012:stateMachine:heddle-dev-run"

    assert execution_arn(machine, "r") == "arn:aws:states:eu-central-1:123456789012:execution:heddle-dev-run:r"
