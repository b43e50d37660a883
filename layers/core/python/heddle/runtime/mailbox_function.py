"""What functions fed by a FIFO queue have in common: order within a group, and no group in another's way."""

import time
from collections.abc import Callable
from typing import Any

import orjson

from heddle.errors import HeddleError
from heddle.runtime.logging import bind

ATTEMPTS = 3
"""How often a message is delivered before it is put aside (infra: maxReceiveCount)."""


def each_in_order(
    event: dict[str, Any],
    context: Any,
    handle: Callable[[dict[str, Any]], object],
    give_up: Callable[[dict[str, Any], str], None] = lambda message, error: None,
) -> dict[str, Any]:
    """Handle the records of an SQS event group by group; returns those to be delivered again.

    A message that fails, whatever the reason, is that message's alone: those behind it in its group wait for it, other
    groups do not. `give_up` hears of a message that failed for the last time, before it goes to the dead letters.
    """
    log = bind(None, context)
    failures: list[dict[str, str]] = []
    waiting: set[str] = set()
    for record in event["Records"]:
        attributes = record.get("attributes", {})
        group = attributes.get("MessageGroupId", record["messageId"])
        if group in waiting:
            failures.append({"itemIdentifier": record["messageId"]})
            continue
        begun = time.perf_counter()
        message: dict[str, Any] = {}
        try:
            message = orjson.loads(record["body"])
            outcome = handle(message)
        except Exception as error:  # the border between messages
            code = error.code if isinstance(error, HeddleError) else type(error).__name__
            log.exception("message failed", code=code, message_id=record["messageId"])
            if int(attributes.get("ApproximateReceiveCount", 1)) >= ATTEMPTS:
                give_up(message, code)
            waiting.add(group)
            failures.append({"itemIdentifier": record["messageId"]})
        else:
            log.debug("message", outcome=outcome, duration_ms=round((time.perf_counter() - begun) * 1000, 1))
    return {"batchItemFailures": failures}
