"""The history of messages in memory."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import orjson

from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.messages import Conversation, DirectLine, Position, StoredMessage
from heddle.application.ports.paging import Page
from heddle.application.ports.topics import FRAME_BYTES
from heddle.errors import PayloadTooLarge


@dataclass
class MemoryMessageStore:
    """A MessageStore in dictionaries."""

    _messages: defaultdict[tuple[str, Conversation], dict[str, StoredMessage]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    _lines: defaultdict[tuple[str, str], dict[str, DirectLine]] = field(default_factory=lambda: defaultdict(dict))
    _positions: dict[tuple[str, str], Position] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, tenant: str, conversation: Conversation, message: StoredMessage) -> None:
        if len(orjson.dumps(message.payload)) > FRAME_BYTES:
            raise PayloadTooLarge(f"a message has at most {FRAME_BYTES} bytes")
        with self._lock:
            self._messages[tenant, conversation].setdefault(message.id, message)

    def mark(self, tenant: str, conversation: Conversation, message_id: str, status: str) -> None:
        with self._lock:
            found = self._messages[tenant, conversation].get(message_id)
            if found is not None and found.status != "read":
                self._messages[tenant, conversation][message_id] = replace(found, status=status)

    def newest(
        self, tenant: str, conversation: Conversation, *, before: str | None, after: str | None, limit: int
    ) -> Sequence[StoredMessage]:
        found = [
            each
            for each in self._in_order(tenant, conversation)
            if (before is None or each.id < before) and (after is None or each.id > after)
        ]
        return found[::-1][:limit]

    def oldest(self, tenant: str, conversation: Conversation, *, after: str, limit: int) -> Sequence[StoredMessage]:
        return [each for each in self._in_order(tenant, conversation) if each.id > after][:limit]

    def put_line(self, tenant: str, user: str, line: DirectLine) -> None:
        with self._lock:
            had = self._lines[tenant, user].get(line.other)
            if had is None or had.last_id < line.last_id:
                self._lines[tenant, user][line.other] = line

    def lines(self, tenant: str, user: str, *, limit: int, cursor: str | None = None) -> Page[DirectLine]:
        scope = f"{tenant}#directs#{user}"
        with self._lock:
            found = sorted(self._lines[tenant, user].values(), key=lambda each: each.last_id, reverse=True)
        if cursor is not None:
            (position,) = decode_cursor(cursor, scope)
            found = [each for each in found if each.last_id < position.partition("#")[0]]
        more = len(found) > limit
        page = tuple(found[:limit])
        return Page(page, encode_cursor(scope, f"{page[-1].last_id}#{page[-1].other}") if more else None)

    def position(self, tenant: str, user: str) -> Position:
        return self._positions.get((tenant, user), Position(0, ""))

    def move(self, tenant: str, user: str, position: Position) -> None:
        with self._lock:
            if position.at >= self.position(tenant, user).at:
                self._positions[tenant, user] = position

    def _in_order(self, tenant: str, conversation: Conversation) -> list[StoredMessage]:
        with self._lock:
            return sorted(self._messages[tenant, conversation].values(), key=lambda each: each.id)
