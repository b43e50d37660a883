"""What the relay's dead letters and the queues that redrive empties promise, on AWS."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from heddle.adapters.aws.dead_letters import SqsDeadLetters, SqsQueue
from heddle.application.history.ports import DeadLetter
from heddle.application.history.redrive import MoveLetters
from tests.contract.aws import Stores
from tests.contract.benches import take

LETTER = DeadLetter("acme#run#r", 3, ("e1", "e2"), "why")


@contextmanager
def two_queues(aws: Stores) -> Iterator[tuple[Any, str, str]]:
    """Make two queues; yields the client and their URLs."""
    sqs = aws.clients("sqs")
    source, target = (sqs.create_queue(QueueName=f"contract-{uuid.uuid4().hex[:8]}")["QueueUrl"] for _ in "ab")
    yield sqs, source, target
    for url in (source, target):
        sqs.delete_queue(QueueUrl=url)


def test_a_letter_is_read_as_it_was_kept_until_it_is_deleted(aws: Stores) -> None:
    with two_queues(aws) as (sqs, url, _):
        SqsDeadLetters(sqs, url).send(LETTER)

        (letter,) = SqsQueue(sqs, url).receive()
        hidden = SqsQueue(sqs, url).receive()
        SqsQueue(sqs, url).delete(letter)

        assert json.loads(letter.body) == LETTER.to_json()
        assert hidden == [], "whoever received it has time to deal with it"


def test_a_letter_that_moves_takes_its_group_and_attributes_along(aws: Stores) -> None:
    said = {"reason": {"StringValue": "requested", "DataType": "String"}}
    with two_queues(aws) as (sqs, source, target):
        sqs.send_message(QueueUrl=source, MessageBody="work", MessageGroupId="acme", MessageAttributes=said)

        (letter,) = SqsQueue(sqs, source).receive()
        SqsQueue(sqs, source).forward(letter, target)

        (moved,) = SqsQueue(sqs, target).receive()
        assert (moved.body, moved.attributes["group"]) == ("work", "acme")
        assert moved.attributes["message"]["reason"]["StringValue"] == "requested"


def test_a_letter_without_a_group_moves_without_one(aws: Stores) -> None:
    with two_queues(aws) as (sqs, source, target):
        sqs.send_message(QueueUrl=source, MessageBody="work")

        (letter,) = SqsQueue(sqs, source).receive()
        SqsQueue(sqs, source).forward(letter, target)

        assert [message["Body"] for message in take(sqs, target, 1)] == ["work"]


def test_letters_of_a_queue_with_order_move_in_it_even_where_they_were_just_sent(aws: Stores) -> None:
    sqs = aws.clients("sqs")
    name = f"contract-{uuid.uuid4().hex[:8]}"
    source, target = (
        sqs.create_queue(QueueName=f"{name}{kind}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"] for kind in "ab"
    )
    for number in range(3):
        # As the mailbox sent it before it was given up: the queue remembers its id for five minutes.
        once = {"MessageGroupId": "connection", "MessageDeduplicationId": f"once-{number}"}
        sqs.send_message(QueueUrl=target, MessageBody="sent before", **once)
        sqs.send_message(QueueUrl=source, MessageBody=str(number), **once)
    sqs.purge_queue(QueueUrl=target)

    counts = MoveLetters(SqsQueue(sqs, source))(target, limit=10)

    moved = SqsQueue(sqs, target).receive()
    assert counts.letters == 3
    assert [(letter.body, letter.attributes["group"]) for letter in moved] == [
        ("0", "connection"),
        ("1", "connection"),
        ("2", "connection"),
    ]
    for url in (source, target):
        sqs.delete_queue(QueueUrl=url)
