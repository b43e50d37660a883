"""The benchmarks measure what they say they measure; how fast it is, they say themselves."""

import itertools

import pytest

from benchmarks import analysis
from benchmarks.capacity import Capacity
from benchmarks.engine_overhead import check_history, plan, shapes
from benchmarks.first_events import first_events
from benchmarks.lines import POLICIES, Load, simulate
from benchmarks.makespan import GRAPHS, critical_path, document, in_process
from benchmarks.peers import side_by_side
from benchmarks.plugins import LOOP, expect_failure
from benchmarks.reservations import measure
from benchmarks.scale import weigh_run
from benchmarks.streaming import Readers
from benchmarks.token_server import token_server
from heddle.adapters.content.detect_language import detect_language
from heddle.adapters.content.read_content import read_content
from heddle.adapters.memory.spend import MemorySpend
from heddle.adapters.plugins.wasmtime_sandbox import WasmtimeSandbox
from heddle.application.content.analyze_bytes import AnalyzeBytes, Wanted
from heddle.domain.engine.compile import compile_workflow
from heddle.domain.plugins.limits import Limits
from heddle.domain.workflow.definition import parse_document
from tests.contract.aws import moto_clients
from tests.support.modules import ANSWER


def test_the_documents_of_the_analysis_benchmark_are_what_they_are_called_and_are_all_analysed() -> None:
    analyze = AnalyzeBytes(read_content, itertools.count().__next__, detect_language)

    for media_type, data in analysis.documents().values():
        found = analyze(data, Wanted(declared=media_type, seconds=1e6))
        assert (found["media_type"], found["errors"], found["language"]["code"]) == (media_type, [], "en")
        assert found["statistics"]["words"] > 20


def test_the_shapes_of_the_engine_benchmark_leave_a_whole_history() -> None:
    for nodes, edges in shapes().values():
        check_history(plan(nodes, edges))


def test_turns_are_taken_and_both_clocks_read() -> None:
    turns: list[str] = []
    figures = side_by_side(2, lambda: turns.append("a"), lambda: turns.append("b"))

    assert turns == ["a", "b", *("a" * 5 + "b" * 5) * 2]
    assert all(cpu >= 0 and wall > 0 for cpu, wall in figures)


def test_a_cold_function_is_asked_something_new_each_time_and_knows_every_store() -> None:
    with first_events() as events:
        first, second = events.of("engine/advance"), events.of("engine/advance")

    assert first is not None and second is not None
    assert first["run"]["id"] != second["run"]["id"]
    assert {"SPEND_TABLE", "REALTIME_TABLE"} <= set(events.environment)


def test_a_run_in_process_takes_no_less_than_its_critical_path() -> None:
    seconds, edges = {"a": 0.01, "b": 0.02, "c": 0.01}, [("a", "b"), ("a", "c")]

    assert critical_path(seconds, list(edges)) == pytest.approx(0.03)
    assert in_process(seconds, list(edges)) >= 0.03


def test_the_graphs_are_workflows_whose_nodes_are_all_functions() -> None:
    for name, (seconds, edges) in GRAPHS.items():
        compiled = compile_workflow(parse_document(document(name, seconds, edges, "127.0.0.1:1")))

        assert {node.host for node in compiled.nodes.values()} == {"function"}
        assert compiled.series_parallel == (name != "N")
        assert {(edge.source, edge.target) for edge in compiled.edges} == {(edge[0], edge[1]) for edge in edges}


def test_a_loop_that_came_to_an_end_would_be_no_measurement() -> None:
    sandbox = WasmtimeSandbox()

    expect_failure(sandbox, sandbox.compile(sandbox.assemble(LOOP)), Limits(fuel=1_000_000))

    with pytest.raises(AssertionError, match="came to an end"):
        expect_failure(sandbox, sandbox.compile(ANSWER), Limits())


def test_every_reader_of_the_streaming_benchmark_gets_the_whole_answer() -> None:
    with token_server(300) as url:
        readers = Readers(url, 300)

        for read in (readers.bare, readers.port, readers.live):
            read()

    assert 1 < readers.frames < 30


def test_the_benchmark_of_reservations_adds_up() -> None:
    store = MemorySpend()

    figures = measure(store, store, shards=8, callers=2, seconds=0.05)

    assert figures.calls > 0
    assert figures.median <= figures.slowest


def test_capacity_counts_units_of_items_transactions_and_indexes() -> None:
    with moto_clients() as clients:
        capacity, dynamo = Capacity(), clients("dynamodb")
        capacity.watch(dynamo)
        item = {"pk": {"S": "acme#x"}, "sk": {"S": "1"}, "gsi1pk": {"S": "acme#list"}, "gsi1sk": {"S": "1"}}
        large = item | {"sk": {"S": "2"}, "body": {"B": b"x" * 1500}}

        dynamo.put_item(TableName="runs", Item=item)
        dynamo.transact_write_items(TransactItems=[{"Put": {"TableName": "runs", "Item": large}}])
        dynamo.get_item(TableName="runs", Key={"pk": item["pk"], "sk": item["sk"]})

    assert capacity.units == {("runs", "acme#x"): 1 + 2 * 2, ("runs/gsi1", "acme#list"): 1 + 2}
    assert capacity.reads == 1


def test_a_run_is_weighed_with_everything_that_it_writes() -> None:
    run = weigh_run()

    assert set(run.units) == {"events", "runs", "runs/gsi1", "runs/gsi2"}
    assert run.keys["runs acme#slots"] == 8
    assert run.bytes > 10_000


def test_no_policy_loses_a_run_and_a_fair_queue_shields_those_who_ask_for_little() -> None:
    load = Load(tenants=50, rate=20, seconds=20, flood=2_000, flood_at=5, dispatched=200, carried=100, slots=20)
    found = {policy: simulate(policy, load) for policy in POLICIES}

    assert {(len(one.flood), len(one.others)) for one in found.values()} == {
        (2_000, len(list(load.arrivals())) - 2_000)
    }
    assert max(found["slots, fair queue"].others) < 1 < max(found["one queue"].others)
