"""What the kernel promises about failures, retries, repetition, cancelling, waiting and size."""

import itertools
import json
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from heddle.adapters.memory.catalog import MemoryCatalogStore
from heddle.application.execution.plans import CatalogPlans
from heddle.application.execution.settings import ExecutionSettings
from heddle.application.execution.settle import Outcome, settle_node
from heddle.application.execution.step import RunRef, Step, Work
from heddle.application.ports.catalog import VersionRow, WorkflowRow
from heddle.domain.engine.commands import CancelRun, ResumeRun
from heddle.domain.engine.evolve import replay
from heddle.domain.engine.plan_json import plan_to_json
from heddle.domain.engine.state import RunState
from heddle.domain.events.envelope import Metadata, StreamId
from heddle.domain.events.run_events import (
    NodeCancelled,
    NodeCompleted,
    NodeFailed,
    NodeItemsCompleted,
    NodeScheduled,
    RunFailed,
    RunSucceeded,
)
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import NodeError, NotFound
from heddle.testing.run_workflow import WaitingNode, Workbench, run_workflow
from heddle.testing.virtual_time import VirtualTime
from tests.support.graphs import CachePolicy, ForEach, RetryPolicy, cheap, plan_of, work

BY = Metadata("test")


def echo(task: NodeTask) -> NodeResult:
    return NodeResult(dict(task.config) or {"id": task.node_id})


def failing(code: str, times: int = 10**9, **details: Any) -> Callable[[NodeTask], NodeResult]:
    left = [times]

    def run(task: NodeTask) -> NodeResult:
        if left[0]:
            left[0] -= 1
            raise NodeError("it does not work", code=code, retryable=True, **details)
        return NodeResult("ok")

    return run


def first_work(run: RunRef, **fields: Any) -> Work:
    work: Work = {"run": run, "strand": {"id": "0", "until": None, "level": 0, "events_left": 20_000}, "do": "start"}
    return {**work, **fields}  # type: ignore[typeddict-item]


def test_a_retry_waits_exactly_as_the_policy_says() -> None:
    time = VirtualTime()
    policy = RetryPolicy(max_attempts=4, backoff="exponential", delay=1.0, max_delay=3.0, jitter=0.5)

    run = run_workflow(
        plan_of([work("a", retry=policy)]),
        time=time,
        chance=lambda: 0.5,
        runners={"work": failing("flaky", 3)},
        settings=ExecutionSettings(mode="inline", inline_levels=99),
    )

    assert run.status == "succeeded"
    assert [event.retry_in for event in run.events if isinstance(event, NodeFailed)] == [1.0, 2.0, 3.0]
    assert time.monotonic() == 6.0


def test_a_retry_waits_at_least_as_long_as_the_node_was_told() -> None:
    time = VirtualTime()
    policy = RetryPolicy(max_attempts=2, delay=1.0, jitter=0.0)

    run_workflow(
        plan_of([work("a", retry=policy)]), time=time, runners={"work": failing("limited", 1, retry_after=7.0)}
    )

    assert time.monotonic() == 7.0


def test_a_retry_of_an_item_waits_at_least_as_long_as_the_node_was_told() -> None:
    time = VirtualTime()
    node = work(
        "a", retry=RetryPolicy(max_attempts=2, delay=1.0, jitter=0.0), for_each=ForEach("{{ input.numbers }}", 1)
    )

    run = run_workflow(
        plan_of([node]), {"numbers": [1]}, time=time, runners={"work": failing("limited", 1, retry_after=7.0)}
    )

    assert run.status == "succeeded"
    assert time.monotonic() == 7.0


def test_only_the_named_errors_are_tried_again() -> None:
    policy = RetryPolicy(max_attempts=5, delay=0.0, on=("other",))

    run = run_workflow(plan_of([work("a", retry=policy)]), runners={"work": failing("flaky")})

    assert run.status == "failed"
    assert run.error is not None
    assert (run.error["code"], run.error["node_id"]) == ("flaky", "a")
    assert sum(isinstance(event, NodeFailed) for event in run.events) == 1


