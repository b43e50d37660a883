"""A commit as an item of the event table, and back; also from the table's stream, for the relay.

    pk      tenant#type#id          first, last   versions of its first and last event
    sk      commit number           hash, previous
    kind    "commit"                body          canonical JSON of the commit, gzip if that helps
live    true, of a live run only

An item holds 400 KB at most. Where a commit is larger, the data of its largest events lie in the blob store, and
`{"$ref": {key, sha256, bytes}}` stands for them in the body. The hash covers the whole commit all the same.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson

from heddle.adapters.aws.dynamo import Item, from_item, pack, partition, to_item, unpack
from heddle.application.ports.blobs import BlobStore
from heddle.domain.events.chain import canonical, commit_json, event_from_json, measured
from heddle.domain.events.envelope import Commit, Event, StreamId
from heddle.domain.payload import PayloadRef
from heddle.errors import HeddleError

INLINE_BYTES = 300_000
"""Above this, event data go to the blob store. The rest of an item is a few hundred bytes, but it also travels in a
stream record and in a page of 1 MB."""

DATA_REF = "data_ref"
Load = Callable[[PayloadRef], bytes]


def commit_item(commit: Commit, blobs: BlobStore, *, live: bool = False) -> Item:
    """Return the item of a commit, having put what is too large for it into the blob store."""
    body = commit_json(commit.stream, commit.number, commit.recorded_at, commit.events, commit.meter)
    packed = pack(body)
    if len(packed) > INLINE_BYTES:
        packed = _smaller(body, commit.stream.tenant, blobs)
    return to_item(
        {
            "pk": partition(commit.stream.tenant, commit.stream.type, commit.stream.id),
            "sk": commit.number,
            "kind": "commit",
            "first": commit.events[0].version,
            "last": commit.events[-1].version,
            "hash": commit.hash,
            "previous": commit.previous_hash or None,
            "body": packed,
            # Beside the commit and not in it, where a filter on the table's stream sees it; the hash does not cover it.
            "live": True if live else None,
        }
    )


def _smaller(body: bytes, tenant: str, blobs: BlobStore) -> bytes:
    value = orjson.loads(body)
    sizes = {index: len(canonical(event["data"])) for index, event in enumerate(value["events"])}
    for index in sorted(sizes, key=lambda at: sizes[at], reverse=True):
        event = value["events"][index]
        ref = blobs.put(tenant, canonical(event.pop("data")), media_type="application/json", prefix="events")
        event[DATA_REF] = ref.to_json()["$ref"]
        packed = pack(canonical(value))
        if len(packed) <= INLINE_BYTES:
            break
    return packed


def commit_from_item(stream: StreamId, item: Item, load: Load | None) -> Commit:
    """Rebuild a commit as it was written, not upcast.

    Without `load`, data that lie elsewhere stay `{"$ref": …}`, which is what travels on the bus.
    Raises HeddleError with code `payload_corrupt` if the loaded bytes are not those that were stored.
    """
    values = from_item(item)
    body = orjson.loads(unpack(values["body"]))
    puts = sum(DATA_REF in event for event in body["events"])
    body["events"][-1]["meter"] = measured(body, len(values["body"]), puts)
    events = tuple(_event(stream, value, load) for value in body["events"])
    recorded = datetime.fromisoformat(body["recorded_at"])
    previous, digest = values.get("previous", ""), values["hash"]
    return Commit(stream, values["sk"], events, previous, digest, recorded, body.get("meter"))


def _event(stream: StreamId, value: dict[str, Any], load: Load | None) -> Event:
    kept = value.pop(DATA_REF, None)
    if kept is not None:
        ref = PayloadRef(**kept)
        value["data"] = ref.to_json() if load is None else orjson.loads(load(ref))
    return event_from_json(stream, value)


def loader(tenant: str, blobs: BlobStore) -> Load:
    """Return a function that loads a reference's bytes and checks their hash."""

    def load(ref: PayloadRef) -> bytes:
        data = blobs.get(tenant, ref.key)
        if hashlib.sha256(data).hexdigest() != ref.sha256:
            raise HeddleError(f"the object {ref.key!r} has changed since it was stored", code="payload_corrupt")
        return data

    return load


def stream_of(partition_key: str) -> StreamId:
    """Return the stream that a partition key names."""
    tenant, kind, stream_id = partition_key.split("#", 2)
    return StreamId(tenant, kind, stream_id)
