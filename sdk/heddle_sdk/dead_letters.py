"""Dead letters: what was given up, and how to try it again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from heddle_sdk.models import Answer
from heddle_sdk.pages import pages
from heddle_sdk.transport import Transport


@dataclass(frozen=True, kw_only=True)
class DeadLetter(Answer):
    """A message that failed for the last time, about a run, a timer or a webhook: `code` and `reason` say why."""

    id: str
    kind: str
    run_id: str | None = None
    trigger_id: str | None = None
    webhook_id: str | None = None
    code: str
    reason: str = ""
    attempts: int
    at: str
    priority: str = "normal"
    message: Mapping[str, Any]


@dataclass(frozen=True)
class DeadLetters:
    """Dead letters of this tenant."""

    _transport: Transport

    def list(self, *, limit: int = 50) -> Iterator[DeadLetter]:
        """All of them, newest first."""
        return pages(self._transport, "/dead-letters", DeadLetter.from_json, limit=limit)

    def get(self, letter_id: str) -> DeadLetter:
        """One of them."""
        return DeadLetter.from_json(self._transport.json("GET", f"/dead-letters/{letter_id}"))

    def redrive(self, letter_id: str) -> DeadLetter:
        """Send it again; returns what was sent."""
        return DeadLetter.from_json(self._transport.json("POST", f"/dead-letters/{letter_id}/redrive"))

    def redrive_all(self) -> int:
        """Send all of them again; returns how many. Those that fail anew while this goes on may be sent again too."""
        total, more = 0, True
        while more:
            answer = self._transport.json("POST", "/dead-letters/redrive")
            total, more = total + int(answer["redriven"]), bool(answer["more"] and answer["redriven"])
        return total

    def delete(self, letter_id: str) -> None:
        """Delete it; a run that it is about stays as it is."""
        self._transport.send("DELETE", f"/dead-letters/{letter_id}")
