"""What an Orchestrator, a TaskQueue and a Waker promise."""

from heddle.adapters.aws.orchestrator import execution_arn
from heddle.application.execution.step import RunRef, Work
from tests.contract.benches import ExecutionBench

RUN: RunRef = {"tenant": "acme", "id": "01JTESTRUN0000000000000001", "correlation_id": "c-1"}
WORK: Work = {"run": RUN, "strand": {"id": "0", "until": None, "level": 0, "events_left": 9}, "do": "start"}


def test_starting_a_name_twice_starts_once(executions: ExecutionBench) -> None:
    first = executions.orchestrator.start("run-1", WORK, mode="standard")
    second = executions.orchestrator.start("run-1", WORK, mode="standard")

    assert first == second
    assert executions.started() == ["run-1"]


def test_a_started_execution_can_be_stopped_by_what_starting_gave_or_by_name(executions: ExecutionBench) -> None:
    by_answer = executions.orchestrator.start("run-1", WORK, mode="standard")
    executions.orchestrator.start("run-2", WORK, mode="standard")

    executions.orchestrator.stop(by_answer, cause="enough")
    executions.orchestrator.stop("run-2", cause="enough")

    assert sorted(executions.stopped()) == ["run-1", "run-2"]


def test_an_execution_runs_until_it_is_stopped_and_one_that_never_was_is_neither(executions: ExecutionBench) -> None:
    arn = executions.orchestrator.start("run-1", WORK, mode="standard")

    assert executions.orchestrator.is_running("run-1") is True
    executions.orchestrator.stop("run-1", cause="enough")

    assert executions.orchestrator.is_running(arn) is False
    assert executions.orchestrator.is_running("run-2") is None


def test_stopping_what_is_not_there_is_fine(executions: ExecutionBench) -> None:
    executions.orchestrator.stop("run-9", cause="enough")

    assert executions.stopped() == []


def test_what_is_sent_arrives_with_run_and_reason(executions: ExecutionBench) -> None:
    executions.queue.send(RUN, reason="requested")

    assert executions.sent() == [(RUN, "requested")]


def test_each_priority_comes_in_by_a_queue_of_its_own(executions: ExecutionBench) -> None:
    executions.queue.send(RUN, reason="later", priority="low")
    executions.queue.send(RUN, reason="now", priority="high")

    assert executions.sent("high") == [(RUN, "now")]
    assert executions.sent() == []
    assert executions.sent("low") == [(RUN, "later")]


def test_a_long_delay_is_cut_to_what_the_queue_can_hold_back(executions: ExecutionBench) -> None:
    executions.queue.send(RUN, reason="watch", delay_seconds=10_000)


def test_a_token_that_nobody_knows_is_fine(executions: ExecutionBench) -> None:
    executions.waker.wake("used-or-timed-out")
    executions.waker.wake("used-or-timed-out")


def test_the_arn_of_an_execution_follows_from_machine_and_name() -> None:
    machine = "arn:aws:states:eu-central-1:123456789012:stateMachine:heddle-dev-run"

    assert execution_arn(machine, "r") == "arn:aws:states:eu-central-1:123456789012:execution:heddle-dev-run:r"
