"""dispatch_run and release_run: one bad record never holds the others up."""

import pytest

from functions.queue.dispatch_run import handler as dispatch_run
from functions.queue.release_run import handler as release_run
from tests.support.graphs import plan_of, work
from tests.support.lambdas import Context, LogLines, sample
from tests.support.runs import TENANT, Stage


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage()
    stage.save(plan_of([work("a")]))
    monkeypatch.setattr(dispatch_run, "dispatch_run", lambda: stage.dispatch)
    monkeypatch.setattr(release_run, "release_run", lambda: stage.release)
    return stage


def test_good_records_are_done_and_bad_ones_come_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    run = stage.start()
    event = sample("task_queue")
    log = LogLines(monkeypatch)
    event["Records"].append({"messageId": "garbled", "body": "{"})

    answer = dispatch_run.lambda_handler(event, Context())

    lines = log.read()
    assert list(stage.orchestrator.started) == [run["id"]]
    assert answer == {
        "batchItemFailures": [
            {"itemIdentifier": "2e1424d4-f796-459a-8184-9c92662be6da"},
            {"itemIdentifier": "garbled"},
        ]
    }
    assert [line["level"] for line in lines] == ["INFO", "WARNING", "ERROR"]
    assert lines[0]["run_id"] == run["id"]
    assert "run_id" not in lines[2]


def test_an_ended_run_gives_its_slot_back(stage: Stage) -> None:
    run = stage.start()
    dispatch_run.lambda_handler(sample("task_queue"), Context())
    stage.cancel(TENANT, run["id"], reason="enough", principal="user:1", correlation_id="c-1")

    answer = release_run.lambda_handler(sample("run_ended"), Context())

    assert answer == {"batchItemFailures": []}
    assert stage.slots.acquire(TENANT, "another", limit=1)


def test_a_run_whose_execution_died_is_taken_up_by_another(stage: Stage) -> None:
    run = stage.start()
    dispatch_run.lambda_handler(sample("task_queue"), Context())
    stage.begin(run)
    stage.orchestrator.stop(run["id"], cause="somebody stopped it")

    answer = dispatch_run.lambda_handler(sample("execution_died"), Context())

    assert answer == {"batchItemFailures": []}
    assert list(stage.orchestrator.started) == [run["id"], f"{run['id']}.w1"]
