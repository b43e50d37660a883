"""The answers about dead letters."""

from typing import Any, Literal

from pydantic import Field

from heddle.runtime.api.answers.answer import Answer, Answers


class DeadLetterAnswer(Answer):
    """A message that was given up: what it is about, and why."""

    id: str
    kind: Literal["run", "timer", "webhook"]
    run_id: str | None
    trigger_id: str | None
    webhook_id: str | None
    code: str = Field(description="Why the last attempt failed.")
    reason: str
    attempts: int
    at: str
    priority: Literal["high", "normal", "low"]
    message: dict[str, Any] = Field(description="The message, as it is sent again.")


class DeadLetterPage(Answer):
    """Dead letters, newest first."""

    items: list[DeadLetterAnswer]
    cursor: str | None


class RedrivenAnswer(Answer):
    """How many were sent again, and whether there are more: then ask again."""

    redriven: int
    more: bool


ANSWERS: Answers = {
    "list_dead_letters": {200: DeadLetterPage},
    "get_dead_letter": {200: DeadLetterAnswer},
    "redrive_dead_letter": {202: DeadLetterAnswer},
    "redrive_dead_letters": {202: RedrivenAnswer},
    "delete_dead_letter": {204: None},
}
