"""The history of messages, kept for a year: of topics, and of two users with each other."""

from collections.abc import Sequence
from typing import Any, Protocol

from heddle.application.ports.paging import Page
from heddle.records import dataclass

KEPT_SECONDS = 365 * 86_400
Conversation = tuple[str, ...]
"""("topic", name), or ("direct", one user, the other) in the order of the alphabet."""


def direct(one: str, other: str) -> Conversation:
    """Return the conversation of two users."""
    return ("direct", *sorted((one, other)))


def of_topic(name: str) -> Conversation:
    """Return the conversation of everybody who listens to a topic."""
    return ("topic", name)


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as it went out; ids are in the order of time. `at` is ISO 8601 in UTC."""

    id: str
    type: str
    sender: str
    payload: Any
    at: str
    headers: dict[str, str]
    status: str = "sent"


@dataclass(frozen=True, slots=True)
class DirectLine:
    """A conversation of a user with another, in the user's list."""

    other: str
    last_id: str
    last_at: str
    last_sender: str
    preview: str


@dataclass(frozen=True, slots=True)
class Position:
    """How far a user has acknowledged their inbox: the number of a frame there, and when that was added."""

    seq: int
    at: str


class MessageStore(Protocol):
    """Messages, lists of direct conversations, and positions in inboxes."""

    def add(self, tenant: str, conversation: Conversation, message: StoredMessage) -> None:
        """Keep a message; one with the same id is the same message. PayloadTooLarge above what an item holds."""
        ...

    def mark(self, tenant: str, conversation: Conversation, message_id: str, status: str) -> None:
        """Note `delivered` or `read`; never back from `read`. A message that is not kept is fine."""
        ...

    def newest(
        self, tenant: str, conversation: Conversation, *, before: str | None, after: str | None, limit: int
    ) -> Sequence[StoredMessage]:
        """Return messages between two ids (both left out), the newest first, at most `limit`."""
        ...

    def oldest(self, tenant: str, conversation: Conversation, *, after: str, limit: int) -> Sequence[StoredMessage]:
        """Return messages behind an id, the oldest first, at most `limit`."""
        ...

    def put_line(self, tenant: str, user: str, line: DirectLine) -> None:
        """Keep the line of a conversation in a user's list; an older one never replaces a newer."""
        ...

    def lines(self, tenant: str, user: str, *, limit: int, cursor: str | None = None) -> Page[DirectLine]:
        """Return the user's conversations, the one with the newest message first."""
        ...

    def position(self, tenant: str, user: str) -> Position:
        """Return how far the user is; 0 at first."""
        ...

    def move(self, tenant: str, user: str, position: Position) -> None:
        """Keep how far the user is; an earlier time never replaces a later one."""
        ...
