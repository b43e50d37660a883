"""Redrive: publish the relay's dead letters again, move another consumer's back to its queue, or drop them.

Trigger   an operator (aws lambda invoke), nobody else
Input     {}                                            the relay's own letters
          {"queue": URL}                                letters or failed batches of the relay in another queue
          {"queue": URL, "target": URL}                 move letters back to the queue they came from
          {"queue": URL, "drop": true}                  delete letters that nothing is to be done about
          plus "limit": how many at most (default 1000)
Output    {"letters", "events", "refused", "unreadable"}
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from heddle.adapters.aws.bus import EventBridgeBus
from heddle.adapters.aws.dead_letters import SqsQueue
from heddle.adapters.aws.events import DynamoEventStore
from heddle.adapters.aws.stream_records import DynamoStreamRecords
from heddle.application.history.redrive import DropLetters, MoveLetters, RedriveRelay
from heddle.runtime.clients import client
from heddle.runtime.lazy import LazyBlobStore
from heddle.runtime.logging import bind
from heddle.runtime.settings import Settings

LIMIT = 1000


@dataclass(frozen=True)
class RedriveSettings(Settings):
    """Where commits lie, where events go, and where the relay's dead letters are."""

    event_table: str
    event_bus: str
    relay_dlq_url: str
    payload_bucket: str


@cache
def settings() -> RedriveSettings:
    """Read the environment once per sandbox."""
    return RedriveSettings.load()


def relay(url: str) -> RedriveRelay:
    """Build the use case for a queue."""
    blobs = LazyBlobStore(settings().payload_bucket)
    return RedriveRelay(
        SqsQueue(client("sqs"), url),
        DynamoEventStore(client("dynamodb"), settings().event_table, blobs),
        DynamoStreamRecords(client("dynamodbstreams")),
        EventBridgeBus(client("events"), settings().event_bus, blobs),
    )


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Do what the operator asks; idempotent, so it can be asked again."""
    log = bind(None, context)
    queue, target = event.get("queue") or settings().relay_dlq_url, event.get("target")
    limit = int(event.get("limit") or LIMIT)
    letters = SqsQueue(client("sqs"), queue)
    if event.get("drop"):
        counts = DropLetters(letters)(limit=limit)
    else:
        counts = MoveLetters(letters)(target, limit=limit) if target else relay(queue)(limit=limit)
    log.info("redriven", extra={"queue": queue, "target": target} | counts.to_json())
    return counts.to_json()
