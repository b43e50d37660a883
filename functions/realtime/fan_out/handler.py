"""Find out who listens to what was added to topics, and tell the mailboxes of their shards.

Trigger   the realtime table's stream (new images), in order per topic
Out       {"batchItemFailures": [{"itemIdentifier": sequence number}]}: the first that failed, from which Lambda goes on
"""

from functools import cache
from typing import Any

from heddle.adapters.aws.topic_records import appended_of
from heddle.application.realtime.fan_out import FanOut
from heddle.errors import HeddleError
from heddle.runtime.logging import bind
from heddle.runtime.realtime import Realtime, RealtimeSettings


@cache
def fan_out() -> FanOut:
    """Build the use case once per sandbox; tests put their own in its place."""
    return Realtime(RealtimeSettings.load()).fan_out()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell of each record by itself; behind one that failed, its topic's others wait for it."""
    log, failures, waiting = bind(None, context), [], set()
    for record in event["Records"]:
        appended = appended_of(record)
        if appended is None:
            continue
        topic = (appended.tenant, appended.topic)
        if topic not in waiting:
            try:
                fan_out()(appended)
                continue
            except HeddleError as error:
                log.error("not fanned out", tenant=appended.tenant, topic=appended.topic, code=error.code)
                waiting.add(topic)
        failures.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
    return {"batchItemFailures": failures}
