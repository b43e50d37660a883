"""Relay: every commit of the event table, to the bus.

Trigger   the event table's stream (new images of kind "commit")
Input     DynamoDB stream records
Output    {"batchItemFailures": [{"itemIdentifier": sequence number}]}: only records that could neither be published
          nor kept as dead letters. One bad record never holds back the others.
"""

import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from heddle.adapters.aws.bus import EventBridgeBus
from heddle.adapters.aws.dead_letters import SqsDeadLetters
from heddle.adapters.aws.stream_records import commit_of
from heddle.application.history.ports import DeadLetter
from heddle.application.history.publish_commit import PublishCommit
from heddle.errors import HeddleError
from heddle.runtime.clients import client
from heddle.runtime.lazy import LazyBlobStore
from heddle.runtime.logging import bind
from heddle.runtime.settings import Settings


@dataclass(frozen=True)
class RelaySettings(Settings):
    """Where events go, and where those that are refused go."""

    event_bus: str
    relay_dlq_url: str
    payload_bucket: str


@cache
def use_case() -> PublishCommit:
    """Build the use case once per sandbox."""
    settings = RelaySettings.load()
    bus = EventBridgeBus(client("events"), settings.event_bus, LazyBlobStore(settings.payload_bucket))
    return PublishCommit(bus, SqsDeadLetters(client("sqs"), settings.relay_dlq_url), time.sleep)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Publish each record's commit by itself."""
    log, publish = bind(None, context), use_case()
    failures = []
    for record in event["Records"]:
        keys = record["dynamodb"].get("Keys", {})
        try:
            try:
                commit = commit_of(record)
            except (HeddleError, ValueError, KeyError, TypeError) as error:
                # Nobody can read it, today or at the tenth attempt: kept with its key, so that the others go on.
                log.exception("unreadable commit", keys=keys)
                letter = DeadLetter(keys["pk"]["S"], int(keys["sk"]["N"]), (), f"unreadable: {error!r}")
                publish.dead_letters.send(letter)
                continue
            if commit is not None:
                taken = publish(commit)
                log.debug("published", stream=commit.stream.key, commit=commit.number, events=taken)
        except HeddleError as error:
            log.error("neither published nor kept", keys=keys, code=error.code, reason=error.message)
            failures.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
    return {"batchItemFailures": failures}
