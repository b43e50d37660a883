"""The task queue on the real stage: a burst of starts, priorities, and limits that change while it works."""

import json
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from heddle_sdk import Client
from heddle_sdk.runs import Run
from tests.local.backstage import Backstage
from tests.local.conftest import Cli, wait_until

BURST = 200
GREETING = {
    "name": "burst",
    "input": {"type": "object", "properties": {"number": {"type": "integer"}}},
    "nodes": [{"id": "hi", "type": "template", "config": {"template": "run {{ input.number }}"}}],
    "outputs": {"text": "{{ nodes.hi.output.text }}"},
}
PRIORITIES = ("high", "normal", "low")


def test_a_burst_of_starts_is_neither_lost_nor_doubled(client: Client, backstage: Backstage) -> None:
    workflow = client.workflows.ensure(GREETING)

    def start(number: int) -> Run:
        return client.runs.start(workflow, {"number": number}, priority=PRIORITIES[number % len(PRIORITIES)])

    with ThreadPoolExecutor(16) as pool:
        runs = list(pool.map(start, range(BURST)))
        ended = list(pool.map(lambda run: run.wait(240), runs))

    assert len({run.id for run in runs}) == BURST
    assert Counter(run.status for run in ended) == {"succeeded": BURST}
    assert [run.output for run in ended] == [{"text": f"run {number}"} for number in range(BURST)]
    assert {run.priority for run in ended} == set(PRIORITIES)
    wait_until(partial(is_empty, backstage, "TaskQueueUrl"), 60, "the queue is empty")
    assert {letter.run_id for letter in client.dead_letters.list()}.isdisjoint(run.id for run in runs)


def test_limits_are_changed_while_the_stage_works(heddle: Cli, backstage: Backstage) -> None:
    tenant = f"limited-{uuid.uuid4().hex[:8]}"

    changed = heddle.json("limits", "set", "concurrent_runs=3", "starts_per_second=0.5", "--tenant", tenant)
    refused = heddle("limits", "set", "concurrent_runs=0", "--tenant", tenant, check=False)
    unset = heddle.json("limits", "set", "concurrent_runs=", "--tenant", tenant)

    assert changed["tenants"][tenant] == {"concurrent_runs": 3, "starts_per_second": 0.5}
    assert refused.returncode != 0 and "concurrent_runs" in refused.stderr
    assert unset["tenants"][tenant] == {"starts_per_second": 0.5}
    assert served(backstage) == heddle.json("limits", "show") == unset


def test_a_tenant_sees_its_own_limits_and_what_is_in_use(heddle: Cli, client: Client) -> None:
    shown = heddle.json("limits")

    with client.realtime() as live:
        live.subscribe("anything")
        in_use = client.limits().in_use

    assert shown["limits"]["concurrent_runs"] >= 1
    assert set(shown["in_use"]) == {"concurrent_runs", "connections"}
    assert in_use["connections"] >= 1


def is_empty(backstage: Backstage, url: str) -> bool:
    """Tell whether nothing lies in the queue that this output names."""
    return backstage.letters(backstage.outputs[url]) == 0


def served(backstage: Backstage) -> Any:
    """Return what a function would be given now."""
    application, environment, profile = backstage.outputs["LimitsProfile"].split("/")
    data = backstage.client("appconfigdata")
    token = data.start_configuration_session(
        ApplicationIdentifier=application,
        EnvironmentIdentifier=environment,
        ConfigurationProfileIdentifier=profile,
    )["InitialConfigurationToken"]
    return json.loads(data.get_latest_configuration(ConfigurationToken=token)["Configuration"].read())
