"""The derived state machines are valid, never leave a task unguarded, and differ only where they must."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from moto.stepfunctions.parser.asl.static_analyser.static_analyser import StaticAnalyser

from heddle.application.execution.settings import ExecutionSettings
from heddle.application.execution.step import Step
from infra.state_machine import FORK_LEVELS, PLACEHOLDERS, SOURCE, Variant, definition

ROOT = Path(__file__).parents[2]
VARIANTS: tuple[Variant, ...] = ("standard", "express")


def states_of(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states_of(state["ItemProcessor"])


def substituted(machine: dict[str, Any]) -> str:
    text = json.dumps(machine)
    text = text.replace("${Partition}", "aws")
    return re.sub(r"\$\{(\w+)}", r"arn:aws:lambda:eu-west-1:123456789012:function:\1", text)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_machine_passes_the_validator_of_asl(variant: Variant, tmp_path: Path) -> None:
    file = tmp_path / "machine.asl.json"
    file.write_text(substituted(definition(variant)))

    command = [
        str(ROOT / ".venv/bin/node"),
        "node_modules/asl-validator/dist/bin/asl-validator.js",
        "--json-path",
        str(file),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "is valid" in done.stdout


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_machine_passes_the_analyser_of_moto(variant: Variant) -> None:
    StaticAnalyser().analyse(substituted(definition(variant)))


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_task_has_a_timeout_a_retry_and_a_catch_for_everything(variant: Variant) -> None:
    tasks = [(name, state) for name, state in states_of(definition(variant)) if state["Type"] == "Task"]

    assert tasks
    for name, state in tasks:
        assert "TimeoutSeconds" in state, name
        assert all(retry["MaxAttempts"] <= 8 and retry["JitterStrategy"] == "FULL" for retry in state["Retry"]), name
        assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


@pytest.mark.parametrize("variant", VARIANTS)
def test_names_are_unique_across_levels_and_every_next_exists_on_its_own_level(variant: Variant) -> None:
    machine = definition(variant)
    names = [name for name, _ in states_of(machine)]

    assert len(names) == len(set(names))
    for processor in processors_of(machine):
        here = set(processor["States"])
        assert processor["StartAt"] in here
        for state in processor["States"].values():
            targets = {part[key] for part in parts_of(state) for key in ("Next", "Default") if key in part}
            assert targets <= here


def parts_of(state: dict[str, Any]) -> list[dict[str, Any]]:
    return [state, *state.get("Catch", []), *state.get("Choices", [])]


def processors_of(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield machine
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            yield from processors_of(state["ItemProcessor"])


def test_every_kind_of_step_has_a_route() -> None:
    kinds = set(get_args(Step.__annotations__["next"]))
    conditions = " ".join(rule["Condition"] for rule in definition("standard")["States"]["Route"]["Choices"])

    assert kinds == set(re.findall(r"'(\w+)'", conditions))


@pytest.mark.parametrize("variant", VARIANTS)
def test_forks_nest_three_deep(variant: Variant) -> None:
    forks = [name for name, state in states_of(definition(variant)) if state["Type"] == "Map"]

    assert forks == ["Fork", *(f"Fork{level}" for level in range(1, FORK_LEVELS))]


def test_the_engine_never_forks_deeper_than_the_machine_can() -> None:
    assert ExecutionSettings().inline_levels <= FORK_LEVELS


def test_express_neither_waits_for_the_outside_nor_starts_executions() -> None:
    resources = [state["Resource"] for _, state in states_of(definition("express")) if state["Type"] == "Task"]

    assert {resource.rpartition(":::")[2] for resource in resources} == {"lambda:invoke"}


def test_a_branch_never_fails_its_siblings() -> None:
    fork = definition("standard")["States"]["Fork"]["ItemProcessor"]

    assert not [name for name, state in states_of(fork) if state["Type"] == "Fail"]


def test_only_the_first_level_assigns_variables() -> None:
    fork = definition("standard")["States"]["Fork"]["ItemProcessor"]

    assert not [name for name, state in states_of(fork) for part in parts_of(state) if "Assign" in part]


@pytest.mark.parametrize("variant", VARIANTS)
def test_only_the_named_placeholders_are_left_to_substitute(variant: Variant) -> None:
    found = set(re.findall(r"\$\{(\w+)}", json.dumps(definition(variant))))

    assert found <= set(PLACEHOLDERS)


def test_of_our_own_errors_the_source_matches_two_at_most() -> None:
    matched = {
        error
        for _, state in states_of(json.loads(SOURCE.read_text()))
        for part in (*state.get("Retry", []), *state.get("Catch", []))
        for error in part["ErrorEquals"]
    }

    assert {error for error in matched if "." not in error} <= {"RetryableNodeError", "FatalNodeError"}
