"""Reading the history of a topic or of two users, in pages, and looking for words in it."""

from collections.abc import Iterator
from typing import Any

import orjson

from heddle.application.ports.messages import Conversation, MessageStore, StoredMessage
from heddle.errors import InvalidInput
from heddle.records import dataclass

EXAMINED = 500
EXAMINED_BYTES = 4 * 1024 * 1024
"""How much one search looks at; it says where it stopped, and the next one goes on from there."""
_PAGE = 50


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Messages, and the id to go on from in the same direction; None at the end. `examined` counts what was read."""

    items: tuple[StoredMessage, ...]
    next: str | None
    examined: int


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """Newest first before an id, or oldest first after one."""

    messages: MessageStore

    def __call__(
        self,
        tenant: str,
        conversation: Conversation,
        *,
        before: str | None = None,
        after: str | None = None,
        limit: int = 50,
        words: str | None = None,
    ) -> HistoryPage:
        """Return a page; with `words` only messages in which each of them is found, in whatever case.

        A search examines at most 500 messages or 4 MB a call, so a page may be empty and have a `next`.
        """
        if before is not None and after is not None:
            raise InvalidInput("give `before` or `after`, not both", code="invalid_parameter")
        wanted = tuple((words or "").casefold().split())
        items: list[StoredMessage] = []
        examined, size, last = 0, 0, None
        for message in self._messages(tenant, conversation, before, after):
            if len(items) == limit or examined == EXAMINED or size >= EXAMINED_BYTES:
                return HistoryPage(tuple(items), last, examined)
            examined, last = examined + 1, message.id
            text = orjson.dumps(message.payload).decode()
            size += len(text)
            if not wanted or _found(message, wanted):
                items.append(message)
        return HistoryPage(tuple(items), None, examined)

    def _messages(
        self, tenant: str, conversation: Conversation, before: str | None, after: str | None
    ) -> Iterator[StoredMessage]:
        """Yield messages one by one, read in small pages."""
        while True:
            if after is not None:
                page = self.messages.oldest(tenant, conversation, after=after, limit=_PAGE)
            else:
                page = self.messages.newest(tenant, conversation, before=before, after=None, limit=_PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            before, after = (before, page[-1].id) if after is not None else (page[-1].id, None)


def _found(message: StoredMessage, wanted: tuple[str, ...]) -> bool:
    text = " ".join([message.sender, *_texts(message.payload)]).casefold()
    return all(word in text for word in wanted)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif value is not None:
        yield str(value)
