"""What relay and redrive need from the outside world besides the stores."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Protocol

from heddle.domain.events.envelope import Commit, StreamId
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Events of one commit that the bus did not take; everything needed to find them in the event store again."""

    stream: str
    commit: int
    event_ids: tuple[str, ...]
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Return the message's body."""
        return asdict(self) | {"event_ids": list(self.event_ids)}


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it lies in a dead-letter queue: its JSON body, and the receipt by which it is deleted."""

    receipt: str
    body: str
    attributes: Mapping[str, Any]


class DeadLetters(Protocol):
    """Where the relay puts what the bus refused for good."""

    def send(self, letter: DeadLetter) -> None:
        """Keep the letter; raises UpstreamUnavailable if even that fails."""
        ...


class Queue(Protocol):
    """A queue of dead letters, to be emptied."""

    def receive(self) -> list[Letter]:
        """Return up to ten letters and hide them for a while; none if the queue looks empty."""
        ...

    def delete(self, letter: Letter) -> None:
        """Take the letter out for good."""
        ...

    def forward(self, letter: Letter, target: str) -> None:
        """Send the letter's body and attributes to another queue."""
        ...


class StreamRecords(Protocol):
    """The own stream of a table, which keeps its records for 24 hours."""

    def records(self, position: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Yield the records that Lambda's report of a failed batch speaks of (`DDBStreamBatchInfo`), in order.

        Raises NotFound if the stream has forgotten them.
        """
        ...

    def between(self, position: Mapping[str, Any]) -> Iterator[Commit]:
        """Yield the commits among them; of the event table."""
        ...


def stream_id(key: str) -> StreamId:
    """Return the stream of a key `tenant#type#id`; ValueError if it is none."""
    tenant, kind, ident = key.split("#", 2)
    return StreamId(tenant, kind, ident)
