"""Messages come at least once and in any order; what follows from them happens exactly once."""

import random

import pytest

from heddle.adapters.memory.execution import Sent
from tests.support.graphs import cheap, plan_of, work
from tests.support.runs import TENANT, Stage


@pytest.fixture
def busy() -> Stage:
    stage = Stage(tenant_concurrency=4)
    stage.save(plan_of([work("a")]), "standard", mode="standard")
    stage.save(plan_of([work("a")]), "express", mode="express")
    stage.save(plan_of([cheap("a")]), "inline", mode="inline")
    return stage


def deliver_twice(stage: Stage, dice: random.Random) -> list[Sent]:
    """Deliver all that is in the queue twice, shuffled; but no watches: their five minutes are not over."""
    messages = [sent for sent in stage.queue.take() if sent.reason != "watch"]
    twice = [*messages, *messages]
    dice.shuffle(twice)
    for sent in twice:
        stage.dispatch(sent.run, reason=sent.reason)
    return messages


@pytest.mark.parametrize("seed", range(5))
def test_every_message_twice_starts_each_run_once(busy: Stage, seed: int) -> None:
    dice = random.Random(seed)
    runs = [busy.start(workflow_id=dice.choice(["standard", "express", "inline"])) for _ in range(40)]
    ended: set[str] = set()

    while deliver_twice(busy, dice) or len(ended) < len(runs):
        for run in runs:
            state = busy.state(run)
            if state.mode != "inline" and run["id"] in busy.orchestrator.started and not state.ended:
                busy.cancel(TENANT, run["id"], reason="done", principal="user:1", correlation_id="c-1")
            if busy.state(run).ended and run["id"] not in ended:
                ended.add(run["id"])
                busy.release(TENANT, run["id"], correlation_id="c-1")
                busy.release(TENANT, run["id"], correlation_id="c-1")

    for run in runs:
        types = busy.types(run)
        assert types.count("RunRequested") == 1
        assert types.count("RunStarted") <= 1
        assert sum(types.count(end) for end in ("RunSucceeded", "RunCancelled", "RunFailed")) == 1
    started = [run["id"] for run in runs if busy.state(run).mode != "inline"]
    assert sorted(busy.orchestrator.started) == sorted(started)
    assert busy.slots.next_parked(TENANT) is None
    assert [busy.slots.acquire(TENANT, f"probe-{n}", limit=4) for n in range(5)] == [True] * 4 + [False]
