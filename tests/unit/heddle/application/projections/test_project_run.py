"""The projection of runs: order, gaps, repeats, counts and cost."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from heddle.adapters.memory.catalog import MemoryCatalogStore
from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.memory.runs import MemoryRunStore
from heddle.application.ports.catalog import VersionRow, WorkflowRow
from heddle.application.ports.events import NewEvent
from heddle.application.projections.project_run import ProjectRun
from heddle.application.projections.rebuild_runs import RebuildRuns, Rebuilt
from heddle.domain.events.codec import encode
from heddle.domain.events.envelope import Event, History, Metadata, StreamId
from heddle.domain.events.run_events import (
    NodeCompleted,
    NodeFailed,
    NodeItemsCompleted,
    NodeItemsPlanned,
    NodeScheduled,
    NodeSkipped,
    NodeWaiting,
    RunEvent,
    RunFailed,
    RunRequested,
    RunResumed,
    RunStarted,
    RunSucceeded,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STREAM = StreamId("acme", "run", "r")
STORY: list[RunEvent] = [
    RunRequested("w", 1, {}, "t0", labels={"a": "b"}),
    RunStarted("express", "why", "t1"),
    NodeScheduled("a", 1, "0", "t1"),
    NodeCompleted("a", 1, {"x": 1}, "t1", "t2", 5.0, usage={"cost_usd": "0.1", "input_tokens": 3}),
    NodeScheduled("b", 1, "0", "t2"),
    NodeFailed("b", 1, "http_status", "503", True, "t3", retry_in=1.0),
    NodeScheduled("b", 2, "0", "t4"),
    NodeCompleted("b", 2, 2, "t4", "t5", 5.0, usage={"cost_usd": "0.2"}),
    NodeSkipped("c", "branch", "t5"),
    RunSucceeded({"y": 2}, "t6", 60.0),
]


class Fixture:
    def __init__(self, story: list[RunEvent]) -> None:
        self.events, self.runs, self.catalog = MemoryEventStore(), MemoryRunStore(), MemoryCatalogStore()
        self.catalog.save_version(
            WorkflowRow("acme", "w", "W", "", 1, {}, NOW, NOW, "ada"),
            VersionRow("acme", "w", 1, {}, {"nodes": {"a": {}, "b": {}, "c": {}}}, NOW, "ada"),
            expected_version=0,
        )
        history = History(STREAM, ())
        for event in story:
            name, data = encode(event)
            commit = self.events.append(history, [NewEvent(name, data, NOW)], Metadata("c-1", None, "user:ada"))
            history = History(STREAM, (), commit.events[-1].version, commit.number, commit.hash)
        self.facts = self.events.read(STREAM).events
        self.project = ProjectRun(self.runs, self.events, self.catalog)

    def rows(self) -> Any:
        return self.runs.run("acme", "r"), self.runs.nodes("acme", "r")


def projected(story: list[RunEvent]) -> Fixture:
    made = Fixture(story)
    made.project(STREAM, made.facts)
    return made


def test_a_finished_run_is_summed_up() -> None:
    summary, nodes = projected(STORY).rows()

    assert (summary.status, summary.version, summary.mode, summary.duration_ms) == ("succeeded", 10, "express", 60.0)
    assert (summary.nodes_total, summary.nodes_done, summary.nodes_failed, summary.nodes_open) == (3, 3, 0, 0)
    assert (summary.cost_usd, summary.principal, summary.correlation_id) == ("0.3", "user:ada", "c-1")
    assert [(node.node_id, node.status, node.attempt) for node in nodes] == [
        ("a", "completed", 1),
        ("b", "completed", 2),
        ("c", "skipped", 0),
    ]


def test_event_by_event_gives_the_same_rows_as_all_at_once() -> None:
    one_by_one = Fixture(STORY)
    for event in one_by_one.facts:
        one_by_one.project(STREAM, [event])

    assert one_by_one.rows() == projected(STORY).rows()


def test_any_order_with_repeats_gives_the_same_rows() -> None:
    expected = projected(STORY).rows()
    for order in itertools.islice(itertools.permutations(range(10)), 0, None, 90_001):
        shuffled = Fixture(STORY)
        for index in (*order, *order[:3]):
            shuffled.project(STREAM, [shuffled.facts[index]])

        assert shuffled.rows() == expected


def test_what_was_applied_already_is_not_read_again() -> None:
    fixture = projected(STORY)
    fixture.events._streams.clear()

    assert fixture.project(STREAM, fixture.facts[:4]) == 10


def test_data_by_reference_are_read_from_the_stream() -> None:
    fixture = Fixture(STORY)
    ref = {"$ref": {"key": "acme/events/x", "sha256": "x", "bytes": 1}}
    thin: list[Event] = [replace(event, data=ref) for event in fixture.facts]

    fixture.project(STREAM, thin)

    assert fixture.rows() == projected(STORY).rows()


def test_someone_elses_write_in_between_is_noticed() -> None:
    fixture = Fixture(STORY)
    apply, once = fixture.runs.apply, iter([True])

    def racing(*arguments: Any, **named: Any) -> bool:
        if next(once, False):
            ProjectRun(fixture.runs, fixture.events, fixture.catalog)(STREAM, fixture.facts[:5])
        return apply(*arguments, **named)

    fixture.runs.apply = racing  # type: ignore[method-assign]
    fixture.project(STREAM, fixture.facts)

    assert fixture.rows() == projected(STORY).rows()


def test_a_run_with_only_waiting_nodes_waits() -> None:
    start = [*STORY[:2], NodeScheduled("a", 1, "0", "t"), NodeScheduled("b", 1, "1", "t")]
    waiting = [*start, NodeWaiting("a", 1, "approval", "t")]
    quiet = [*waiting, NodeCompleted("b", 1, 1, "t", "t", 1.0)]

    assert [projected(story).rows()[0].status for story in (start, waiting, quiet)] == ["running", "running", "waiting"]
    assert projected([*quiet, NodeCompleted("a", 1, 1, "t", "t", 1.0)]).rows()[0].status == "running"


def test_chunks_of_a_for_each_count_items_and_cost() -> None:
    story = [
        *STORY[:3],
        NodeItemsPlanned("a", 1, 5, 2, [], "t"),
        NodeItemsCompleted("a", 1, 0, 2, [], "t", {"cost_usd": "0.5"}),
        NodeItemsCompleted("a", 1, 2, 5, [], "t", {"cost_usd": "0.25"}),
        NodeCompleted("a", 1, [], "t", "t", 1.0),
    ]

    summary, (node,) = projected(story).rows()

    assert (node.items_total, node.items_done, node.usage) == (5, 5, {"cost_usd": "0.75"})
    assert summary.cost_usd == "0.75"


def test_a_node_tells_who_answered_and_the_summary_keeps_to_sums() -> None:
    one = {"provider": "openai", "model": "gpt-5", "cost_usd": "0.0000001"}
    other = {"provider": "anthropic", "model": "claude-haiku-4-5", "cost_usd": "0.0000002"}
    several = {"provider": "anthropic", "model": "x", "models": ["openai/gpt-5", "anthropic/x"], "cost_usd": "0"}
    start = [*STORY[:3], NodeItemsPlanned("a", 1, 2, 1, [], "t"), NodeItemsCompleted("a", 1, 0, 1, [], "t", one)]

    once = projected(start).rows()[1][0].usage
    twice = projected([*start, NodeItemsCompleted("a", 1, 1, 2, [], "t", other)]).rows()
    more = projected([*start, NodeItemsCompleted("a", 1, 1, 2, [], "t", several)]).rows()[1][0].usage

    assert once == one
    assert twice[1][0].usage == {
        **other,
        "cost_usd": "0.0000003",
        "models": ["openai/gpt-5", "anthropic/claude-haiku-4-5"],
    }
    assert twice[0].cost_usd == "0.0000003", "decimal text, never with an exponent"
    assert more["models"] == ["openai/gpt-5", "anthropic/x"]


def test_a_failed_run_that_is_resumed_is_open_again() -> None:
    failed = [
        *STORY[:3],
        NodeFailed("a", 1, "boom", "no", False, "t", handled="fail"),
        RunFailed("boom", "no", "t", 1.0),
    ]

    summary, (node,) = projected(failed).rows()
    resumed, _ = projected([*failed, RunResumed(("a",), "ada", "t"), NodeScheduled("a", 2, "0", "t")]).rows()

    assert (summary.status, summary.nodes_failed, summary.error["code"]) == ("failed", 1, "boom")
    assert node.error == {"code": "boom", "message": "no", "retryable": False, "handled": "fail"}
    assert (resumed.status, resumed.nodes_failed, resumed.error, resumed.ended_at) == ("running", 0, None, None)


def test_rebuilding_gives_the_same_rows_and_repairs_wrong_ones() -> None:
    fixture = projected(STORY)
    expected = fixture.rows()
    summary, nodes = expected
    wrong = [replace(node, status="nonsense") for node in nodes]
    fixture.runs.apply(replace(summary, cost_usd="99"), wrong, expected_position=summary.version)

    assert RebuildRuns(fixture.runs, fixture.events, fixture.catalog).tenant("acme") == Rebuilt(1)
    assert fixture.rows() == expected


def test_rebuilding_a_lost_table_finds_the_tenants_runs_in_the_event_store() -> None:
    fixture = projected(STORY)
    expected = fixture.rows()
    fixture.runs = MemoryRunStore()
    rebuild = RebuildRuns(fixture.runs, fixture.events, fixture.catalog)

    assert (rebuild.tenant("stranger").runs, rebuild.run("acme", "absent"), rebuild.tenant("acme").runs) == (
        0,
        False,
        1,
    )
    assert fixture.rows() == expected


def test_infrastructure_is_added_up_the_same_in_whatever_order_events_come() -> None:
    once, late = projected(STORY), Fixture(STORY)
    rebuilt = projected(STORY)
    RebuildRuns(rebuilt.runs, rebuilt.events, rebuilt.catalog).run("acme", "r")

    for fact in [*late.facts[::2], *late.facts[1::2], *late.facts]:
        late.project(STREAM, [fact])

    summary = once.rows()[0]
    assert summary.measured["commits"] == summary.measured["events"] == len(STORY)
    assert float(summary.infrastructure_usd) > 0
    assert late.rows()[0] == summary == rebuilt.rows()[0]


def test_rows_of_before_infrastructure_was_measured_are_still_read_and_grow() -> None:
    made = Fixture(STORY)
    made.project(STREAM, made.facts[:3])
    summary = made.runs.run("acme", "r")
    assert summary is not None
    old = replace(summary, measured={}, infrastructure_usd="0")
    made.runs.apply(old, [], expected_position=3)

    made.project(STREAM, made.facts)

    assert made.rows()[0].measured["commits"] == len(STORY) - 3
