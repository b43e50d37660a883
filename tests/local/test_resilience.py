"""Functions that are killed, deliveries that come twice, writers at the same moment: the run ends, nothing twice."""

import json
import os
import secrets
import signal
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from heddle_sdk import Client
from heddle_sdk.errors import Conflict
from tests.local.backstage import Backstage, Neighbour, at_once, call, chain, event_types, neighbour, statuses
from tests.local.conftest import Cli, wait_until


@pytest.fixture(scope="module")
def server(backstage: Backstage) -> Iterator[Neighbour]:
    with neighbour() as server, backstage.environment("nodes/http", HTTP_ALLOWED_HOSTS=server.address):
        yield server


@pytest.fixture
def name() -> str:
    """Return a name for this test's requests alone."""
    return secrets.token_hex(4)


def kill(backstage: Backstage, function: str) -> None:
    """Kill every process of a function, as hard as can be."""
    processes = backstage.processes(function)
    assert processes, f"no process of {function}"
    for process in processes:
        os.kill(process, signal.SIGKILL)


def test_a_get_whose_function_is_killed_is_made_again_and_what_was_done_is_not(
    client: Client, backstage: Backstage, server: Neighbour, name: str
) -> None:
    document = chain(server, name, call("middle", server.url(f"/slow/{name}")))
    run = client.runs.start(client.workflows.ensure(document))
    server.asked(f"/slow/{name}")

    kill(backstage, "nodes/http")
    wait_until(lambda: server.count(f"/slow/{name}") == 2, 30, "another function does it")
    kill(backstage, "nodes/http")
    wait_until(lambda: server.count(f"/slow/{name}") == 3, 30, "and another one")
    server.open(name)
    run = run.wait(60)

    assert (run.status, run.output) == ("succeeded", {"behind": f"behind-{name}"}), run.error
    assert server.count(f"/slow/{name}") == 3
    assert (server.count(f"/echo/before-{name}"), server.count(f"/echo/behind-{name}")) == (1, 1)
    lost = next(event for event in run.events() if event.type == "NodeFailed")
    assert (lost.data["node_id"], lost.data["handled"]) == ("middle", "lost")


def test_a_post_whose_function_is_killed_is_not_sent_twice(
    client: Client, backstage: Backstage, server: Neighbour, name: str
) -> None:
    document = chain(server, name, call("middle", server.url(f"/slow/{name}"), "POST"))
    run = client.runs.start(client.workflows.ensure(document))
    server.asked(f"/slow/{name}")

    kill(backstage, "nodes/http")
    server.open(name)
    run = run.wait(60)

    assert (run.status, run.error and run.error["code"]) == ("failed", "node_interrupted")
    assert statuses(run) == {"before": "completed", "middle": "failed"}
    assert server.count(f"/slow/{name}") == 1
    assert server.count(f"/echo/behind-{name}") == 0

    again = run.resume().wait(60)  # now it is the user who says so

    assert again.status == "succeeded"
    assert (server.count(f"/slow/{name}"), server.count(f"/echo/before-{name}")) == (2, 1)


def engines_besides(backstage: Backstage, killed: set[int]) -> set[int]:
    return set(backstage.processes("engine/advance")) - killed


def test_an_engine_that_is_killed_again_and_again_loses_nothing(
    client: Client, backstage: Backstage, server: Neighbour, name: str
) -> None:
    # Half a second's work for the function that decides, before and between calls that must be made once.
    numbers = {"items": "{{ range(30000) | list }}"}
    think = {"type": "transform", "for_each": numbers, "config": {"value": "{{ item }}"}}
    document = chain(server, name, {"id": "middle", **think})
    document["nodes"][0]["after"] = ["think"]
    document["nodes"].append({"id": "think", **think})
    run = client.runs.start(client.workflows.ensure(document), mode="standard")
    wait_until(lambda: backstage.executions(run.id), 30, "the execution has started")

    killed: set[int] = set()
    for _ in range(3):
        fresh = wait_until(partial(engines_besides, backstage, killed), 30, "an engine to kill")
        for process in fresh:
            os.kill(process, signal.SIGKILL)
        killed |= fresh
    run = run.wait(90)

    assert (run.status, run.output) == ("succeeded", {"behind": f"behind-{name}"}), run.error
    assert backstage.executions(run.id) == {run.id: "SUCCEEDED"}
    assert (server.count(f"/echo/before-{name}"), server.count(f"/echo/behind-{name}")) == (1, 1)


def test_a_run_whose_execution_dies_is_taken_up_by_another(
    client: Client, backstage: Backstage, server: Neighbour, name: str
) -> None:
    document = chain(server, name, call("middle", server.url(f"/slow/{name}")))
    run = client.runs.start(client.workflows.ensure(document), mode="standard")
    server.asked(f"/slow/{name}")
    machine = backstage.outputs["StandardStateMachineArn"]
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{run.id}"
    steps = backstage.client("stepfunctions")

    steps.stop_execution(executionArn=execution, error="Test", cause="as an operator might by mistake")
    kill(backstage, "nodes/http")
    died = {  # what Step Functions puts on the default bus then, and the emulator does not
        "executionArn": execution,
        "stateMachineArn": machine,
        "name": run.id,
        "status": "ABORTED",
        "input": steps.describe_execution(executionArn=execution)["input"],
    }
    entry = {"Source": "aws.states", "DetailType": "Step Functions Execution Status Change", "Detail": json.dumps(died)}
    backstage.client("events").put_events(Entries=[entry, entry])
    wait_until(lambda: server.count(f"/slow/{name}") == 2, 30, "another function does it")
    server.open(name)
    run = run.wait(60)

    assert (run.status, run.output) == ("succeeded", {"behind": f"behind-{name}"}), run.error
    assert (server.count(f"/echo/before-{name}"), server.count(f"/echo/behind-{name}")) == (1, 1)
    assert backstage.executions(run.id) == {run.id: "ABORTED", f"{run.id}.w1": "SUCCEEDED"}


