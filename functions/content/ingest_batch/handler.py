"""Make documents of the items of batches, and look again later how far each is.

Trigger: SQS queue of the operation `ingest`; the body is a Task (heddle/application/ports/batches.py)
Out:     {"batchItemFailures": [...]}: what fails comes again, and in the end to keep_batch_item
"""

from functools import cache
from typing import Any

from heddle.application.batches.work import Work
from heddle.application.ports.batches import Task
from heddle.runtime.batch_function import IngestBatchSettings, each_task, ingest_batch_of


@cache
def work() -> Work:
    """Build the use case once per sandbox; tests put their own in its place."""
    return ingest_batch_of(IngestBatchSettings.load())


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do what each task asks for."""
    return each_task(event, context, _work)


def _work(task: Task, again: bool) -> str:
    return work()(task, again=again)
