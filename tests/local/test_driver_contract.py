"""Step Functions brings every scenario of the driver contract to the same end as the in-process driver."""

from typing import Any

import pytest

from heddle_sdk import Client
from tests.contract.driver_scenarios import SCENARIOS, Scenario


@pytest.mark.parametrize("mode", ["express", "standard"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_scenario_comes_to_its_end(scenario: Scenario, mode: str, client: Client) -> None:
    workflow_id = client.workflows.ensure({**scenario.document, "name": f"contract {scenario.name}"})
    plan: dict[str, Any] = dict(client.workflows.validate(scenario.document).plan)
    if mode not in plan["modes"]:
        mode = "standard"

    run = client.runs.start(workflow_id, scenario.input, mode=mode).wait(90)

    skipped = {node.node_id for node in run.nodes if node.status == "skipped"}
    assert (run.status, run.mode) == (scenario.status, mode)
    assert skipped == scenario.skipped
    if scenario.status == "succeeded":
        assert run.resolve(run.output) == scenario.output
    if scenario.error_code is not None:
        assert run.error is not None
        assert run.error["code"] == scenario.error_code
