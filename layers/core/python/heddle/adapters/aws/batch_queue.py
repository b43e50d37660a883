"""Tasks of batches, by SQS: one standard queue for each operation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from heddle.adapters.aws.dynamo import call
from heddle.application.ports.batches import Task

MAX_DELAY_SECONDS = 900


@dataclass(frozen=True)
class SqsBatchQueue:
    """A BatchQueue.

    The tenant is the message group, which makes a standard queue fair: a large batch of one tenant does not make the
    others wait.
    """

    client: Any
    urls: Mapping[str, str]

    def send(self, task: Task, *, delay_seconds: int = 0) -> None:
        call(
            self.client.send_message,
            QueueUrl=self.urls[task.operation],
            MessageBody=orjson.dumps(task.to_json()).decode(),
            MessageGroupId=task.tenant,
            DelaySeconds=min(delay_seconds, MAX_DELAY_SECONDS),
        )
