"""Relay, redrive and projection: from stream record to bus, dead letters and rows."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.ops.redrive import handler as redrive
from functions.projections.runs import handler as projection
from functions.streams.publish_events import handler as relay
from heddle.adapters.aws.commit_items import commit_item
from heddle.adapters.memory.bus import MemoryEventBus
from heddle.adapters.memory.catalog import MemoryCatalogStore
from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.memory.runs import MemoryRunStore
from heddle.application.history.ports import DeadLetter, Letter
from heddle.application.history.publish_commit import PublishCommit
from heddle.application.history.redrive import DropLetters, MoveLetters, RedriveBatches, RedriveRelay
from heddle.application.ports.events import NewEvent
from heddle.application.projections.project_run import ProjectRun
from heddle.domain.events.chain import envelope
from heddle.domain.events.envelope import Commit, History, Metadata, StreamId
from heddle.errors import NotFound, UpstreamUnavailable
from tests.contract.aws import memory_stores

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STREAM = StreamId("acme", "run", "r")
REQUESTED = {"workflow_id": "w", "workflow_version": 1, "input": {}, "requested_at": "t"}


def commits(count: int) -> tuple[MemoryEventStore, list[Commit]]:
    store, made, history = MemoryEventStore(), [], History(STREAM, ())
    for number in range(count):
        facts = [NewEvent("RunRequested", REQUESTED | {"labels": {"n": str(number)}}, NOW)]
        made.append(store.append(history, facts, Metadata("c")))
        history = History(STREAM, (), made[-1].events[-1].version, made[-1].number, made[-1].hash)
    return store, made


def record(commit: Commit) -> dict[str, Any]:
    image = commit_item(commit, memory_stores().blobs)
    image["body"] = {"B": base64.b64encode(image["body"]["B"]).decode()}
    keys = {"pk": image["pk"], "sk": image["sk"]}
    return {
        "eventName": "INSERT",
        "dynamodb": {"Keys": keys, "NewImage": image, "SequenceNumber": str(100 + commit.number)},
    }


@dataclass
class Letters:
    kept: list[DeadLetter] = field(default_factory=list)
    broken: bool = False

    def send(self, letter: DeadLetter) -> None:
        if self.broken:
            raise UpstreamUnavailable("no")
        self.kept.append(letter)


@dataclass
class MemoryQueue:
    letters: list[Letter]
    forwarded: list[tuple[str, str]] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)

    def receive(self) -> list[Letter]:
        seen = [letter for letter in self.letters if letter.receipt not in self.hidden][:10]
        self.hidden |= {letter.receipt for letter in seen}
        return seen

    def delete(self, letter: Letter) -> None:
        self.letters.remove(letter)

    def forward(self, letter: Letter, target: str) -> None:
        self.forwarded.append((target, letter.body))


@dataclass
class Records:
    commits: list[Commit]

    def records(self, position: Any) -> Iterator[Any]:
        return iter(())

    def between(self, position: Any) -> Iterator[Commit]:
        if not self.commits:
            raise NotFound("gone")
        yield from self.commits


def relayed(bus: MemoryEventBus, letters: Letters, records: list[Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(relay, "use_case", lambda: PublishCommit(bus, letters, lambda _seconds: None))
    return relay.lambda_handler({"Records": records}, None)


def test_every_commit_is_published_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    _, made = commits(3)
    bus = MemoryEventBus()

    answer = relayed(bus, Letters(), [record(commit) for commit in made], monkeypatch)

    assert answer == {"batchItemFailures": []}
    assert bus.published == [event for commit in made for event in commit.events]


def test_what_is_refused_for_a_moment_is_published_after_all(monkeypatch: pytest.MonkeyPatch) -> None:
    _, made = commits(1)
    moody = iter(["busy", "busy", None])
    bus, letters = MemoryEventBus(refuse=lambda _event: next(moody)), Letters()

    relayed(bus, letters, [record(made[0])], monkeypatch)

    assert (len(bus.published), letters.kept) == (1, [])


def test_one_refused_commit_becomes_a_dead_letter_and_holds_back_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    _, made = commits(3)
    bus, letters = MemoryEventBus(refuse=lambda event: "MalformedDetail" if event.version == 2 else None), Letters()

    answer = relayed(bus, letters, [record(commit) for commit in made], monkeypatch)

    assert answer == {"batchItemFailures": []}
    assert [event.version for event in bus.published] == [1, 3]
    assert letters.kept == [DeadLetter(STREAM.key, 2, (made[1].events[0].id,), "MalformedDetail")]


def test_only_what_cannot_even_be_kept_is_reported_to_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    _, made = commits(2)
    bus = MemoryEventBus(refuse=lambda event: "no" if event.version == 1 else None)

    answer = relayed(bus, Letters(broken=True), [record(commit) for commit in made], monkeypatch)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "101"}]}
    assert [event.version for event in bus.published] == [2]


def test_a_record_nobody_can_read_becomes_a_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    _, made = commits(2)
    bad = record(made[0])
    bad["dynamodb"]["NewImage"]["body"] = {"B": base64.b64encode(b"rubbish").decode()}
    bus, letters = MemoryEventBus(), Letters()

    answer = relayed(bus, letters, [bad, record(made[1])], monkeypatch)

    assert answer == {"batchItemFailures": []}
    assert [(letter.commit, letter.reason[:10]) for letter in letters.kept] == [(1, "unreadable")]
    assert [event.version for event in bus.published] == [2]


def test_redrive_publishes_dead_letters_again_and_keeps_what_is_still_refused() -> None:
    store, made = commits(3)
    letters = [
        Letter("1", json.dumps(DeadLetter(STREAM.key, 1, (made[0].events[0].id,), "x").to_json()), {}),
        Letter("2", json.dumps(DeadLetter(STREAM.key, 2, (made[1].events[0].id,), "x").to_json()), {}),
        Letter("3", json.dumps({"DDBStreamBatchInfo": {}}), {}),
        Letter("4", "not json", {}),
        Letter("5", json.dumps(DeadLetter(STREAM.key, 99, (), "x").to_json()), {}),
    ]
    queue = MemoryQueue(letters)
    bus = MemoryEventBus(refuse=lambda event: "no" if event.version == 2 else None)

    counts = RedriveRelay(queue, store, Records([made[2]]), bus)(limit=100)

    assert counts.to_json() == {"letters": 5, "events": 2, "refused": 1, "unreadable": 2}
    assert [event.version for event in bus.published] == [1, 3]
    assert [letter.receipt for letter in queue.letters] == ["2", "4", "5"]


def test_redrive_hands_a_batch_of_a_stream_to_its_reader_again_and_keeps_what_fails() -> None:
    def letter(receipt: str, first: int) -> Letter:
        return Letter(receipt, json.dumps({"DDBStreamBatchInfo": {"startSequenceNumber": first}}), {})

    class Stream(Records):
        def records(self, position: Any) -> Iterator[Any]:
            if position["startSequenceNumber"] == 0:
                raise NotFound("gone")
            yield from ({"number": position["startSequenceNumber"] + step} for step in (0, 1))

    def handle(record: Any) -> None:
        if record["number"] == 21:
            raise UpstreamUnavailable("not now")
        handled.append(record["number"])

    handled: list[int] = []
    queue = MemoryQueue([letter("1", 10), letter("2", 20), letter("3", 0), Letter("4", "not json", {})])

    counts = RedriveBatches(queue, Stream([]), handle)(limit=100)

    assert handled == [10, 11, 20]
    assert counts.to_json() == {"letters": 4, "events": 3, "refused": 1, "unreadable": 2}
    assert [left.receipt for left in queue.letters] == ["2", "3", "4"]


def test_redrive_drops_what_there_is_nothing_to_do_about() -> None:
    queue = MemoryQueue([Letter(str(number), "{}", {}) for number in range(3)])

    assert DropLetters(queue)(limit=2).letters == 2
    assert [left.receipt for left in queue.letters] == ["2"]


def test_redrive_moves_other_consumers_letters_back_to_their_queue() -> None:
    queue = MemoryQueue([Letter(str(number), f"body {number}", {}) for number in range(15)])

    counts = MoveLetters(queue)("target", limit=12)

    assert counts.letters == 12
    assert queue.forwarded == [("target", f"body {number}") for number in range(12)]
    assert len(queue.letters) == 3


def test_the_projection_reports_only_the_messages_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    store, made = commits(1)
    runs = MemoryRunStore()
    monkeypatch.setattr(projection, "use_case", lambda: ProjectRun(runs, store, MemoryCatalogStore()))
    good = json.dumps({"detail": envelope(made[0].events[0])}, default=str)

    answer = projection.lambda_handler(
        {"Records": [{"messageId": "bad", "body": "{}"}, {"messageId": "good", "body": good}]}, None
    )

    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert runs.position("acme", "r") == 1


def test_the_handlers_refuse_to_start_without_their_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EVENT_TABLE", "EVENT_BUS", "RELAY_DLQ_URL", "PAYLOAD_BUCKET"):
        monkeypatch.delenv(name, raising=False)
    redrive.settings.cache_clear()

    with pytest.raises(Exception, match="EVENT_TABLE, EVENT_BUS, RELAY_DLQ_URL, PAYLOAD_BUCKET"):
        redrive.settings()
