"""The event bus on EventBridge: source "heddle", the event's type as detail-type, its envelope as detail."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from botocore.exceptions import ClientError

from heddle.adapters.aws.dynamo import call
from heddle.application.ports.blobs import BlobStore
from heddle.domain.events.chain import envelope
from heddle.domain.events.envelope import Event
from heddle.errors import UpstreamUnavailable

if TYPE_CHECKING:
    from mypy_boto3_events.client import EventBridgeClient

SOURCE = "heddle"
ENTRIES_PER_CALL = 10
BYTES_PER_CALL = 256 * 1024
ENTRY_OVERHEAD = 64
"""EventBridge counts 14 bytes for the time, and the names; a little more is reckoned here."""


@dataclass(frozen=True)
class EventBridgeBus:
    """An EventBus. Data that would make an entry too large go to `blobs`, and their reference travels."""

    client: "EventBridgeClient"
    bus_name: str
    blobs: BlobStore

    def publish(self, events: Sequence[Event]) -> list[tuple[Event, str]]:
        refused: list[tuple[Event, str]] = []
        for batch in _batches([(event, self._entry(event)) for event in events]):
            refused += self._put(batch)
        return refused

    def _put(self, batch: Sequence[tuple[Event, dict[str, Any]]]) -> list[tuple[Event, str]]:
        try:
            reply = call(self.client.put_events, Entries=[entry for _, entry in batch])
        except (UpstreamUnavailable, ClientError) as error:
            return [(event, str(error)) for event, _ in batch]
        if not reply.get("FailedEntryCount"):
            return []
        # The reply's entries stand in the order of the request's.
        return [
            (event, f"{entry['ErrorCode']}: {entry.get('ErrorMessage', '')}")
            for (event, _), entry in zip(batch, reply["Entries"], strict=True)
            if entry.get("ErrorCode")
        ]

    def _entry(self, event: Event) -> dict[str, Any]:
        detail = envelope(event)
        text = orjson.dumps(detail)
        if len(text) + ENTRY_OVERHEAD + len(event.type) > BYTES_PER_CALL:
            data = orjson.dumps(event.data)
            ref = self.blobs.put(event.stream.tenant, data, media_type="application/json", prefix="events")
            text = orjson.dumps(detail | {"data": ref.to_json()})
        return {
            "Source": SOURCE,
            "DetailType": event.type,
            "Detail": text.decode(),
            "Time": event.occurred_at,
            "EventBusName": self.bus_name,
        }


def _batches(
    entries: Sequence[tuple[Event, dict[str, Any]]],
) -> Iterator[list[tuple[Event, dict[str, Any]]]]:
    batch: list[tuple[Event, dict[str, Any]]] = []
    size = 0
    for event, entry in entries:
        bytes_of = len(entry["Detail"].encode()) + len(entry["DetailType"]) + ENTRY_OVERHEAD
        if batch and (len(batch) == ENTRIES_PER_CALL or size + bytes_of > BYTES_PER_CALL):
            yield batch
            batch, size = [], 0
        batch.append((event, entry))
        size += bytes_of
    if batch:
        yield batch
