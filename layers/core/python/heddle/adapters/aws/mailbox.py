"""Mailboxes of actors, by an SQS FIFO queue: a group is an actor, its messages come in order and one at a time."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from heddle.adapters.aws.dynamo import call

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


@dataclass(frozen=True)
class SqsMailbox:
    """A Mailbox. Groups and ids are hashed: SQS takes 128 characters of ASCII, and a topic's name may have more."""

    client: "SQSClient"
    queue_url: str

    def send(self, group: str, message: Mapping[str, Any], *, once: str) -> None:
        body = orjson.dumps({"group": group, **message}).decode()
        call(
            self.client.send_message,
            QueueUrl=self.queue_url,
            MessageBody=body,
            MessageGroupId=_short(group),
            MessageDeduplicationId=_short(once),
        )


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
