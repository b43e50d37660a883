"""A workflow as a tool: its run is asked for once, waited for within the tool's time, and its end is told."""

from dataclasses import replace
from typing import Any

import pytest

from heddle.application.agents.records import ToolOutcome
from heddle.application.agents.tools import ToolUse
from heddle.application.agents.workflow_tool import WorkflowTool
from heddle.application.ports.models import ToolSpec
from heddle.application.runs.register_callback import MAX_DEPTH
from heddle.domain.engine.expressions import evaluator
from heddle.domain.nodes.spec import NodeTask
from heddle.errors import HeddleError, InvalidInput, NotFound
from tests.support.graphs import cheap, plan_of
from tests.support.runs import TENANT, Stage

CHILD = plan_of([cheap("c", {"values": {"n": "{{ input.n }}"}})], outputs={"n": "{{ nodes.c.output.n }}"})
BROKEN = plan_of([cheap("c", {"values": {"n": "{{ input.missing }}"}})])
TASK = NodeTask(
    TENANT, "01JTESTRUN0000000000000001", "n", 1, "agent", {}, 60.0, "k", "c-1", principal="user:ada", run_budget="5"
)
USE = ToolUse({"n": 7}, 1, "c1", "key", 30.0)


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.save(CHILD, "child", mode="inline", schema={"type": "object", "required": ["n"]})
    stage.save(BROKEN, "broken", mode="inline")
    return stage


def tool(stage: Stage, workflow_id: str = "child", *, task: NodeTask = TASK, done_by: float = 1.0) -> WorkflowTool:
    """Return the tool; whoever waits lets the stage work once `done_by` seconds have passed."""
    began = stage.monotonic()

    def sleep(seconds: float) -> None:
        stage.sleep(seconds)
        if stage.monotonic() - began >= done_by:
            for sent in stage.queue.take():
                stage.dispatch(sent.run, reason="requested")

    spec = ToolSpec("ask", "asks", {"type": "object"})
    return WorkflowTool(
        spec, workflow_id, None, "{{ args }}", task, evaluator({}), stage.request, stage.events, stage.blobs,
        stage.monotonic, sleep,
    )  # fmt: skip


def called(stage: Stage, **fields: Any) -> ToolOutcome:
    return tool(stage, **fields).call(USE)


def test_the_model_gets_the_runs_output(stage: Stage) -> None:
    assert called(stage) == ToolOutcome({"n": 7})


def test_the_run_belongs_to_the_tree_of_the_agents_run(stage: Stage) -> None:
    called(stage, task=replace(TASK, depth=2, root_run_id="root"))

    (request,) = [
        event
        for stream in stage.events.streams(TENANT, "run")
        for event in stage.events.read(stream).events
        if event.type == "RunRequested"
    ]
    facts = request.data
    assert (facts["parent_run_id"], facts["parent_node_id"], facts["depth"]) == (TASK.run_id, "n", 3)
    assert (facts["root_run_id"], facts["requested_by"], facts["budget_usd"]) == ("root", "user:ada", "5")


def test_a_call_that_is_made_again_finds_the_run_of_the_first(stage: Stage) -> None:
    called(stage)
    called(stage)
    tool(stage).call(replace(USE, call_id="c2"))

    assert len(list(stage.events.streams(TENANT, "run"))) == 2


def test_a_run_that_fails_is_told_with_its_reason(stage: Stage) -> None:
    outcome = called(stage, workflow_id="broken")

    assert outcome.is_error
    assert outcome.result["error"] == "expression_undefined"


def test_a_run_that_takes_too_long_goes_on_without_being_waited_for(stage: Stage) -> None:
    outcome = called(stage, done_by=10_000)

    assert (outcome.is_error, outcome.result["error"]) == (True, "tool_timeout")
    assert stage.monotonic() < USE.seconds + tool(stage).monotonic()
    assert stage.state(outcome.result["run_id"]).status == "requested"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"workflow_id": "nowhere"}, NotFound),
        ({"task": replace(TASK, tenant="evil")}, NotFound),
        ({"task": replace(TASK, depth=MAX_DEPTH)}, HeddleError),
    ],
)
def test_what_cannot_be_run_is_an_error(stage: Stage, fields: Any, error: type[HeddleError]) -> None:
    with pytest.raises(error):
        called(stage, **fields)


def test_input_is_checked_as_everybody_elses(stage: Stage) -> None:
    with pytest.raises(InvalidInput):
        tool(stage).call(replace(USE, arguments={"m": 1}))
