"""The event store in memory: a real one, with commits, conflicts, snapshots and the hash chain.

Events are kept as the canonical JSON that the hash covers and decoded anew for every reader, so no one can change
history through an object they were given, and what is not JSON is refused as it would be by a database.
"""

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from heddle import records
from heddle.adapters.ulids import ulids
from heddle.application.ports.events import NewEvent
from heddle.domain.events.chain import chain_hash, commit_json, event_from_json, measured
from heddle.domain.events.codec import upcast
from heddle.domain.events.envelope import Commit, Event, History, Metadata, Snapshot, StreamId
from heddle.errors import InvalidInput, VersionConflict


def _utc_now() -> datetime:
    return datetime.now(UTC)


@records.dataclass(slots=True)
class _Stream:
    bodies: list[bytes] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    last_versions: list[int] = field(default_factory=list)


@dataclass
class MemoryEventStore:
    """An EventStore; `now` gives the time of recording."""

    now: Callable[[], datetime] = _utc_now
    _streams: dict[str, _Stream] = field(default_factory=dict)
    _snapshots: dict[tuple[str, int], Snapshot] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, stream: StreamId, *, after: int = 0) -> History:
        with self._lock:
            stored = self._streams.get(stream.key)
            if stored is None:
                return History(stream, ())
            skipped = bisect_right(stored.last_versions, after)
            bodies = stored.bodies[skipped:]
            version, number, head = stored.last_versions[-1], len(stored.bodies), stored.hashes[-1]
        events = []
        for body in bodies:
            commit = orjson.loads(body)
            commit["events"][-1]["meter"] = measured(commit, len(body))
            for value in commit["events"]:
                if value["version"] > after:
                    value["data"], value["schema_version"] = upcast(
                        value["type"], value["data"], value["schema_version"]
                    )
                    events.append(event_from_json(stream, value))
        return History(stream, tuple(events), version, number, head)

    def append(
        self,
        history: History,
        events: Sequence[NewEvent],
        metadata: Metadata,
        meter: dict[str, Any] | None = None,
        *,
        live: bool = False,
    ) -> Commit:
        if not events:
            raise InvalidInput("a commit has at least one event", code="empty_commit")
        stream, number, at = history.stream, history.commit + 1, self.now()
        committed = tuple(
            [
                Event(event_id, stream, version, new.type, new.schema_version, new.data, metadata, new.occurred_at)
                for version, (new, event_id) in enumerate(
                    zip(events, ulids(len(events), at), strict=True), history.version + 1
                )
            ]
        )
        body = commit_json(stream, number, at, committed, meter)
        with self._lock:
            stored = self._streams.get(stream.key) or _Stream()
            head = stored.hashes[-1] if stored.hashes else ""
            last = stored.last_versions[-1] if stored.last_versions else 0
            if len(stored.bodies) != history.commit or last != history.version or head != history.head_hash:
                raise VersionConflict(
                    f"{stream.type} {stream.id} is at commit {len(stored.bodies)}, not {history.commit}",
                    expected=history.commit,
                    actual=len(stored.bodies),
                )
            digest = chain_hash(head, body)
            stored.bodies.append(body)
            stored.hashes.append(digest)
            stored.last_versions.append(committed[-1].version)
            self._streams[stream.key] = stored
        return Commit(stream, number, committed, head, digest, at, meter)

    def commits(self, stream: StreamId) -> Iterator[Commit]:
        with self._lock:
            stored = self._streams.get(stream.key) or _Stream()
            kept = list(zip(stored.bodies, stored.hashes, strict=True))
        previous = ""
        for body, digest in kept:
            value = orjson.loads(body)
            meter = value.get("meter")
            value["events"][-1]["meter"] = measured(value, len(body))
            events = tuple(event_from_json(stream, event) for event in value["events"])
            recorded = datetime.fromisoformat(value["recorded_at"])
            yield Commit(stream, value["number"], events, previous, digest, recorded, meter)
            previous = digest

    def streams(self, tenant: str, type: str) -> Iterator[StreamId]:
        with self._lock:
            keys = list(self._streams)
        for key in keys:
            owner, kind, stream_id = key.split("#", 2)
            if (owner, kind) == (tenant, type):
                yield StreamId(tenant, type, stream_id)

    def save_snapshot(self, snapshot: Snapshot) -> None:
        key = (snapshot.stream.key, snapshot.schema)
        copied = orjson.loads(orjson.dumps(snapshot.state))
        with self._lock:
            kept = self._snapshots.get(key)
            if kept is None or kept.version < snapshot.version:
                self._snapshots[key] = Snapshot(
                    snapshot.stream, snapshot.version, snapshot.commit, snapshot.schema, copied, snapshot.taken_at
                )

    def snapshot(self, stream: StreamId, *, schema: int) -> Snapshot | None:
        with self._lock:
            kept = self._snapshots.get((stream.key, schema))
        if kept is None:
            return None
        state = orjson.loads(orjson.dumps(kept.state))
        return Snapshot(kept.stream, kept.version, kept.commit, kept.schema, state, kept.taken_at)
