"""A node over many items: in order, so many at a time, kept item by item."""

import threading

import pytest

from heddle.domain.engine.commands import ResumeRun
from heddle.domain.events.envelope import Metadata
from heddle.domain.events.run_events import (
    NodeItemsCompleted,
)
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import NodeError
from heddle.testing.run_workflow import Workbench, run_workflow
from heddle.testing.virtual_time import VirtualTime
from tests.support.graphs import ForEach, cheap, plan_of, work
from tests.support.node_functions import echo

BY = Metadata("test")


@pytest.mark.parametrize("host", ["function", "engine"])
def test_the_results_of_ten_thousand_items_come_in_order(host: str) -> None:
    each = ForEach("{{ input.items }}", 100)
    if host == "function":
        node = work("a", for_each=each, config={"n": "{{ item * 2 }}", "i": "{{ index }}"})
    else:
        node = cheap("a", {"values": {"n": "{{ item * 2 }}", "i": "{{ index }}"}}, for_each=each)

    bench = Workbench(plan_of([node]), runners={"work": echo})
    run = bench.drive(bench.request({"items": list(range(10_000))}))

    assert run.status == "succeeded"
    output = bench.runner().payloads({"tenant": "test", "id": "run-1", "correlation_id": ""}).load(run.output_of("a"))
    assert output == [{"n": 2 * i, "i": i} for i in range(10_000)]
    assert sum(isinstance(event, NodeItemsCompleted) for event in run.events) <= 400


def test_no_more_items_run_at_a_time_than_asked_for() -> None:
    lock, now, most = threading.Lock(), [0], [0]
    time = VirtualTime()

    def run_item(task: NodeTask) -> NodeResult:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(1)
        with lock:
            now[0] -= 1
        return NodeResult(task.item_index)

    node = work("a", for_each=ForEach("{{ input.items }}", 3))
    run = run_workflow(plan_of([node]), {"items": [0] * 12}, runners={"work": run_item}, time=time)

    assert run.output_of("a") == list(range(12))
    assert (most[0], round(time.monotonic())) == (3, 4)


def test_an_empty_list_of_items_is_done_at_once() -> None:
    run = run_workflow(plan_of([work("a", for_each=ForEach("{{ input.items }}"))]), {"items": []})

    assert run.output_of("a") == []


def test_items_that_are_no_list_fail_the_node() -> None:
    run = run_workflow(plan_of([work("a", for_each=ForEach("{{ input.items }}"))]), {"items": 3})

    assert run.error is not None
    assert run.error["code"] == "items_not_a_list"


def _odd_fails(task: NodeTask) -> NodeResult:
    if task.item_index == 3:
        raise NodeError("three is no good", code="odd")
    return NodeResult(task.item_index)


def test_a_failed_item_fails_the_node_by_number() -> None:
    node = work("a", for_each=ForEach("{{ input.items }}"))

    run = run_workflow(plan_of([node]), {"items": [0] * 5}, runners={"work": _odd_fails})

    assert run.error is not None
    assert (run.error["code"], run.error["message"]) == ("odd", "item 3: three is no good")


def test_a_failed_item_is_replaced_by_the_fallback() -> None:
    node = work("a", for_each=ForEach("{{ input.items }}"), on_error="continue", fallback="none")

    run = run_workflow(plan_of([node]), {"items": [0] * 5}, runners={"work": _odd_fails})

    assert run.output_of("a") == [0, 1, 2, "none", 4]


def test_resuming_keeps_the_items_that_were_done() -> None:
    seen: list[int] = []
    broken = [True]

    def run_item(task: NodeTask) -> NodeResult:
        assert task.item_index is not None
        if task.item_index == 3 and broken[0]:
            raise NodeError("not yet", code="odd")
        seen.append(task.item_index)
        return NodeResult(task.item_index)

    bench = Workbench(plan_of([work("a", for_each=ForEach("{{ input.items }}", 1))]), runners={"work": run_item})
    run = bench.request({"items": [0] * 6})
    assert bench.drive(run).status == "failed"
    done_before = sorted(set(seen))
    broken[0] = False
    bench.runner().log.change("test", "run-1", ResumeRun("me", bench.now().isoformat()), metadata=BY)

    finished = bench.drive(run)

    assert finished.output_of("a") == [0, 1, 2, 3, 4, 5]
    assert {0, 1, 2} <= set(done_before)
    assert all(seen.count(index) == 1 for index in done_before)
