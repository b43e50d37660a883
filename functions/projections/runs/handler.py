"""Projection: run summaries and node records, from the events of runs.

Trigger   rule on the bus (source heddle, stream type run) → SQS
Input     SQS records whose bodies are EventBridge events; `detail` is the envelope
Output    {"batchItemFailures": [{"itemIdentifier": message id}]}
"""

from collections import defaultdict
from functools import cache
from typing import Any

import orjson

from heddle.adapters.aws.runs import DynamoRunStore
from heddle.application.projections.project_run import ProjectRun
from heddle.domain.events.chain import event_from_envelope
from heddle.domain.events.envelope import Event, StreamId
from heddle.errors import HeddleError
from heddle.runtime.clients import client
from heddle.runtime.logging import bind
from heddle.runtime.stores import Stores, StoreSettings


@cache
def use_case() -> ProjectRun:
    """Build the use case once per sandbox."""
    settings = StoreSettings.load()
    stores = Stores(settings)
    return ProjectRun(DynamoRunStore(client("dynamodb"), settings.runs_table), stores.events, stores.catalog)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Apply the batch run by run, so that a run that fails fails alone."""
    log, project = bind(None, context), use_case()
    failed: list[str] = []
    messages: defaultdict[StreamId, list[str]] = defaultdict(list)
    events: defaultdict[StreamId, list[Event]] = defaultdict(list)
    for record in event["Records"]:
        try:
            fact = event_from_envelope(orjson.loads(record["body"])["detail"])
        except (ValueError, KeyError, TypeError):
            log.exception("not an event of ours", message_id=record["messageId"])
            failed.append(record["messageId"])
            continue
        messages[fact.stream].append(record["messageId"])
        events[fact.stream].append(fact)
    for stream, ids in messages.items():
        try:
            position = project(stream, events[stream])
            log.debug("projected", tenant=stream.tenant, run_id=stream.id, position=position)
        except HeddleError as error:
            log.error("not projected", tenant=stream.tenant, run_id=stream.id, code=error.code, reason=error.message)
            failed += ids
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}
