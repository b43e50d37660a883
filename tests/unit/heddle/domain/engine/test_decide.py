"""Deciding and folding, without any driver: commands in, events out, the same state from the same history."""

import json
from typing import Any

import pytest

from heddle.domain.engine import commands as c
from heddle.domain.engine.decide import decide
from heddle.domain.engine.decide_nodes import retry_delay
from heddle.domain.engine.evolve import evolve, replay
from heddle.domain.engine.plan import Plan, RetryPolicy
from heddle.domain.engine.state import RunState
from heddle.domain.engine.strands import carrier, index_of
from heddle.domain.events import run_events as e
from tests.support.graphs import cheap, plan_of, work

AT = "2026-01-01T12:00:00+00:00"
LATER = "2026-01-01T12:00:10+00:00"


def told(plan: Plan, *commands: c.RunCommand) -> tuple[RunState, list[e.RunEvent]]:
    events: list[e.RunEvent] = [e.RunRequested("w", 1, {}, AT)]
    state = replay(plan, events)
    for command in commands:
        for event in decide(plan, state, command):
            evolve(plan, state, event)
            events.append(event)
    return state, events


def start(deadline: str | None = None) -> c.StartRun:
    return c.StartRun("inline", "a test", AT, deadline)


def done(node: str, attempt: int = 1, **fields: Any) -> c.CompleteNode:
    return c.CompleteNode(node, attempt, node, AT, LATER, 1.0, **fields)


def failed(node: str, attempt: int = 1, **fields: Any) -> c.FailNode:
    return c.FailNode(node, attempt, "broken", "it broke", True, LATER, **fields)


DIAMOND = plan_of([work("a"), work("b"), work("c"), work("d")], [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])


def test_a_join_is_scheduled_by_the_last_of_its_branches() -> None:
    state, _ = told(DIAMOND, start(), done("a"))

    assert decide(DIAMOND, state, done("b", strand="0-3.0")) == [e.NodeCompleted("b", 1, "b", AT, LATER, 1.0)]
    state, events = told(DIAMOND, start(), done("a"), done("b", strand="0-3.0"), done("c", strand="0-3.1"))

    assert events[-1] == e.NodeScheduled("d", 1, "0", LATER)


@pytest.mark.parametrize(
    "command",
    [
        start(),
        done("a"),
        failed("a"),
        done("b", attempt=2),
        c.LoseNode("a", 1, "", LATER),
        c.SkipNode("a", 1, LATER),
        c.FinishRun({}, LATER),
        c.ResumeRun("me", LATER),
        c.CancelNode("b", 1, LATER),
        done("unknown"),
    ],
)
def test_a_command_that_comes_twice_or_too_late_means_nothing(command: c.RunCommand) -> None:
    state, _ = told(DIAMOND, start(), done("a"))

    assert decide(DIAMOND, state, command) == []


def test_deciding_leaves_the_state_alone() -> None:
    state, _ = told(DIAMOND, start(), done("a"))
    before = json.dumps(state.to_json())

    decide(DIAMOND, state, done("b"))
    decide(DIAMOND, state, c.CancelRun("x", "me", LATER))

    assert json.dumps(state.to_json()) == before


CUT_OFF = (start(), done("a"), failed("b"))
"""The run has failed while a function was at work on node c."""


def test_what_a_function_was_at_work_on_when_the_run_ended_is_kept_and_nothing_follows_from_it() -> None:
    state, events = told(DIAMOND, *CUT_OFF, done("c"), done("c"))

    assert state.status == "failed"
    assert isinstance(events[-2], e.RunFailed)
    assert events[-1] == e.NodeCompleted("c", 1, "c", AT, LATER, 1.0)


def test_what_came_after_the_end_is_not_done_again() -> None:
    state, events = told(DIAMOND, *CUT_OFF, done("c"), c.ResumeRun("me", LATER), done("b", 2))

    assert events[-4:-2] == [e.RunResumed(("b",), "me", LATER, 1), e.NodeScheduled("b", 2, "0", LATER)]
    assert events[-1] == e.NodeScheduled("d", 1, "0", LATER)
    assert state.node("c").attempt == 1