def test_of_two_decisions_at_the_same_moment_one_wins_and_the_other_learns_which(client: Client) -> None:
    document = {
        "name": "Two deciders",
        "nodes": [
            {"id": "ask", "type": "approval", "config": {"message": "Go on?"}},
            {"id": "done", "type": "set", "after": ["ask"], "config": {"values": {"was": "{{ nodes.ask.output }}"}}},
        ],
        "outputs": {"was": "{{ nodes.done.output.was }}"},
    }
    run = client.runs.start(client.workflows.ensure(document))
    wait_until(lambda: run.reload().status == "waiting", 30, "the run waits")

    def decide(decision: str) -> Any:
        return lambda: client.approvals.decide(f"{run.id}.ask", decision, f"by {decision}")

    answers = at_once(*(decide(decision) for decision in ("approve", "reject") * 3))
    run = run.wait(30)

    won = [answer for answer in answers if isinstance(answer, dict)]
    lost = [answer for answer in answers if isinstance(answer, Conflict)]
    assert (len(won), len(lost)) == (1, 5), answers
    assert {error.code for error in lost} == {"approval_decided"}
    assert all(won[0]["decision"] in str(error) for error in lost)
    assert (run.status, run.output["was"]["decision"]) == ("succeeded", won[0]["decision"])
    assert event_types(run).count("NodeCompleted") == 2


def test_branches_that_end_at_the_same_moment_are_all_kept(client: Client, server: Neighbour, name: str) -> None:
    branches = [f"b{number}" for number in range(8)]
    document = {
        "name": "All at once",
        "nodes": [
            *(call(branch, server.url(f"/slow/{name}") + f"?{branch}") for branch in branches),
            {"id": "join", "type": "set", "after": branches, "config": {"values": {"x": 1}}},
        ],
        "outputs": {branch: f"{{{{ nodes.{branch}.output.status }}}}" for branch in branches},
    }
    run = client.runs.start(client.workflows.ensure(document))
    wait_until(lambda: len(server.paths(f"/slow/{name}")) == 8, 60, "all branches are at work")

    for branch in branches:
        server.open(f"{name}?{branch}")
    run = run.wait(60)

    assert (run.status, run.output) == ("succeeded", dict.fromkeys(branches, 200)), run.error
    assert len(server.paths(f"/slow/{name}")) == 8
    events = list(run.events())
    assert [event.version for event in events] == list(range(1, len(events) + 1))
    assert sum(event.type == "NodeScheduled" and event.data["node_id"] == "join" for event in events) == 1


def test_a_start_that_is_delivered_again_starts_nothing_again(
    client: Client, heddle: Cli, backstage: Backstage, server: Neighbour, name: str
) -> None:
    document = chain(server, name, call("middle", server.url(f"/slow/{name}")))
    run = client.runs.start(client.workflows.ensure(document), mode="standard")
    server.asked(f"/slow/{name}")
    sqs, queue = backstage.client("sqs"), backstage.outputs["TaskQueueUrl"]

    def deliver(time: str) -> None:
        """Deliver the start once more, and wait until it was handled."""
        reference = {"tenant": "demo", "id": run.id, "correlation_id": f"{time}-{name}"}
        body = json.dumps({"run": reference, "reason": "requested"})
        sqs.send_message(QueueUrl=queue, MessageBody=body, MessageGroupId="demo")
        find = ("logs", "dispatch_run", "--correlation-id", f"{time}-{name}")
        wait_until(lambda: "record" in heddle(*find).stdout, 30, "the message is handled")

    deliver("second")
    deliver("third")
    server.open(name)
    run = run.wait(60)
    deliver("late")

    assert run.status == "succeeded"
    assert backstage.executions(run.id) == {run.id: "SUCCEEDED"}
    assert [server.count(path) for path in (f"/echo/before-{name}", f"/slow/{name}", f"/echo/behind-{name}")] == [1] * 3
    assert run.reload().raw["events_version"] == run.raw["events_version"]


def test_tasks_that_nobody_could_handle_say_why_and_are_brought_back(
    client: Client, heddle: Cli, backstage: Backstage, server: Neighbour, name: str
) -> None:
    workflow = client.workflows.ensure(chain(server, name, call("middle", server.url(f"/echo/middle-{name}"))))

    unread = backstage.letters(backstage.outputs["TaskDeadLettersUrl"])

    def letters() -> list[dict[str, Any]]:
        return [letter for letter in heddle.json("dead-letters", "list") if letter["run_id"] == run.id]

    with (
        backstage.attributes(backstage.outputs["TaskQueueUrl"], VisibilityTimeout="0"),
        backstage.environment("queue/dispatch_run", EVENT_TABLE="a-table-that-is-gone"),
    ):
        run = client.runs.start(workflow, mode="standard")
        wait_until(lambda: len(letters()) == 1, 60, "the task is among the dead letters")
        wait_until(lambda: backstage.letters(backstage.outputs["DeadTasksUrl"]) == 0, 60, "it was read")
    assert backstage.letters(backstage.outputs["TaskDeadLettersUrl"]) == unread, "operators have nothing to do with it"
    assert run.reload().status == "queued"
    (letter,) = letters()
    sent = heddle.json("dead-letters", "redrive", letter["id"])

    assert letter["attempts"] == 5 and letter["code"] and letter["reason"]
    assert sent == {"redriven": 1}
    assert run.wait(60).status == "succeeded"
    assert letters() == []
    assert server.count(f"/echo/before-{name}") == 1
