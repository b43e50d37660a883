"""Sessions of agents in memory."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from heddle.application.agents.remembered import EMPTY, with_turn
from heddle.application.ports.models import Message


@dataclass
class MemoryConversationMemory:
    """A ConversationMemory; sessions are kept as JSON, so no reader can change what the next one gets."""

    _sessions: dict[tuple[str, str], tuple[bytes, datetime]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def recall(self, tenant: str, session: str, *, messages: int, now: datetime) -> tuple[Message, ...]:
        kept = self._sessions.get((tenant, session))
        if kept is None or kept[1] <= now:
            return ()
        return tuple(orjson.loads(kept[0])["messages"][-messages:])

    def remember(
        self,
        tenant: str,
        session: str,
        turn: str,
        messages: Sequence[Message],
        *,
        keep: int,
        now: datetime,
        expires_at: datetime,
    ) -> None:
        with self._lock:
            kept = self._sessions.get((tenant, session))
            before = orjson.loads(kept[0]) if kept is not None and kept[1] > now else EMPTY
            after = with_turn(before, turn, messages, keep)
            if after is not None:
                self._sessions[(tenant, session)] = (orjson.dumps(after), expires_at)
