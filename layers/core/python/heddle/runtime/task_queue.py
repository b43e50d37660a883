"""The task queue as a function's environment names it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from heddle.runtime.clients import client
from heddle.runtime.settings import Settings

if TYPE_CHECKING:
    from heddle.application.ports.dispatch import TaskQueue


@dataclass(frozen=True, kw_only=True)
class QueueSettings(Settings):
    """Where runs are asked for: TASK_QUEUE_URL is for those of normal priority, PRIORITY_QUEUE_URLS for the others."""

    task_queue_url: str
    priority_queue_urls: dict[str, str] = field(default_factory=dict)


def task_queue_of(settings: QueueSettings) -> "TaskQueue":
    """Return the task queue."""
    from heddle.adapters.aws.queue import SqsTaskQueue

    return SqsTaskQueue(client("sqs"), settings.task_queue_url, settings.priority_queue_urls)
