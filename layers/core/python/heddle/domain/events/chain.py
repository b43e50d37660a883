"""The JSON of commits and the hash that chains them: what is stored, what is proved, what travels.

    hash(n) = SHA-256( hash(n - 1) + newline + canonical JSON of commit n )        hash(0) = ""

Canonical means: keys sorted, no white space, UTF-8, times in UTC as ISO 8601. The JSON holds every event whole, also
when an adapter stores a large one elsewhere, so that nothing can be exchanged behind a reference.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from heddle.domain.events.envelope import Commit, Event, Metadata, StreamId

_CANONICAL = orjson.OPT_SORT_KEYS


def canonical(value: Any) -> bytes:
    """Return the one JSON text of a value; TypeError if it is not JSON."""
    return orjson.dumps(value, option=_CANONICAL)


def event_json(event: Event) -> dict[str, Any]:
    """Return an event as it lies in a commit: without the stream, which the commit names once."""
    return _event_json(event, _metadata_json(event.metadata))


def _metadata_json(metadata: Metadata) -> dict[str, Any]:
    return {
        "correlation_id": metadata.correlation_id,
        "causation_id": metadata.causation_id,
        "principal": metadata.principal,
        "source": metadata.source,
    }


def _event_json(event: Event, metadata: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": event.id,
        "version": event.version,
        "type": event.type,
        "schema_version": event.schema_version,
        "data": event.data,
        "metadata": metadata,
        "occurred_at": event.occurred_at,
    }


def event_from_json(stream: StreamId, value: Mapping[str, Any]) -> Event:
    """Rebuild an event from what `event_json` became in JSON."""
    return Event(
        id=value["id"],
        stream=stream,
        version=value["version"],
        type=value["type"],
        schema_version=value["schema_version"],
        data=value["data"],
        metadata=Metadata(**value["metadata"]),
        occurred_at=datetime.fromisoformat(value["occurred_at"]),
        meter=value.get("meter"),
    )


def envelope(event: Event) -> dict[str, Any]:
    """Return an event as it travels on the bus and in the API: with its stream, all plain JSON values."""
    stream = event.stream
    metered = {} if event.meter is None else {"meter": event.meter}
    return event_json(event) | {
        "tenant": stream.tenant,
        "stream": {"type": stream.type, "id": stream.id},
        "occurred_at": event.occurred_at.isoformat(),
        **metered,
    }


def event_from_envelope(value: Mapping[str, Any]) -> Event:
    """Rebuild an event from its envelope."""
    stream = value["stream"]
    return event_from_json(StreamId(value["tenant"], stream["type"], stream["id"]), value)


def commit_json(
    stream: StreamId,
    number: int,
    recorded_at: datetime,
    events: tuple[Event, ...],
    meter: dict[str, Any] | None = None,
) -> bytes:
    """Return the canonical JSON of a commit: the bytes that its hash covers. Without a meter it names none."""
    written: Metadata | None = None  # all events of a commit usually have the same
    metadata: dict[str, Any] = {}
    values = []
    for event in events:
        if event.metadata is not written:
            written, metadata = event.metadata, _metadata_json(event.metadata)
        values.append(_event_json(event, metadata))
    commit: dict[str, Any] = {"stream": stream.key, "number": number, "recorded_at": recorded_at, "events": values}
    if meter is not None:
        commit["meter"] = meter
    return canonical(commit)


def chain_hash(previous_hash: str, commit: bytes) -> str:
    """Return the hash (hex) of a commit's canonical JSON behind the commit with `previous_hash`."""
    return hashlib.sha256(previous_hash.encode() + b"\n" + commit).hexdigest()


def hash_of(commit: Commit) -> str:
    """Return the hash that a commit must have, given its content and the hash before it."""
    return chain_hash(
        commit.previous_hash, commit_json(commit.stream, commit.number, commit.recorded_at, commit.events, commit.meter)
    )


def measured(value: Mapping[str, Any], size: int, puts: int = 0) -> dict[str, Any]:
    """Return the meter of a stored commit's last event: what the commit's JSON says of it, and how large it lies."""
    meter = {**(value.get("meter") or {}), "events": len(value["events"]), "bytes": size}
    return meter | {"puts": puts} if puts else meter
