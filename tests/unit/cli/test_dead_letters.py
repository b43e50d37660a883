"""`heddle dead-letters` over a whole stage in this process."""

import json

import pytest

from heddle.application.ports.task_letters import TaskLetter
from heddle.testing.api import ApiStage
from heddle_sdk import Client
from tests.unit.cli.conftest import Command


@pytest.fixture(autouse=True)
def connected(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heddle_cli.commands.dead_letters.connect", lambda stage, key: client)


def keep(stage: ApiStage, number: int) -> None:
    message = {"run": {"tenant": "acme", "id": f"run-{number}", "correlation_id": "c"}, "reason": "requested"}
    at = stage.now().isoformat()
    letter = TaskLetter(f"m-{number}", "acme", "run", f"run-{number}", "conflict", "why not", 5, at, message)
    stage.ports.task_letters.keep(letter)


def test_letters_are_listed_with_their_reasons(heddle: Command, whole_stage: ApiStage) -> None:
    assert "no dead letters" in heddle("dead-letters", "list").stdout
    keep(whole_stage, 1)

    table = heddle("dead-letters", "list").stdout
    listed = json.loads(heddle("dead-letters", "list", "--json").stdout)

    assert "m-1" in table and "why not" in table
    assert [(each["run_id"], each["code"]) for each in listed] == [("run-1", "conflict")]
    assert json.loads(heddle("dead-letters", "show", "m-1").stdout)["message"]["reason"] == "requested"


def test_one_or_all_are_sent_again(heddle: Command, whole_stage: ApiStage) -> None:
    for number in range(3):
        keep(whole_stage, number)

    one = heddle("dead-letters", "redrive", "m-1")
    rest = heddle("dead-letters", "redrive", "--all", "--json")

    assert "1 message sent again: run run-1" in one.stdout
    assert json.loads(rest.stdout) == {"redriven": 2}
    assert len(whole_stage.ports.queue.again) == 3


def test_it_asks_which(heddle: Command, whole_stage: ApiStage) -> None:
    keep(whole_stage, 1)

    assert heddle("dead-letters", "redrive").exit_code != 0
    assert heddle("dead-letters", "redrive", "m-1", "--all").exit_code != 0
    assert whole_stage.ports.queue.again == []


def test_a_letter_is_deleted(heddle: Command, whole_stage: ApiStage) -> None:
    keep(whole_stage, 1)

    assert "deleted m-1" in heddle("dead-letters", "delete", "m-1").stdout
    assert json.loads(heddle("dead-letters", "list", "--json").stdout) == []
