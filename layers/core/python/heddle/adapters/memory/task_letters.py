"""Dead letters of the task queue in memory."""

import threading
from dataclasses import dataclass, field

from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.paging import Page
from heddle.application.ports.task_letters import TaskLetter


@dataclass
class MemoryTaskLetterStore:
    """A TaskLetterStore in a dictionary; None is what stands for a letter that was removed."""

    _letters: dict[tuple[str, str], TaskLetter | None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, letter: TaskLetter) -> bool:
        with self._lock:
            if (letter.tenant, letter.id) in self._letters:
                return False
            self._letters[letter.tenant, letter.id] = letter
            return True

    def get(self, tenant: str, letter_id: str) -> TaskLetter | None:
        return self._letters.get((tenant, letter_id))

    def letters(self, tenant: str, *, limit: int, cursor: str | None = None) -> Page[TaskLetter]:
        scope = f"{tenant}#dead-letters"
        before = decode_cursor(cursor, scope)[0] if cursor is not None else None
        rows = [row for row in self._letters.values() if row is not None and row.tenant == tenant]
        rows = sorted((row for row in rows if before is None or _place(row) < before), key=_place, reverse=True)
        more = encode_cursor(scope, _place(rows[limit - 1])) if len(rows) > limit else None
        return Page(tuple(rows[:limit]), more)

    def remove(self, letter: TaskLetter) -> None:
        with self._lock:
            self._letters[letter.tenant, letter.id] = None


def _place(letter: TaskLetter) -> str:
    return f"{letter.at}#{letter.id}"
