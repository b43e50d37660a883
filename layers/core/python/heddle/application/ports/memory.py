"""What agents remember of earlier conversations, under a key that the workflow's author chooses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from heddle.application.ports.models import Message


class ConversationMemory(Protocol):
    """The last messages of each session of a tenant, until nobody has added to it for its time."""

    def recall(self, tenant: str, session: str, *, messages: int, now: datetime) -> tuple[Message, ...]:
        """Return the last so many messages, oldest first; none of a session that is unknown or past its time."""
        ...

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
        """Add a turn's messages, and keep the last `keep` of all; a turn that was added before changes nothing.

        Oldest turns also go where all together would pass MOST_BYTES. Raises VersionConflict (retryable) if too many
        others add to the same session at the same time.
        """
        ...


MOST_BYTES = 300_000
"""How much one session may hold, as JSON."""

MOST_TURNS_KNOWN = 500
"""How many turns a session knows to have seen, the newest: a node adds its turn again within minutes, if at all."""
