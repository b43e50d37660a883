"""Step Functions brings every scenario to the same end as the in-process driver, and tells the same story of it."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from heddle.domain.engine.compile import compile_workflow
from heddle.domain.workflow.definition import parse_document
from heddle_sdk import Client
from heddle_sdk.runs import Run
from tests.contract.driver_scenarios import SCENARIOS, Scenario
from tests.contract.drivers import Ended, ended, in_process, input_of
from tests.local.conftest import wait_until
from tests.support.upstream import Upstream

AT_ONCE = 16
"""Runs under way at a time: they mostly wait, for each other's functions too."""
SECONDS = 120

CASES = [
    (scenario, mode)
    for scenario in SCENARIOS
    for mode in compile_workflow(parse_document(scenario.document)).modes
    if mode != "inline"
]
_IDS = [f"{scenario.name}, {mode}" for scenario, mode in CASES]

Runs = dict[tuple[str, str], "Future[Ended]"]


@pytest.fixture(scope="module")
def on_the_stage(stage: dict[str, str], upstream: Upstream) -> Iterator[Runs]:
    """Start every case at once; each test waits for its own."""
    with Client(stage["api_url"], api_key=stage["api_key"]) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        for children in (scenario.children for scenario in SCENARIOS):
            for workflow_id, document in children.items():
                assert client.workflows.ensure(document) == workflow_id
        yield {
            (scenario.name, mode): pool.submit(_to_its_end, client, scenario, mode, upstream)
            for scenario, mode in CASES
        }


def _to_its_end(client: Client, scenario: Scenario, mode: str, upstream: Upstream) -> Ended:
    document = {**scenario.document, "name": f"contract: {scenario.document['name']}"}
    workflow_id = client.workflows.ensure(document)
    input = input_of(scenario, upstream)
    for _ in range(2 if scenario.twice else 1):
        run = client.runs.start(workflow_id, input, mode=mode)
        for node, decision in scenario.decisions.items():
            if decision is not None:
                _decide(client, run, node, decision)
        run = run.wait(SECONDS)
    assert run.mode == mode
    events = ((event.type, event.data) for event in run.events())
    return ended(run.status, run.resolve(run.output), run.error, events)


def _decide(client: Client, run: Run, node: str, decision: str) -> None:
    name = f"{run.id}.{node}"
    wait_until(lambda: any(waiting.id == name for waiting in client.approvals.list()), 60, f"{name} waits")
    client.approvals.decide(name, decision)


@pytest.mark.parametrize(("scenario", "mode"), CASES, ids=_IDS)
def test_the_scenario_comes_to_the_same_end(
    scenario: Scenario, mode: str, on_the_stage: Runs, upstream: Upstream
) -> None:
    here, there = in_process(scenario, upstream), on_the_stage[scenario.name, mode].result()

    assert (there.status, there.output) == (scenario.status, scenario.output)
    assert there.skipped == scenario.skipped
    assert there.error_code == scenario.error_code
    assert dict(there.nodes) == dict(here.nodes)
    assert there.items == here.items
    assert there.run == here.run