def test_a_failed_node_ends_the_run_and_cancels_what_is_open() -> None:
    plan = plan_of([work("a"), work("b"), work("c", type="approval", host="callback", function=None,
                   config={"message": "ok?"})])  # fmt: skip
    bench = Workbench(plan, runners={"work": failing("broken")}, time=VirtualTime())

    run = bench.drive(bench.request())

    assert run.status == "failed"
    (end,) = (number for number, event in enumerate(run.events) if isinstance(event, RunFailed))
    assert all(isinstance(event, NodeFailed) for event in run.events[end + 1 :])  # of whoever was still at work
    assert {event.node_id for event in run.events if isinstance(event, NodeCancelled)} >= {"c"}


def test_on_error_continue_goes_on_with_the_fallback() -> None:
    plan = plan_of(
        [work("a", on_error="continue", fallback={"n": 0}), cheap("b")],
        [("a", "b")],
        outputs="{{ nodes.a.output.n }}",
    )

    run = run_workflow(plan, runners={"work": failing("broken")})

    assert (run.status, run.output) == ("succeeded", 0)
    assert run.statuses() == {"a": "failed", "b": "completed"}


def test_on_error_route_takes_the_error_branch_and_no_other() -> None:
    plan = plan_of(
        [work("a", on_error="route"), cheap("fine"), cheap("rescue")], [("a", "fine"), ("a", "rescue", "error")]
    )

    broken = run_workflow(plan, runners={"work": failing("broken")})
    well = run_workflow(plan, runners={"work": echo})

    assert broken.statuses() == {"a": "failed", "fine": "skipped", "rescue": "completed"}
    assert well.statuses() == {"a": "completed", "fine": "completed", "rescue": "skipped"}
    assert broken.status == well.status == "succeeded"


def test_a_node_that_takes_too_long_ends_as_node_timeout() -> None:
    never = threading.Event()

    def block(task: NodeTask) -> NodeResult:
        never.wait(30)
        return NodeResult(None)

    run = run_workflow(plan_of([work("a", timeout=0.05)]), runners={"work": block})
    never.set()

    assert run.error is not None
    assert run.error["code"] == "node_timeout"


def test_a_bug_in_a_node_ends_the_run_with_its_kind_and_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    def buggy(task: NodeTask) -> NodeResult:
        raise ZeroDivisionError(f"with {task.config['key']}")

    node = work("a", config={"key": "{{ secrets.api }}"}, secrets=("key",))
    with caplog.at_level(logging.ERROR):
        run = run_workflow(plan_of([node]), runners={"work": buggy}, secrets={"api": "s3cret"})

    assert run.error is not None
    assert (run.error["code"], run.error["message"]) == ("node_crashed", "ZeroDivisionError: with ***")
    assert "s3cret" not in caplog.text
    assert "s3cret" not in str(run.events)


def test_an_undefined_value_fails_the_node() -> None:
    run = run_workflow(plan_of([cheap("a", {"values": {"x": "{{ input.nothing }}"}})]), {})

    assert run.error is not None
    assert run.error["code"] == "expression_undefined"


def test_an_output_of_5_mb_goes_by_reference_and_is_read_by_the_next_node() -> None:
    plan = plan_of(
        [work("a"), cheap("b", {"values": {"n": "{{ nodes.a.output | length }}"}})],
        [("a", "b")],
        outputs={"n": "{{ nodes.b.output.n }}"},
    )

    run = run_workflow(plan, runners={"work": lambda task: NodeResult("x" * 5_000_000)})

    assert run.output == {"n": 5_000_000}
    assert run.output_of("a").keys() == {"$ref"}


def test_an_output_above_the_limit_is_refused() -> None:
    settings = ExecutionSettings(mode="inline", max_output_bytes=1_000)

    run = run_workflow(plan_of([work("a")]), runners={"work": lambda t: NodeResult("x" * 2_000)}, settings=settings)

    assert run.error is not None
    assert run.error["code"] == "node_output_too_large"


