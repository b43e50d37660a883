"""Show each tenant its dead letters: what the task queue gave up becomes a row that REST lists and redrives.

Trigger: SQS, the dead letters of the task queue
Out:     {"batchItemFailures": [...]}: what belongs to no tenant, which ends in dead letters for operators
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from heddle.runtime.clock import now
from heddle.runtime.queue_function import ATTEMPTS, each
from heddle.runtime.stores import Stores, StoreSettings
from heddle.runtime.task_letters import Record, keep_task_letter, reason_of

if TYPE_CHECKING:
    from heddle.application.ports.task_letters import TaskLetter


@cache
def keep() -> "Callable[[Record, str, str, int], TaskLetter]":
    """Build what keeps letters, once per sandbox; tests put their own in its place."""
    return keep_task_letter(Stores(StoreSettings.load()).task_letters, now)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Keep each message with what is known of its end, unless the attempt that failed last has said more."""
    return each(event, context, _keep)


def _keep(record: Record) -> str:
    letter = keep()(record, *reason_of(record), ATTEMPTS)
    return f"kept for {letter.kind} {letter.subject}"