def test_a_failure_after_the_end_is_kept_too() -> None:
    state, events = told(DIAMOND, *CUT_OFF, failed("c"))

    assert isinstance(events[-1], e.NodeFailed)
    assert state.error is not None
    assert state.error["node_id"] == "b"
    assert state.node("c").handled == "fail"


def test_a_result_from_before_the_resumption_settles_the_node_in_place_of_its_next_attempt() -> None:
    state, events = told(DIAMOND, *CUT_OFF, c.ResumeRun("me", LATER), done("b", 2), done("c", 1), done("c", 2))

    assert events[-2:] == [e.NodeCompleted("c", 1, "c", AT, LATER, 1.0), e.NodeScheduled("d", 1, "0", LATER)]
    assert state.node("c").status == "completed"


def test_an_attempt_is_unsettled_until_something_is_heard_of_it() -> None:
    resume = c.ResumeRun("me", LATER)

    assert told(DIAMOND, *CUT_OFF, resume)[0].node("c").unsettled == 1
    assert told(DIAMOND, *CUT_OFF, resume, failed("b", 2), resume)[0].node("c").unsettled == 1
    assert told(DIAMOND, *CUT_OFF, failed("c"), resume)[0].node("c").unsettled == 0
    assert told(DIAMOND, *CUT_OFF, resume, c.LoseNode("c", 2, "", LATER))[0].node("c").unsettled == 1
    assert told(DIAMOND, *CUT_OFF, resume, failed("c", 2), resume)[0].node("c").unsettled == 0


def test_items_that_were_at_work_when_the_run_ended_are_kept() -> None:
    each = c.PlanItems("b", 1, 4, 2, [1, 2, 3, 4], AT)
    plan = plan_of([work("a"), work("b")])
    results = [{"output": 1}, {"output": 2}]

    state, events = told(
        plan, start(), each, failed("a"), c.CompleteItems("b", 1, 2, 4, results, LATER), c.ResumeRun("me", LATER)
    )

    assert e.NodeItemsCompleted("b", 1, 2, 4, results, LATER) in events
    items = state.node("b").items
    assert items is not None
    assert items.done == 2


def test_an_approval_after_the_end_changes_nothing() -> None:
    ask = work("b", type="approval", host="callback", function=None)
    plan = plan_of([work("a"), ask])

    _, events = told(plan, start(), c.WaitNode("b", 1, "approval", AT), failed("a"), done("b"))

    assert isinstance(events[-1], e.RunFailed)


def test_evolve_refuses_no_history() -> None:
    strange: list[e.RunEvent] = [
        e.NodeCompleted("a", 1, 1, AT, AT, 0.0),
        e.NodeCompleted("a", 1, 1, AT, AT, 0.0),
        e.NodeSkipped("b", "condition", AT),
        e.NodeItemsCompleted("c", 1, 0, 1, [], AT),
        e.NodeCancelled("d", AT),
        e.RunResumed(("d",), "me", AT, 3),
    ]

    state = replay(DIAMOND, strange)

    assert (state.settled, state.status) == (2, "requested")


def test_a_run_is_cancelled_when_the_last_function_has_answered() -> None:
    state, events = told(DIAMOND, start(), done("a"), c.CancelRun("why", "me", LATER), done("b"))
    assert state.status == "cancelling"

    more = decide(DIAMOND, state, done("c"))

    assert more == [e.NodeCompleted("c", 1, "c", AT, LATER, 1.0), e.RunCancelled("why", LATER, 10_000.0)]
    assert events[-1] == e.NodeCompleted("b", 1, "b", AT, LATER, 1.0)


def test_a_node_that_fails_while_the_run_is_cancelled_does_not_fail_it() -> None:
    state, _ = told(DIAMOND, start(), c.CancelRun("why", "me", LATER), failed("a"))

    assert state.status == "cancelled"


def test_a_run_that_was_only_requested_is_cancelled_at_once() -> None:
    state, _ = told(DIAMOND, c.CancelRun("why", "me", LATER))

    assert state.status == "cancelled"


