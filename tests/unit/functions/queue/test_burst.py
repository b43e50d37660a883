"""A thousand starts at once through the queue's own adapter: none is lost and none done twice, whatever fails.

Every message is delivered at least once, many twice, in any order; functions fail before and after they acted.
"""

import json
import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.queue.dispatch_run import handler as dispatch_run
from heddle.adapters.aws.queue import SqsTaskQueue
from heddle.application.execution.step import RunRef, Work
from heddle.domain.priority import PRIORITIES
from heddle.errors import UpstreamUnavailable
from tests.support.graphs import plan_of, work
from tests.support.lambdas import Context
from tests.support.runs import TENANT, Stage

RUNS = 1_000
SLOTS = 50


@dataclass
class CountingOrchestrator:
    """An Orchestrator that counts how often each run was truly begun: a name that is known is no second start."""

    begun: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)

    def start(self, name: str, work: Work, *, mode: str) -> str:
        self.asked[name] += 1
        if name not in self.begun:
            self.begun[name] += 1
        return name

    def is_running(self, execution: str) -> bool | None:
        return execution in self.begun or None

    def stop(self, execution: str, *, cause: str) -> None:
        raise AssertionError("nothing is stopped here")


@dataclass
class SqsInMemory:
    """As much of SQS as the task queue sends to, message by message and queue by queue."""

    queues: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def send_message(
        self, *, QueueUrl: str, MessageBody: str, MessageGroupId: str, DelaySeconds: int
    ) -> dict[str, Any]:
        message = {"messageId": str(uuid.uuid4()), "body": MessageBody, "group": MessageGroupId, "attributes": {}}
        self.queues.setdefault(QueueUrl, []).append(message)
        return {"MessageId": message["messageId"]}


@dataclass
class Bursting:
    """A stage whose task queue is SQS, and the loop that Lambda runs over it."""

    sqs: SqsInMemory
    stage: Stage
    orchestrator: CountingOrchestrator
    dice: random.Random
    handed: Counter[str] = field(default_factory=Counter)
    ended: dict[str, None] = field(default_factory=dict)

    def empty(self) -> None:
        """Deliver until nothing is left; runs that were begun end now and then, and give their slots back."""
        while sum(self._batch(queue) for queue in self.sqs.queues.values()) or self._end(SLOTS):
            self._end(self.dice.randrange(8))

    def _batch(self, queue: list[dict[str, Any]]) -> bool:
        """Hand over ten messages from anywhere, half of them twice; those that failed go back.

        Time goes on, a bit: so starts come faster than their rate at times, and are asked for again.
        """
        self.stage.sleep(0.05)
        places = self.dice.sample(range(len(queue)), min(10, len(queue)))
        records = [queue.pop(place) for place in sorted(places, reverse=True)]
        twice = [record for record in records if self.dice.random() < 0.5]
        if records:
            answer = dispatch_run.lambda_handler({"Records": [*records, *twice]}, Context())
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            queue += [record for record in records if record["messageId"] in failed]
        return bool(records)

    def _end(self, count: int) -> bool:
        """End some runs; true if any did."""
        open_ = [name for name in self.orchestrator.begun if name not in self.ended][:count]
        for name in open_:
            self.ended[name] = None
            self.stage.cancel(TENANT, name, reason="done", principal="user:1", correlation_id="c-1")
            self.stage.release(TENANT, name, correlation_id="c-1")
        return bool(open_)

    def dispatch(self, run: RunRef, *, reason: str) -> str:
        """Dispatch, and fail in one of seven deliveries: before anything was done, or when all was."""
        self.handed[run["id"]] += 1
        luck = self.dice.randrange(14)
        if luck == 0:
            raise UpstreamUnavailable("failed before it acted")
        outcome = self.stage.dispatch(run, reason=reason)
        if luck == 1:
            raise UpstreamUnavailable("failed after it acted")
        return outcome


@pytest.fixture
def bursting(monkeypatch: pytest.MonkeyPatch) -> Bursting:
    sqs, orchestrator = SqsInMemory(), CountingOrchestrator()
    urls = {priority: f"https://sqs/{priority}" for priority in PRIORITIES}
    queue = SqsTaskQueue(sqs, urls["normal"], urls)
    stage = Stage(tenant_concurrency=SLOTS, queue=queue, orchestrator=orchestrator)  # type: ignore[arg-type]
    stage.save(plan_of([work("a")]))
    bench = Bursting(sqs, stage, orchestrator, random.Random(7))
    monkeypatch.setattr(dispatch_run, "dispatch_run", lambda: bench.dispatch)
    return bench


def test_a_burst_of_a_thousand_starts_each_run_once(bursting: Bursting) -> None:
    runs = {bursting.stage.start(priority=bursting.dice.choice(PRIORITIES))["id"] for _ in range(RUNS)}

    bursting.empty()

    assert len(runs) == RUNS
    assert bursting.orchestrator.begun == Counter(runs)
    assert sum(bursting.handed.values()) > 1.5 * RUNS, "many were delivered twice"
    assert bursting.stage.slots.next_parked(TENANT) is None
    assert sum(bursting.stage.slots.acquire(TENANT, f"probe-{n}", limit=SLOTS) for n in range(SLOTS + 1)) == SLOTS


def test_a_request_that_is_repeated_is_one_run(bursting: Bursting) -> None:
    asked = [bursting.stage.ask(idempotency_key=f"key-{number % 100}") for number in range(300)]

    bursting.empty()

    assert len({each.run_id for each in asked}) == 100
    assert bursting.orchestrator.begun == Counter({each.run_id for each in asked})


def test_messages_carry_their_tenant_as_the_group_that_makes_the_queue_fair(bursting: Bursting) -> None:
    bursting.stage.start(priority="low")

    ((url, (message,)),) = bursting.sqs.queues.items()

    assert (url, message["group"]) == ("https://sqs/low", TENANT)
    assert json.loads(message["body"])["priority"] == "low"
