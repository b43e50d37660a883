"""Dead letters of tenants, one row each: what could not be done, why, and the message to try it again with."""

from typing import Any, Protocol

from heddle.application.ports.paging import Page
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class TaskLetter:
    """A message of the task queue, or a webhook, that failed for the last time.

    `id` is the queue's own id of the message. `kind` is `run`, `timer` or `webhook`, and `subject` the id of the run,
    the trigger or the webhook.
    `code` and `reason` say why, `attempts` how often it was tried, `at` (ISO 8601) when it was given up. `message` is
    the message's body.
    """

    id: str
    tenant: str
    kind: str
    subject: str
    code: str
    reason: str
    attempts: int
    at: str
    message: dict[str, Any]
    priority: str = "normal"


class TaskLetterStore(Protocol):
    """The letters of all tenants, each to be found by its own tenant only. They are kept for thirty days."""

    def keep(self, letter: TaskLetter) -> bool:
        """Keep a letter; False if it was kept before, removed since or not: the first reason stays, and so does an end.

        The message itself reaches the dead letters minutes after its last attempt. If it came to life again then, a
        letter that was redriven in the meantime would be redriven twice.
        """
        ...

    def get(self, tenant: str, letter_id: str) -> TaskLetter | None:
        """Return a letter, None if there is none or it was removed."""
        ...

    def letters(self, tenant: str, *, limit: int, cursor: str | None = None) -> Page[TaskLetter]:
        """Return letters, newest first."""
        ...

    def remove(self, letter: TaskLetter) -> None:
        """Remove it; absent is fine."""
        ...