def test_an_output_that_is_no_json_is_refused() -> None:
    run = run_workflow(plan_of([work("a")]), runners={"work": lambda t: NodeResult({1, 2})})

    assert run.error is not None
    assert run.error["code"] == "node_output_invalid"


def test_a_cached_output_is_used_until_it_is_too_old() -> None:
    time, calls = VirtualTime(), []

    def count(task: NodeTask) -> NodeResult:
        calls.append(task.run_id)
        return NodeResult(len(calls))

    plan = plan_of([work("a", cache=CachePolicy(60), config={"q": "{{ input.q }}"})])
    bench = Workbench(plan, runners={"work": count}, time=time)

    first = bench.drive(bench.request({"q": 1}, "r1"))
    again = bench.drive(bench.request({"q": 1}, "r2"))
    other = bench.drive(bench.request({"q": 2}, "r3"))
    time.sleep(61)
    late = bench.drive(bench.request({"q": 1}, "r4"))

    assert [run.output_of("a") for run in (first, again, other, late)] == [1, 1, 2, 3]
    assert [event.cached for event in again.events if isinstance(event, NodeCompleted)] == [True]


def test_a_cached_output_depends_on_what_deferred_fields_see() -> None:
    config = {"items": [1, 2, 3], "where": "{{ item > input.least }}"}
    node = cheap("a", config, type="filter", deferred=("where",), cache=CachePolicy(60))
    bench = Workbench(plan_of([node]), time=VirtualTime())

    outputs = [
        bench.drive(bench.request({"least": least}, f"r{number}")).output_of("a")
        for number, least in enumerate((1, 2, 1))
    ]

    assert outputs == [[2, 3], [3], [2, 3]]


def test_a_function_renders_deferred_fields_itself_secrets_included() -> None:
    seen: list[Any] = []

    def render(task: NodeTask) -> NodeResult:
        assert task.evaluate is not None
        seen.append((task.config["tools"], task.evaluate(task.config["tools"], {"args": {"city": "Bonn"}})))
        return NodeResult(None)

    config = {"tools": "{{ args.city }} {{ input.day }} {{ secrets.key }}"}
    node = work("a", config=config, deferred=("tools",), secrets=("tools",))
    run_workflow(plan_of([node]), {"day": 3}, runners={"work": render}, secrets={"key": "s3cret"})

    assert seen == [(config["tools"], "Bonn 3 s3cret")]


# --- for_each -------------------------------------------------------------------------------------------------------


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


# --- waiting --------------------------------------------------------------------------------------------------------


def approval(node_id: str, **config: Any) -> Any:
    return work(
        node_id, type="approval", host="callback", function=None, config={"message": "ok?", **config}, timeout=1e6
    )


def test_a_delay_of_a_day_takes_a_day_of_the_run_and_no_time() -> None:
    time = VirtualTime()
    node = work("a", type="delay", host="wait", function=None, config={"seconds": 86_000})

    run = run_workflow(plan_of([node], timeout=1e6), time=time)

    assert (run.status, time.monotonic()) == ("succeeded", 86_000)


def test_an_approval_goes_on_with_what_was_decided() -> None:
    asked: list[WaitingNode] = []

    def decide(waiting: WaitingNode) -> Outcome:
        asked.append(waiting)
        return Outcome({"approved": True})

    plan = plan_of([approval("a", message="go, {{ input.who }}?"), cheap("b")], [("a", "b")])
    run = run_workflow(plan, {"who": "Ann"}, decide=decide)

    assert run.statuses() == {"a": "completed", "b": "completed"}
    assert (asked[0].kind, asked[0].config["message"]) == ("approval", "go, Ann?")


@pytest.mark.parametrize(("default", "status"), [("approve", "succeeded"), ("reject", "succeeded"), ("fail", "failed")])
def test_an_approval_nobody_decides_takes_its_default(default: str, status: str) -> None:
    time = VirtualTime()

    run = run_workflow(plan_of([approval("a", timeout=50, default=default)]), time=time)

    assert (run.status, time.monotonic()) == (status, 50)
    if status == "failed":
        assert run.error is not None and run.error["code"] == "approval_timed_out"
    else:
        assert run.output_of("a")["timed_out"] is True


