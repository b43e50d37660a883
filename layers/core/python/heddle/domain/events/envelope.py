"""The envelope every stored fact travels in, whatever stream it belongs to."""

from dataclasses import field
from datetime import datetime
from typing import Any

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class StreamId:
    """One aggregate's stream: tenant, stream type (`run`, ...) and id. Its key is `tenant#type#id`."""

    tenant: str
    type: str
    id: str

    @property
    def key(self) -> str:
        """The partition key in the event store."""
        return f"{self.tenant}#{self.type}#{self.id}"


@dataclass(frozen=True, slots=True)
class Metadata:
    """Who and why: correlation and causation ids, the principal (`user:…`, `key:…`, `system`), the source function."""

    correlation_id: str
    causation_id: str | None = None
    principal: str = "system"
    source: str = "heddle"


@dataclass(frozen=True, slots=True)
class Event:
    """A fact in a stream: immutable, past tense, versioned.

    `version` counts events of the stream from 1 without gaps. `data` is JSON. `occurred_at` is UTC.
    `meter` is no part of the fact: where an event that was stored is the last of its commit, it says what that commit
    took: the commit's own meter, and besides `events`, the `bytes` that its body has as stored, and `puts` of objects.
    """

    id: str
    stream: StreamId
    version: int
    type: str
    schema_version: int
    data: dict[str, Any]
    metadata: Metadata
    occurred_at: datetime
    meter: dict[str, Any] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Commit:
    """1..n events written together. `number` counts commits of the stream from 1; `hash` chains them.

    `meter` is what its writer counted since the commit before it: {invocations, transitions, ms, mb, mode, …} (see
    application/execution/metering.py); None where nobody counted.
    """

    stream: StreamId
    number: int
    events: tuple[Event, ...]
    previous_hash: str
    hash: str
    recorded_at: datetime
    meter: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A stream's folded state as of a version and commit; `state` is JSON, `schema` guards against old shapes."""

    stream: StreamId
    version: int
    commit: int
    schema: int
    state: dict[str, Any]
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """What a reader gets: the events after the asked version, and the head to append behind."""

    stream: StreamId
    events: tuple[Event, ...]
    version: int = 0
    commit: int = 0
    head_hash: str = field(default="")
