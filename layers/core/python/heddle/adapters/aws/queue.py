"""The task queue, by SQS."""

from dataclasses import dataclass
from typing import Any

import orjson

from heddle.adapters.aws.dynamo import call
from heddle.application.execution.step import RunRef

MAX_DELAY_SECONDS = 900


@dataclass(frozen=True)
class SqsTaskQueue:
    """A TaskQueue on a standard queue.

    The tenant is the message group: on a standard queue that does not order anything, it makes the queue *fair*, so
    that a tenant with a backlog does not make the others wait.
    """

    client: Any
    queue_url: str

    def send(self, run: RunRef, *, reason: str, delay_seconds: int = 0) -> None:
        body = orjson.dumps({"run": run, "reason": reason}).decode()
        call(
            self.client.send_message,
            QueueUrl=self.queue_url,
            MessageBody=body,
            MessageGroupId=run["tenant"],
            DelaySeconds=min(delay_seconds, MAX_DELAY_SECONDS),
        )