def test_the_deadline_strikes_when_it_has_gone_by() -> None:
    state, _ = told(DIAMOND, start(deadline=LATER))

    assert decide(DIAMOND, state, c.CheckDeadline(AT)) == []
    events = decide(DIAMOND, state, c.CheckDeadline(LATER))

    assert isinstance(events[-1], e.RunFailed)
    assert events[-1].code == "run_timed_out"


def test_resuming_gives_failed_nodes_a_fresh_attempt_and_a_fresh_deadline() -> None:
    state, events = told(DIAMOND, start(deadline=LATER), failed("a"), c.ResumeRun("me", LATER))

    assert events[-2:] == [e.RunResumed(("a",), "me", LATER, 1), e.NodeScheduled("a", 2, "0", LATER)]
    assert state.deadline == "2026-01-01T12:00:20+00:00"


@pytest.mark.parametrize(
    ("backoff", "delays"), [("fixed", [2, 2, 2]), ("linear", [2, 4, 5]), ("exponential", [2, 4, 5])]
)
def test_delays_grow_as_the_policy_says(backoff: str, delays: list[float]) -> None:
    policy = RetryPolicy(9, backoff, delay=2.0, max_delay=5.0, jitter=0.1)

    assert [retry_delay(policy, tried, 0.5) for tried in (1, 2, 3)] == delays
    assert retry_delay(policy, 1, 0.0) == pytest.approx(1.8)
    assert retry_delay(policy, 1, 1.0) == pytest.approx(2.2)


def test_attempts_that_were_lost_do_not_count() -> None:
    plan = plan_of([work("a", retry=RetryPolicy(2, "fixed", 1.0, jitter=0.0))])
    lost = c.LoseNode("a", 1, "killed", LATER)

    state, _ = told(plan, start(), lost, failed("a", 2))

    assert (state.status, state.node("a").attempt) == ("running", 3)
    assert isinstance(decide(plan, state, failed("a", 3))[-1], e.RunFailed)


def test_usage_adds_up_to_the_cent() -> None:
    state, _ = told(
        plan_of([cheap("a"), cheap("b")]),
        start(),
        done("a", usage={"input_tokens": 3, "cost_usd": "0.1", "model": "m"}),
        done("b", usage={"input_tokens": 4, "cost_usd": "0.2", "model": "n"}),
    )

    assert state.usage == {"input_tokens": 7, "cost_usd": "0.3"}


def test_the_smallest_sums_are_plain_decimal_text() -> None:
    state, _ = told(plan_of([cheap("a")]), start(), done("a", usage={"cost_usd": "0.0000001"}))

    assert state.usage == {"cost_usd": "0.0000001"}


def test_a_state_survives_json() -> None:
    state, _ = told(
        DIAMOND,
        start(),
        done("a", route=("x",)),
        c.PlanItems("b", 1, 3, 2, [1, 2, 3], AT),
        c.CompleteItems("b", 1, 0, 2, [{"output": 1}, {"output": 2}], AT),
        c.WaitNode("c", 1, "approval", AT, LATER, {"message": "?"}, "0-3.1"),
    )

    assert RunState.from_json(json.loads(json.dumps(state.to_json()))) == state


def test_a_copy_goes_its_own_way() -> None:
    state, _ = told(DIAMOND, start())
    copy = state.copy()

    evolve(DIAMOND, copy, e.NodeCompleted("a", 1, 1, AT, AT, 0.0))

    assert (state.node("a").status, copy.node("a").status) == ("scheduled", "completed")
    assert (state.settled, state.ready) == (0, {})


def test_what_lies_behind_a_join_is_carried_by_whoever_waits_there() -> None:
    index = index_of(DIAMOND)

    assert carrier(index, "0-3.1", "c") == "0-3.1"
    assert carrier(index, "0-3.1", "d") == "0"
    assert carrier(index, "0-3.1-3.0", "d") == "0"
    assert carrier(index, "0-e.1", "d") == "0-e.1"
