"""What the kernel promises about failures, retries, outputs and caches."""

import logging
import threading
from typing import Any

import pytest

from heddle.application.execution.settings import ExecutionSettings
from heddle.domain.events.run_events import (
    NodeCancelled,
    NodeCompleted,
    NodeFailed,
    RunFailed,
)
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.testing.run_workflow import Workbench, run_workflow
from heddle.testing.virtual_time import VirtualTime
from tests.support.graphs import CachePolicy, ForEach, RetryPolicy, cheap, plan_of, work
from tests.support.node_functions import echo, failing


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
