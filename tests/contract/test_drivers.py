"""The in-process driver brings every scenario to the end that every driver must come to.

tests/local/test_drivers.py holds Step Functions to the same.
"""

from collections.abc import Iterator

import pytest

from tests.contract.driver_scenarios import SCENARIOS, Scenario
from tests.contract.drivers import in_process
from tests.support.upstream import Upstream, serving


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with serving() as server:
        yield server


def test_every_scenario_has_a_name_of_its_own() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)
    assert len({scenario.document["name"] for scenario in SCENARIOS}) == len(SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_scenario_comes_to_its_end_in_process(scenario: Scenario, upstream: Upstream) -> None:
    ended = in_process(scenario, upstream)

    found = (ended.status, ended.output, ended.skipped, ended.error_code)
    assert found == (scenario.status, scenario.output, scenario.skipped, scenario.error_code)
