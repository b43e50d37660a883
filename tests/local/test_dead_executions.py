"""A run outlives the execution that carries it."""

import json
from typing import Any

from heddle_sdk import Client
from heddle_sdk.runs import Run
from tests.local.backstage import Backstage
from tests.local.conftest import Cli, wait_until

DOCUMENT = {
    "name": "outlives its execution",
    "nodes": [
        {"id": "ask", "type": "approval", "config": {"message": "go on?"}},
        {
            "id": "done",
            "type": "set",
            "config": {"values": {"by": "{{ nodes.ask.output.decision }}"}},
            "after": ["ask"],
        },
    ],
    "outputs": {"by": "{{ nodes.done.output.by }}"},
}


def execution_arn(stage: Backstage, name: str) -> str:
    return stage.outputs["StandardStateMachineArn"].replace(":stateMachine:", ":execution:") + f":{name}"


def tell_of_death(stage: Backstage, arn: str) -> None:
    """Put Step Functions' event into the task queue once more: it may come late, and twice."""
    found: dict[str, Any] = stage.client("stepfunctions").describe_execution(executionArn=arn)
    detail = {name: found[name] for name in ("executionArn", "stateMachineArn", "name", "status", "input")}
    event = {"source": "aws.states", "detail-type": "Step Functions Execution Status Change", "detail": detail}
    stage.client("sqs").send_message(QueueUrl=stage.outputs["TaskQueueUrl"], MessageBody=json.dumps(event))


def asking(client: Client) -> Run:
    """Return a run that waits for a decision."""
    run = client.runs.start(client.workflows.ensure(DOCUMENT))
    wait_until(lambda: any(each.id == f"{run.id}.ask" for each in client.approvals.list()), 30, "the run asks")
    return run


def test_a_run_whose_execution_was_stopped_by_hand_goes_on_in_another(client: Client, heddle: Cli) -> None:
    stage = Backstage(heddle.home)
    run = asking(client)
    arn = execution_arn(stage, run.id)

    stage.client("stepfunctions").stop_execution(executionArn=arn)
    wait_until(lambda: f"{run.id}.w1" in stage.executions(run.id), 30, "another execution carries the run")
    tell_of_death(stage, arn)
    client.approvals.decide(f"{run.id}.ask", "approve")

    ended = run.wait(60)
    assert (ended.status, ended.output) == ("succeeded", {"by": "approve"})
    assert set(stage.executions(run.id)) == {run.id, f"{run.id}.w1"}


def test_a_cancelled_run_is_not_revived_by_the_end_of_its_execution(client: Client, heddle: Cli) -> None:
    stage = Backstage(heddle.home)
    run = asking(client)
    run.cancel()
    wait_until(lambda: stage.executions(run.id)[run.id] != "RUNNING", 30, "its execution has ended")

    tell_of_death(stage, execution_arn(stage, run.id))
    other = client.runs.start(client.workflows.ensure(DOCUMENT))  # comes out of the same queue
    wait_until(lambda: stage.executions(other.id), 30, "the queue has been read")

    assert run.reload().status == "cancelled"
    assert set(stage.executions(run.id)) == {run.id}
    other.cancel()