def test_sub_runs_over_items_come_in_order() -> None:
    node = work("a", type="workflow", host="callback", function=None, config={"workflow_id": "w",
                "input": {"n": "{{ item }}"}}, for_each=ForEach("{{ input.items }}", 2))  # fmt: skip

    run = run_workflow(
        plan_of([node]), {"items": [5, 6, 7]}, decide=lambda waiting: Outcome(waiting.config["input"]["n"] * 10)
    )

    assert run.output_of("a") == [50, 60, 70]


def test_a_run_that_takes_too_long_fails_while_it_waits() -> None:
    time = VirtualTime()

    run = run_workflow(plan_of([approval("a")], timeout=100), time=time)

    assert run.error is not None
    assert run.error["code"] == "run_timed_out"
    assert 100 <= time.monotonic() < 102


# --- once, and only once --------------------------------------------------------------------------------------------


def test_work_that_is_delivered_twice_is_done_once() -> None:
    calls: list[str] = []

    def count(task: NodeTask) -> NodeResult:
        calls.append(task.node_id)
        return NodeResult(None)

    plan = plan_of([work("a"), work("b", function="other")], [("a", "b")])
    bench = Workbench(plan, runners={"work": count})
    run = bench.request()
    kernel = bench.runner(hosted=frozenset({"fn"}))
    start = bench.runner(hosted=frozenset()).step(first_work(run))

    first = kernel.step(start["work"])
    second = bench.runner(hosted=frozenset({"fn"})).step(start["work"])

    assert start["next"] == "task" and start["function"] == "fn"
    assert calls == ["a"]
    assert second["work"].pop("meter")["reads"] == 1  # it committed nothing that could say so
    assert first == second
    assert (first["next"], first["function"], first["work"]["node"]) == ("task", "other", "b")


