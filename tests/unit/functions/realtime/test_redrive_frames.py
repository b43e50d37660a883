"""Redriving of the realtime service: what it is asked for, and which records of a batch concern whom."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from functions.realtime.redrive_frames import handler
from heddle.application.history.ports import Letter
from heddle.application.realtime.fan_out import Appended
from tests.support.lambdas import Context

APPENDED = {
    "eventName": "INSERT",
    "dynamodb": {"NewImage": {"pk": {"S": "acme#log#room"}, "sk": {"N": "4"}, "last": {"N": "6"}}},
}
REMOVED = {"eventName": "REMOVE", "dynamodb": {}}


class Queue:
    """Dead letters in a list."""

    def __init__(self, *bodies: dict[str, Any]) -> None:
        self.letters = [Letter(str(number), json.dumps(body), {}) for number, body in enumerate(bodies)]
        self.forwarded: list[tuple[str, str]] = []
        self._given = False

    def receive(self) -> list[Letter]:
        given, self._given = self._given, True
        return [] if given else list(self.letters)

    def delete(self, letter: Letter) -> None:
        self.letters.remove(letter)

    def forward(self, letter: Letter, target: str) -> None:
        self.forwarded.append((target, letter.receipt))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that calls the handler about a queue of its own."""
    monkeypatch.setattr(handler, "client", lambda service: None)

    def ask(queue: Queue, **event: Any) -> dict[str, int]:
        monkeypatch.setattr(handler, "SqsQueue", lambda client, url: queue)
        return handler.lambda_handler({"queue": "https://letters", **event}, Context())

    return ask


def test_messages_go_back_to_their_mailboxes_one_after_the_other(asked: Any) -> None:
    queue = Queue({"n": 1}, {"n": 2})

    assert asked(queue, target="https://mailbox.fifo")["letters"] == 2
    assert queue.forwarded == [("https://mailbox.fifo", "0"), ("https://mailbox.fifo", "1")]
    assert queue.letters == []


def test_calls_of_a_timer_are_dropped(asked: Any) -> None:
    queue = Queue({})

    assert asked(queue, drop=True)["letters"] == 1
    assert (queue.letters, queue.forwarded) == ([], [])


def test_a_failed_batch_is_told_to_those_who_listen_again(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Appended] = []
    stream = SimpleNamespace(records=lambda position: iter([APPENDED, REMOVED]))
    monkeypatch.setattr(handler, "DynamoStreamRecords", lambda client: stream)
    monkeypatch.setattr(handler, "realtime", lambda: SimpleNamespace(fan_out=lambda: told.append))
    queue = Queue({"DDBStreamBatchInfo": {}})

    counts = asked(queue, batches="fan_out")

    assert (counts["letters"], counts["unreadable"], queue.letters) == (1, 0, [])
    assert [(each.tenant, each.first, each.last) for each in told] == [("acme", 4, 6)]


def test_a_batch_of_nobody_is_refused(asked: Any) -> None:
    with pytest.raises(KeyError):
        asked(Queue({}), batches="nobody")
