"""Histories, forks and executions at their limits."""

import itertools
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from heddle.adapters.memory.catalog import MemoryCatalogStore
from heddle.application.execution.plans import CatalogPlans
from heddle.application.execution.settings import ExecutionSettings
from heddle.application.execution.settle import Outcome, settle_node
from heddle.application.ports.catalog import VersionRow, WorkflowRow
from heddle.domain.engine.evolve import replay
from heddle.domain.engine.plan_json import plan_to_json
from heddle.domain.engine.state import RunState
from heddle.domain.events.envelope import Metadata, StreamId
from heddle.domain.events.run_events import (
    NodeScheduled,
)
from heddle.errors import NotFound
from heddle.testing.run_workflow import Workbench, run_workflow
from tests.support.graphs import RetryPolicy, approval, cheap, plan_of, work
from tests.support.node_functions import echo, failing
from tests.support.runs import first_work

BY = Metadata("test")


def test_a_snapshot_and_the_tail_give_the_same_state_as_the_whole_history() -> None:
    plan = plan_of([cheap(f"n{i}") for i in range(80)], [(f"n{i}", f"n{i + 1}") for i in range(79)])
    bench = Workbench(plan, settings=ExecutionSettings(mode="inline", inline_levels=9, batch_events=30))
    run = bench.drive(bench.request())

    snapshot = bench.store.snapshot(StreamId("test", "run", "run-1"), schema=1)

    assert snapshot is not None
    state = RunState.from_json(snapshot.state)
    assert replay(plan, run.events[snapshot.version :], state) == run.state == replay(plan, run.events)


def test_forks_below_the_second_level_get_an_execution_of_their_own() -> None:
    edges: list[Any] = []
    for level in range(3):
        edges += [(f"f{level}", f"f{level + 1}"), (f"f{level}", f"x{level}")]
    names = {name for edge in edges for name in edge}
    bench = Workbench(plan_of([work(name) for name in sorted(names)], edges), runners={"work": echo})
    kernel = bench.runner(settings=ExecutionSettings(), hosted=frozenset())
    works = bench.runner(settings=ExecutionSettings())
    run = bench.request()

    step = kernel.step(first_work(run))
    for _ in range(2):
        step = works.step(step["work"])
        assert step["next"] == "fork"
        step = next(s for s in step["strands"] if s["work"]["node"].startswith("f"))
    child = works.step(step["work"])

    assert child["next"] == "child"
    assert child["work"]["strand"]["level"] == 0
    assert works.step(child["work"])["next"] == "fork"


def test_a_run_whose_execution_has_grown_long_goes_on_in_another() -> None:
    names = [f"n{i}" for i in range(12)]
    nodes = [work(name, function=f"f{i % 2}") for i, name in enumerate(names)]
    bench = Workbench(plan_of(nodes, list(itertools.pairwise(names))), runners={"work": echo})
    settings = ExecutionSettings(event_budget=420)
    kernels = {f"f{i}": bench.runner(settings=settings, hosted=frozenset({f"f{i}"})) for i in range(2)}
    run = bench.request()
    step = kernels["f0"].step({**first_work(run), "strand": {"id": "0", "until": None, "level": 0, "events_left": 420}})
    executions = []
    while step["next"] != "end":
        if step["next"] == "continue":
            executions.append(step["execution"])
            step = kernels["f0"].step(step["work"])
        else:
            assert step["next"] == "task"
            step = kernels[step["function"]].step(step["work"])

    assert bench.finished(run).status == "succeeded"
    assert executions == ["run-1.1"]


def test_a_fork_of_a_thousand_nodes_fits_into_one_step() -> None:
    nodes = [work(f"a_rather_long_name_of_a_node_{i}") for i in range(999)]
    plan = plan_of([cheap("s"), *nodes], [("s", node.id) for node in nodes])
    bench = Workbench(plan, runners={"work": echo})
    step = bench.runner(hosted=frozenset(), settings=ExecutionSettings()).step(first_work(bench.request()))

    assert step["next"] == "fork"
    assert len(json.dumps(step)) < 200_000
    assert run_workflow(plan, runners={"work": echo}).status == "succeeded"


def test_scheduling_names_the_attempt_once() -> None:
    run = run_workflow(
        plan_of([work("a", retry=RetryPolicy(3, "fixed", 0.0)), work("b")], [("a", "b")]),
        runners={"work": failing("flaky", 2)},
    )

    scheduled = [(event.node_id, event.attempt) for event in run.events if isinstance(event, NodeScheduled)]
    assert scheduled == [("a", 1), ("a", 2), ("a", 3), ("b", 1)]


def test_what_a_dead_strand_carried_is_taken_over_at_the_join() -> None:
    plan = plan_of([cheap("s"), work("a"), approval("b"), cheap("j")], [("s", "a"), ("s", "b"), ("a", "j"), ("b", "j")])
    bench = Workbench(plan, runners={"work": echo})
    run = bench.request()
    advance = bench.runner(hosted=frozenset(), settings=ExecutionSettings())
    fork = advance.step(first_work(run))
    task = next(step for step in fork["strands"] if step["next"] == "task")
    bench.runner().step(task["work"])

    again = advance.step(fork["work"])  # the other branch died without a word
    settle_node(bench.runner().log, "test", "run-1", "b", Outcome("yes"), now=bench.now(), metadata=BY)
    end = advance.step(again["work"])

    assert again["next"] == "callback"
    assert end == {"next": "end"}
    assert bench.finished(run).status == "succeeded"


def test_a_plan_is_read_from_the_catalogue_once() -> None:
    plan, at = plan_of([cheap("a")]), datetime(2026, 1, 1, tzinfo=UTC)
    catalog = MemoryCatalogStore()
    row = WorkflowRow("t", "w", "w", "", 1, {}, at, at, "me")
    version = VersionRow("t", "w", 1, {}, plan_to_json(plan), at, "me")
    catalog.save_version(row, version, expected_version=0)
    plans = CatalogPlans(catalog)

    first = plans.plan("t", "w", 1)

    assert first == plan
    assert plans.plan("t", "w", 1) is first
    with pytest.raises(NotFound):
        plans.plan("other", "w", 1)
