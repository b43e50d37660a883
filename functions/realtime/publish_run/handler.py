"""Add what live runs do to their topics.

Trigger   the event table's stream, filtered to commits of live runs: the others call nobody
Input     DynamoDB stream records
Output    {"batchItemFailures": [{"itemIdentifier": sequence number}]}
"""

import time
from functools import cache
from typing import Any

from heddle.adapters.aws.positions import DynamoPositions
from heddle.adapters.aws.stream_records import commit_of, is_live
from heddle.application.realtime.publish_run import PublishRun
from heddle.errors import HeddleError
from heddle.runtime.clients import client
from heddle.runtime.logging import bind
from heddle.runtime.realtime import Realtime, RealtimeSettings


@cache
def publish_run() -> PublishRun:
    """Build the use case once per sandbox; tests put their own in its place."""
    settings = RealtimeSettings.load()
    positions = DynamoPositions(client("dynamodb"), settings.connections_table, time.time)
    return PublishRun(Realtime(settings).topics, positions)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Publish each commit by itself; behind one that failed, its run's others wait for it."""
    log, failures, waiting = bind(None, context), [], set()
    for record in event["Records"]:
        # The stream's filter says the same; an emulator without filters would show every run.
        commit = commit_of(record) if is_live(record) else None
        if commit is None or commit.stream.type != "run":
            continue
        if commit.stream not in waiting:
            try:
                publish_run()(commit)
                continue
            except HeddleError as error:
                log.error("not published", tenant=commit.stream.tenant, run_id=commit.stream.id, code=error.code)
                waiting.add(commit.stream)
        failures.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
    return {"batchItemFailures": failures}
