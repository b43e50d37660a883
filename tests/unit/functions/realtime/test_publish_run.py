"""What live runs do goes into their topics, once and in order; other runs write nothing there."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.realtime.publish_run import handler as publish_run
from heddle.adapters.aws.commit_items import commit_item
from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.memory.realtime import MemoryPositions
from heddle.adapters.memory.topics import MemoryTopicLog
from heddle.application.ports.events import NewEvent
from heddle.application.realtime.publish_run import PublishRun
from heddle.domain.events.envelope import Commit, History, Metadata, StreamId
from heddle.errors import UpstreamUnavailable

AT = datetime(2026, 1, 1, tzinfo=UTC)
RUN = StreamId("acme", "run", "r1")
EVENTS = (
    ("RunRequested", {"workflow_id": "w"}),
    ("NodeScheduled", {"node_id": "a"}),
    ("NodeFailed", {"node_id": "a", "retry_in": 1.0}),
    ("NodeCompleted", {"node_id": "a", "output": {"text": "x" * 100_000}}),
    ("RunContinued", {"execution": "e"}),
    ("RunSucceeded", {"output": 1}),
)


def commits() -> list[Commit]:
    store, history = MemoryEventStore(), History(RUN, ())
    made = []
    for kind, data in EVENTS:
        commit = store.append(history, [NewEvent(kind, data, AT)], Metadata("c"))
        history = History(RUN, (), commit.events[-1].version, commit.number, commit.hash)
        made.append(commit)
    return made


def record(commit: Commit, *, live: bool = True) -> dict[str, Any]:
    item = commit_item(commit, MemoryBlobStore(), live=live)
    return {"eventName": "INSERT", "dynamodb": {"NewImage": item, "SequenceNumber": str(commit.number)}}


class Failing(MemoryTopicLog):
    """A log that fails as often as it is told."""

    failures = 0

    def append(self, *arguments: Any, **named: Any) -> int:
        number = super().append(*arguments, **named) if self.failures != 1 else 0
        if self.failures:
            self.failures -= 1
            raise UpstreamUnavailable("not now")
        return number


@pytest.fixture
def log() -> Failing:
    return Failing()


@pytest.fixture
def handler(log: Failing, monkeypatch: pytest.MonkeyPatch) -> Any:
    publish = PublishRun(log, MemoryPositions())
    monkeypatch.setattr(publish_run, "publish_run", lambda: publish)
    return publish_run.lambda_handler


def types(log: Failing) -> list[str]:
    return [frame.type for frame in log.read("acme", "run:r1", after=0, limit=100)]


def test_each_event_is_a_frame_and_what_is_large_is_left_out_and_named(handler: Any, log: Failing) -> None:
    answer = handler({"Records": [record(commit) for commit in commits()]}, None)

    assert answer == {"batchItemFailures": []}
    assert types(log) == ["run.requested", "node.started", "node.retrying", "node.output", "run.succeeded"]
    output = log.read("acme", "run:r1", after=3, limit=1)[0]
    assert (output.data["left_out"], output.data["version"]) == (["output"], 4)


def test_a_run_that_is_not_live_writes_nothing(handler: Any, log: Failing) -> None:
    handler({"Records": [record(commit, live=False) for commit in commits()]}, None)

    assert types(log) == []


def test_what_comes_again_is_not_written_again_even_after_a_crash(handler: Any, log: Failing) -> None:
    every = [record(commit) for commit in commits()]
    log.failures = 2  # written, and the answer is lost; then not written

    failed = handler({"Records": every}, None)["batchItemFailures"]
    again = handler({"Records": every}, None)["batchItemFailures"]
    handler({"Records": every}, None)
    handler({"Records": every}, None)

    assert [each["itemIdentifier"] for each in failed] == ["1", "2", "3", "4", "5", "6"]
    assert again == [{"itemIdentifier": str(number)} for number in range(2, 7)]
    assert types(log) == ["run.requested", "node.started", "node.retrying", "node.output", "run.succeeded"]


def test_other_streams_are_none_of_its_business(handler: Any, log: Failing) -> None:
    (first, *_) = commits()

    handler({"Records": [record(replace(first, stream=StreamId("acme", "budget", "b")))]}, None)

    assert types(log) == []
