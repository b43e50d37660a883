"""Bring dead letters back to life: the relay's to the bus, those of queues to their queue, batches to their consumer.

Publishing again is harmless: consumers know the version of every event and ignore what they have seen.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from heddle import records
from heddle.application.history.ports import Letter, Queue, StreamRecords, stream_id
from heddle.application.ports.events import EventBus, EventStore
from heddle.domain.events.envelope import Commit
from heddle.errors import HeddleError, NotFound, UpstreamUnavailable


@records.dataclass(frozen=True, slots=True)
class Counts:
    """What became of the letters: published or moved, still refused (they stay), and those nobody understands."""

    letters: int = 0
    events: int = 0
    refused: int = 0
    unreadable: int = 0

    def to_json(self) -> dict[str, int]:
        """Return the answer of the function."""
        return asdict(self)


@dataclass(frozen=True)
class RedriveRelay:
    """Read the relay's dead letters, find their commits, and publish them again.

    Understands our own letters and the reports that Lambda sends when a whole batch of the stream failed.
    """

    queue: Queue
    events: EventStore
    records: StreamRecords
    bus: EventBus

    def __call__(self, *, limit: int) -> Counts:
        """Handle up to `limit` letters; one that is refused or not understood stays in the queue."""
        count: Counter[str] = Counter()
        _each(self.queue, limit, lambda letter: self._letter(letter, count))
        return Counts(**count)

    def _letter(self, letter: Letter, count: Counter[str]) -> None:
        count["letters"] += 1
        try:
            commits = self._commits(letter)
        except (HeddleError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, UpstreamUnavailable):
                raise
            count["unreadable"] += 1
            return
        refused = 0
        for commit, wanted in commits:
            events = [event for event in commit.events if wanted is None or event.id in wanted]
            answers = self.bus.publish(events)
            count["events"] += len(events) - len(answers)
            refused += len(answers)
        if refused:
            count["refused"] += refused
        else:
            self.queue.delete(letter)

    def _commits(self, letter: Letter) -> list[tuple[Commit, frozenset[str] | None]]:
        body = orjson.loads(letter.body)
        if "DDBStreamBatchInfo" in body:
            return [(commit, None) for commit in self.records.between(body["DDBStreamBatchInfo"])]
        stream, number = stream_id(body["stream"]), int(body["commit"])
        for commit in self.events.commits(stream):
            if commit.number == number:
                return [(commit, frozenset(body["event_ids"]) or None)]
        raise NotFound(f"stream {stream.key} has no commit {number}", stream=stream.key, commit=number)


@dataclass(frozen=True)
class MoveLetters:
    """Send a queue's dead letters back to the queue they came from.

    Sent before deleted: a crash in between delivers one twice, which every consumer bears, and loses none. One after
    the other: the letters of a group of a FIFO queue stay in their order, and none passes one that could not be sent.
    """

    queue: Queue

    def __call__(self, target: str, *, limit: int) -> Counts:
        """Move up to `limit` letters to the queue with the URL `target`."""
        count: Counter[str] = Counter()

        def move(letter: Letter) -> None:
            self.queue.forward(letter, target)
            self.queue.delete(letter)
            count["letters"] += 1

        _each(self.queue, limit, move)
        return Counts(**count)


@dataclass(frozen=True)
class RedriveBatches:
    """Read again what Lambda reports of batches that a stream's consumer failed on, and handle it record by record.

    `handle` knows records that it has handled before. A batch is one letter: it stays until all of it is handled.
    """

    queue: Queue
    records: StreamRecords
    handle: Callable[[Mapping[str, Any]], object]

    def __call__(self, *, limit: int) -> Counts:
        """Handle up to `limit` letters; one that fails, or that the stream has forgotten, stays in the queue."""
        count: Counter[str] = Counter()

        def redrive(letter: Letter) -> None:
            count["letters"] += 1
            try:
                for record in self.records.records(orjson.loads(letter.body)["DDBStreamBatchInfo"]):
                    self.handle(record)
                    count["events"] += 1
            except UpstreamUnavailable:
                count["refused"] += 1
            except (HeddleError, ValueError, KeyError, TypeError):
                count["unreadable"] += 1
            else:
                self.queue.delete(letter)

        _each(self.queue, limit, redrive)
        return Counts(**count)


@dataclass(frozen=True)
class DropLetters:
    """Delete dead letters that there is nothing to do about any more, such as the calls of a timer."""

    queue: Queue

    def __call__(self, *, limit: int) -> Counts:
        """Delete up to `limit` letters."""
        count: Counter[str] = Counter()

        def drop(letter: Letter) -> None:
            self.queue.delete(letter)
            count["letters"] += 1

        _each(self.queue, limit, drop)
        return Counts(**count)


def _each(queue: Queue, limit: int, handle: Callable[[Letter], None]) -> None:
    done = 0
    while done < limit and (letters := queue.receive()):
        for letter in letters[: limit - done]:
            handle(letter)
            done += 1
