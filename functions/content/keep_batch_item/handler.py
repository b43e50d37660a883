"""Say of an item at which every worker failed that it failed, and let its lane go on: nothing of a batch is lost.

Trigger: SQS, the dead letters of both operations; the body is a Task (heddle/application/ports/batches.py)
Out:     {"batchItemFailures": [...]}: what cannot be kept either, which ends in dead letters for operators
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from heddle.application.ports.batches import Task
from heddle.runtime.batch_function import each_task, give_up_of
from heddle.runtime.batch_settings import BatchSettings


@cache
def give_up() -> Callable[[Task], str]:
    """Build the use case once per sandbox; tests put their own in its place."""
    return give_up_of(BatchSettings.load())


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See to each task."""
    return each_task(event, context, _give_up)


def _give_up(task: Task, again: bool) -> str:
    return give_up()(task)
