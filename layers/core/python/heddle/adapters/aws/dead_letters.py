"""Dead-letter queues on SQS: what the relay writes, and what redrive empties."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from botocore.exceptions import ClientError

from heddle.adapters.aws.dynamo import call
from heddle.application.history.ports import DeadLetter, Letter
from heddle.errors import UpstreamUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

HIDDEN_SECONDS = 120
"""How long a received letter stays hidden; one that could not be handled is there again afterwards."""


@dataclass(frozen=True)
class SqsDeadLetters:
    """A DeadLetters in one queue."""

    client: "SQSClient"
    url: str

    def send(self, letter: DeadLetter) -> None:
        try:
            call(self.client.send_message, QueueUrl=self.url, MessageBody=orjson.dumps(letter.to_json()).decode())
        except ClientError as error:
            raise UpstreamUnavailable(f"the dead-letter queue refused: {error}") from error


@dataclass(frozen=True)
class SqsQueue:
    """A Queue."""

    client: "SQSClient"
    url: str

    def receive(self) -> list[Letter]:
        reply = call(
            self.client.receive_message,
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["MessageGroupId"],
        )
        return [
            Letter(
                message["ReceiptHandle"],
                message["Body"],
                {
                    "message": message.get("MessageAttributes", {}),
                    "group": message.get("Attributes", {}).get("MessageGroupId"),
                    "id": message["MessageId"],
                },
            )
            for message in reply.get("Messages", ())
        ]

    def delete(self, letter: Letter) -> None:
        call(self.client.delete_message, QueueUrl=self.url, ReceiptHandle=letter.receipt)

    def forward(self, letter: Letter, target: str) -> None:
        # The group keeps a fair queue fair: without it a tenant's letters would count as nobody's.
        extra: dict[str, Any] = {"MessageAttributes": letter.attributes["message"]}
        if letter.attributes["group"] is not None:
            extra["MessageGroupId"] = letter.attributes["group"]
        if target.endswith(".fifo"):
            # Not the id that it was sent with: the queue may remember that one, and would swallow the message.
            extra["MessageDeduplicationId"] = f"redriven-{letter.attributes['id']}"
        call(self.client.send_message, QueueUrl=target, MessageBody=letter.body, **extra)
