"""The task queue, by SQS: one standard queue for each priority."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from heddle.adapters.aws.dynamo import call
from heddle.application.execution.step import RunRef
from heddle.domain.priority import NORMAL

MAX_DELAY_SECONDS = 900


@dataclass(frozen=True)
class SqsTaskQueue:
    """A TaskQueue on standard queues.

    The tenant is the message group: on a standard queue that does not order anything, it makes the queue *fair*, so
    that a tenant with a backlog does not make the others wait. Each priority has a queue of its own; one that
    `priority_urls` does not name uses `queue_url`.
    """

    client: Any
    queue_url: str
    priority_urls: Mapping[str, str] = field(default_factory=dict)

    def send(self, run: RunRef, *, reason: str, delay_seconds: int = 0, priority: str = NORMAL) -> None:
        message = {"run": run, "reason": reason, "priority": priority}
        self._send(run["tenant"], message, priority, delay_seconds)

    def send_again(self, tenant: str, message: Mapping[str, Any], *, priority: str = NORMAL) -> None:
        self._send(tenant, message, priority, 0)

    def _send(self, tenant: str, message: Mapping[str, Any], priority: str, delay_seconds: int) -> None:
        call(
            self.client.send_message,
            QueueUrl=self.priority_urls.get(priority, self.queue_url),
            MessageBody=orjson.dumps(message).decode(),
            MessageGroupId=tenant,
            DelaySeconds=min(delay_seconds, MAX_DELAY_SECONDS),
        )