def test_two_results_at_the_same_moment_are_both_kept() -> None:
    both = threading.Barrier(2)

    def meet(task: NodeTask) -> NodeResult:
        both.wait(10)
        return NodeResult(task.node_id)

    plan = plan_of([work("a"), work("b"), cheap("j")], [("a", "j"), ("b", "j")])
    bench = Workbench(plan, runners={"work": meet})
    run = bench.request()
    fork = bench.runner(hosted=frozenset()).step(first_work(run))
    answers: list[Step] = []

    def deliver(step: Step) -> None:
        answers.append(bench.runner().step(step["work"]))

    threads = [threading.Thread(target=deliver, args=(step,)) for step in fork["strands"]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.append(bench.runner().step(fork["work"]))

    state = bench.finished(run)
    assert state.statuses() == {"a": "completed", "b": "completed", "j": "completed"}
    assert state.status == "succeeded"
    assert [answer["next"] for answer in answers] == ["end", "end", "end"]
    assert sum(isinstance(event, RunSucceeded) for event in state.events) == 1


def test_a_node_whose_function_died_is_begun_again() -> None:
    bench = Workbench(plan_of([work("a")]), runners={"work": echo})
    run = bench.request()
    advance = bench.runner(hosted=frozenset())
    start = advance.step(first_work(run))

    again = advance.step({**start["work"], "do": "lost", "error": {"Error": "Sandbox.Timedout", "Cause": ""}})
    end = bench.runner().step(again["work"])

    assert (again["next"], again["work"]["attempt"]) == ("task", 2)
    assert end["next"] == "end"
    assert bench.finished(run).status == "succeeded"


def test_a_node_that_kills_its_function_every_time_fails_in_the_end() -> None:
    bench = Workbench(plan_of([work("a")]))
    run = bench.request()
    advance = bench.runner(hosted=frozenset())
    step = advance.step(first_work(run))
    for _ in range(3):
        assert step["next"] == "task"
        step = advance.step({**step["work"], "do": "lost", "error": {"Error": "Runtime.ExitError", "Cause": ""}})

    finished = bench.finished(run)

    assert step == {"next": "end"}
    assert finished.error is not None
    assert finished.error["code"] == "node_interrupted"


def test_a_node_with_effects_is_not_repeated_after_its_function_died() -> None:
    calls: list[int] = []

    class Killed(BaseException):
        pass

    def die(task: NodeTask) -> NodeResult:
        calls.append(task.attempt)
        raise Killed

    bench = Workbench(plan_of([work("a", effects="once")]), runners={"work": die})
    run = bench.request()
    advance = bench.runner(hosted=frozenset())
    start = advance.step(first_work(run))
    with pytest.raises(Killed):
        bench.runner().step(start["work"])

    bench.runner().step(start["work"])  # the service delivers it again
    end = advance.step({**start["work"], "do": "lost", "error": {}})

    finished = bench.finished(run)
    assert calls == [1]
    assert end == {"next": "end"}
    assert finished.error is not None
    assert finished.error["code"] == "node_interrupted"


# --- cancel, resume -------------------------------------------------------------------------------------------------


def test_nothing_starts_after_a_cancellation() -> None:
    plan = plan_of([work("a"), work("b")], [("a", "b")])
    bench = Workbench(plan)
    run = bench.request()

    def cancel_meanwhile(task: NodeTask) -> NodeResult:
        assert task.node_id == "a"
        command = CancelRun("enough", "me", bench.now().isoformat())
        state = bench.runner().log.change("test", "run-1", command, metadata=BY)
        assert state.status == "cancelling"
        return NodeResult(None)

    bench.runners = {"work": cancel_meanwhile}
    finished = bench.drive(run)

    assert finished.status == "cancelled"
    assert finished.statuses() == {"a": "completed", "b": "pending"}


def test_a_waiting_run_is_cancelled_at_once() -> None:
    bench = Workbench(plan_of([approval("a")]))
    run = bench.request()
    bench.runner(hosted=frozenset()).step(first_work(run))

    state = bench.runner().log.change("test", "run-1", CancelRun("x", "me", bench.now().isoformat()), metadata=BY)

    assert state.status == "cancelled"
    assert state.node("a").status == "cancelled"


def test_a_failed_run_resumes_from_where_it_stopped() -> None:
    calls: list[tuple[str, int]] = []

    def run_node(task: NodeTask) -> NodeResult:
        calls.append((task.node_id, task.attempt))
        if task.node_id == "b" and len(calls) < 3:
            raise NodeError("down", code="down")
        return NodeResult(task.node_id)

    plan = plan_of([work("a"), work("b"), work("c")], [("a", "b"), ("b", "c")])
    bench = Workbench(plan, runners={"work": run_node})
    run = bench.request()
    failed = bench.drive(run)

    bench.runner().log.change("test", "run-1", ResumeRun("me", bench.now().isoformat()), metadata=BY)
    resumed = bench.drive(run)

    assert (failed.status, resumed.status) == ("failed", "succeeded")
    assert calls == [("a", 1), ("b", 1), ("b", 2), ("c", 1)]


def test_a_cancelled_run_resumes_with_what_had_become_ready() -> None:
    plan = plan_of([work("a"), work("b"), cheap("c")], [("a", "b"), ("a", "c")])
    bench = Workbench(plan)
    run = bench.request()

    def cancel(task: NodeTask) -> NodeResult:
        bench.runner().log.change("test", "run-1", CancelRun("x", "me", bench.now().isoformat()), metadata=BY)
        return NodeResult(None)

    bench.runners = {"work": cancel}
    assert bench.drive(run).status == "cancelled"
    bench.runners = {"work": echo}
    bench.runner().log.change("test", "run-1", ResumeRun("me", bench.now().isoformat()), metadata=BY)

    finished = bench.drive(run)

    assert finished.status == "succeeded"
    assert finished.statuses() == {"a": "completed", "b": "completed", "c": "completed"}


# --- histories and executions ---------------------------------------------------------------------------------------


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
