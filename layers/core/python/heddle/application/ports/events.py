"""What keeps events, and what carries them on."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol

from heddle.domain.events.envelope import Commit, Event, History, Metadata, Snapshot, StreamId
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A fact to append: stored type name, JSON data, time, and the version of its schema."""

    type: str
    data: dict[str, Any]
    occurred_at: datetime
    schema_version: int = 1


class EventStore(Protocol):
    """Append-only streams; a commit is the unit of writing and of concurrency."""

    def read(self, stream: StreamId, *, after: int = 0) -> History:
        """Return the events with version > `after`, oldest first, upcast to their newest schema. Strongly consistent.

        The last event of each commit has the commit's `meter`, with its size besides (`Event.meter`).
        An unknown stream gives an empty history at version 0, commit 0.
        """
        ...

    def append(
        self,
        history: History,
        events: Sequence[NewEvent],
        metadata: Metadata,
        meter: dict[str, Any] | None = None,
        *,
        live: bool = False,
    ) -> Commit:
        """Write all events as the commit after `history.commit`, or none. `meter` is what it took to make it.

        `live` marks the commit for those who show runs while they go on: the others cost them nothing.

        Raises VersionConflict if that commit exists, or if `history` is ahead of the stored stream (a gap).
        """
        ...

    def commits(self, stream: StreamId) -> Iterator[Commit]:
        """Yield every commit in order, with hashes, for verification and rebuilding."""
        ...

    def streams(self, tenant: str, type: str) -> Iterator[StreamId]:
        """Yield every stream of the tenant of that type, for rebuilding and verifying.

        Two streams always come in the same order; a new one may come between them.
        """
        ...

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep the snapshot; an older one never replaces a newer one."""
        ...

    def snapshot(self, stream: StreamId, *, schema: int) -> Snapshot | None:
        """Return the newest snapshot of that schema, if there is one."""
        ...


class EventBus(Protocol):
    """EventBridge, or what stands for it."""

    def publish(self, events: Sequence[Event]) -> list[tuple[Event, str]]:
        """Publish all; return those that were refused, each with the reason. The reply is always read."""
        ...
