"""Every driver brings every scenario to the same end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from heddle.testing.run_workflow import run_workflow
from tests.contract.driver_scenarios import SCENARIOS, Scenario


@dataclass(frozen=True)
class Ended:
    """What a driver tells of a run that is over."""

    status: str
    output: Any
    skipped: frozenset[str]
    error_code: str | None


class Driver(Protocol):
    """Runs a workflow document over an input to its end."""

    def __call__(self, document: Mapping[str, Any], input: Mapping[str, Any]) -> Ended: ...


def in_process(document: Mapping[str, Any], input: Mapping[str, Any]) -> Ended:
    run = run_workflow(document, dict(input))
    skipped = frozenset(node for node, status in run.statuses().items() if status == "skipped")
    return Ended(run.status, run.output, skipped, None if run.error is None else run.error["code"])


@pytest.fixture(params=[in_process], ids=["in process"])
def driver(request: pytest.FixtureRequest) -> Driver:
    driver: Driver = request.param
    return driver


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_driver_brings_the_scenario_to_its_end(driver: Driver, scenario: Scenario) -> None:
    ended = driver(scenario.document, scenario.input)

    assert ended == Ended(scenario.status, scenario.output, scenario.skipped, scenario.error_code)
