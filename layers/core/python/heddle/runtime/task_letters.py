"""From a message of the task queue, or a webhook, that failed for the last time to the letter that its tenant sees."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from heddle.domain.priority import NORMAL, PRIORITIES
from heddle.domain.webhooks.webhook import read_delivery
from heddle.runtime.queue_function import run_task, timer_due

if TYPE_CHECKING:
    from heddle.application.ports.task_letters import TaskLetter, TaskLetterStore

Record = dict[str, Any]

KILLED = "function_killed"
KILLED_REASON = "the function that handles it was ended before it could answer: out of time or of memory"


def keep_task_letter(
    store: "TaskLetterStore", now: Callable[[], datetime]
) -> Callable[[Record, str, str, int], "TaskLetter"]:
    """Return what keeps a record with the code and the reason of its last failure, and the number of its attempts.

    ValueError, KeyError or TypeError if the record is no message of these queues: there is no tenant to tell.
    """
    from heddle.application.ports.task_letters import TaskLetter

    def keep(record: Record, code: str, reason: str, attempts: int) -> TaskLetter:
        body = orjson.loads(record["body"])
        timer, delivery = timer_due(body), read_delivery(body)
        if delivery is not None:
            tenant, kind, subject = delivery.webhook.tenant, "webhook", delivery.webhook.id
        elif timer is not None:
            tenant, kind, subject = timer.tenant, "timer", timer.trigger_id
        else:
            run = run_task(body).run
            tenant, kind, subject = run["tenant"], "run", run["id"]
        given = body.get("priority")
        priority = given if given in PRIORITIES else NORMAL
        at = now().isoformat()
        letter = TaskLetter(record["messageId"], tenant, kind, subject, code, reason, attempts, at, body, priority)
        store.keep(letter)
        return letter

    return keep


def reason_of(record: Record) -> tuple[str, str]:
    """Return code and reason of a message whose last attempt said nothing.

    The bus and the scheduler say it in attributes of the message: what they could not deliver was never tried here.
    """
    said = {name: str(value.get("stringValue", "")) for name, value in record.get("messageAttributes", {}).items()}
    if "ERROR_CODE" in said:
        return said["ERROR_CODE"].lower(), said.get("ERROR_MESSAGE", "")[:500]
    return KILLED, KILLED_REASON
