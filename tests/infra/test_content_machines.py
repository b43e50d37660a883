"""The machines of documents are valid, and nothing that may be tried again is given up soon."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.static_analyser.static_analyser import StaticAnalyser

from infra.stacks.content import MACHINES

ROOT = Path(__file__).parents[2]
NAMES = ("ingest_document", "reembed_documents")


def machine(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((MACHINES / f"{name}.asl.json").read_text())
    return value


def substituted(name: str) -> str:
    text = json.dumps(machine(name)).replace("${Partition}", "aws")
    return re.sub(r"\$\{(\w+)}", r"arn:aws:lambda:eu-west-1:123456789012:function:\1", text)


@pytest.mark.parametrize("name", NAMES)
def test_the_machine_passes_both_validators(name: str, tmp_path: Path) -> None:
    file = tmp_path / "machine.asl.json"
    file.write_text(substituted(name))
    tool = "node_modules/asl-validator/dist/bin/asl-validator.js"
    command = [str(ROOT / ".venv/bin/node"), tool, "--json-path", str(file)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    StaticAnalyser().analyse(substituted(name))


@pytest.mark.parametrize("name", NAMES)
def test_every_task_has_a_timeout_a_retry_and_a_catch_for_everything(name: str) -> None:
    for state, task in machine(name)["States"].items():
        if task["Type"] == "Task":
            assert "TimeoutSeconds" in task, state
            assert all(retry["JitterStrategy"] == "FULL" for retry in task["Retry"]), state
            assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], state


@pytest.mark.parametrize("state", ["Store", "NoteFailure"])
def test_a_database_that_is_down_is_waited_for_at_least_two_hours(state: str) -> None:
    (retry,) = machine("ingest_document")["States"][state]["Retry"]

    # With full jitter each wait is half of its bound on average.
    bounds = [
        min(retry["IntervalSeconds"] * retry["BackoffRate"] ** n, retry["MaxDelaySeconds"])
        for n in range(retry["MaxAttempts"])
    ]

    assert "RetryableNodeError" in retry["ErrorEquals"]
    assert sum(bounds) / 2 >= 2 * 3600
