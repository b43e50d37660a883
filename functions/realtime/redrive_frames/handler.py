"""Redrive what the realtime service put aside: messages to their mailboxes, batches of streams to what reads them.

Trigger   an operator (aws lambda invoke, `heddle redrive`), nobody else
Input     {"queue": URL, "target": URL}                          move messages back to their mailboxes, in their order
          {"queue": URL, "batches": "fan_out" | "publish_run"}   handle failed batches of a stream again
          {"queue": URL, "drop": true}                           delete letters that nothing is to be done about
          plus "limit": how many at most (default 1000)
Output    {"letters", "events", "refused", "unreadable"}

What was for connections that are gone by now is handled too, and reaches nobody: who acts looks whether they are there.
"""

import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from heddle.adapters.aws.dead_letters import SqsQueue
from heddle.adapters.aws.positions import DynamoPositions
from heddle.adapters.aws.stream_records import DynamoStreamRecords, commit_of, is_live
from heddle.adapters.aws.topic_records import appended_of
from heddle.application.history.redrive import DropLetters, MoveLetters, RedriveBatches
from heddle.application.realtime.publish_run import PublishRun
from heddle.runtime.clients import client
from heddle.runtime.logging import bind
from heddle.runtime.realtime import Realtime, RealtimeSettings

LIMIT = 1000


@cache
def realtime() -> Realtime:
    """Build the service's parts once per sandbox; tests put their own in its place."""
    return Realtime(RealtimeSettings.load())


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Do what the operator asks; idempotent, so it can be asked again."""
    queue, limit = SqsQueue(client("sqs"), event["queue"]), int(event.get("limit") or LIMIT)
    if event.get("drop"):
        counts = DropLetters(queue)(limit=limit)
    elif event.get("target"):
        counts = MoveLetters(queue)(event["target"], limit=limit)
    else:
        handle = READERS[event["batches"]]()
        counts = RedriveBatches(queue, DynamoStreamRecords(client("dynamodbstreams")), handle)(limit=limit)
    bind(None, context).info("redriven", extra={"asked": event} | counts.to_json())
    return counts.to_json()


def fan_out() -> Callable[[Mapping[str, Any]], object]:
    """Return what tells the mailboxes of those who listen."""
    tell = realtime().fan_out()

    def handle(record: Mapping[str, Any]) -> None:
        appended = appended_of(record)
        if appended is not None:
            tell(appended)

    return handle


def publish_run() -> Callable[[Mapping[str, Any]], object]:
    """Return what adds commits of live runs to topics."""
    settings = RealtimeSettings.load()
    publish = PublishRun(realtime().topics, DynamoPositions(client("dynamodb"), settings.connections_table, time.time))

    def handle(record: Mapping[str, Any]) -> None:
        commit = commit_of(record) if is_live(record) else None
        if commit is not None and commit.stream.type == "run":
            publish(commit)

    return handle


READERS = {"fan_out": fan_out, "publish_run": publish_run}
