"""Forward one commit to the bus; what is refused again and again becomes a dead letter, so nothing is lost silently."""

from collections.abc import Callable
from dataclasses import dataclass

from heddle.application.history.ports import DeadLetter, DeadLetters
from heddle.application.ports.events import EventBus
from heddle.domain.events.envelope import Commit

ATTEMPTS = 3
PAUSE_SECONDS = 0.05
"""A little patience only: while one commit is tried again, the commits behind it in the shard wait."""


@dataclass(frozen=True)
class PublishCommit:
    """Publish all events of a commit, in order."""

    bus: EventBus
    dead_letters: DeadLetters
    sleep: Callable[[float], None]

    def __call__(self, commit: Commit) -> int:
        """Return how many events the bus took; the others are dead letters.

        Raises UpstreamUnavailable only if they could not be kept as dead letters either.
        """
        remaining = list(commit.events)
        refused = self.bus.publish(remaining)
        for attempt in range(1, ATTEMPTS):
            if not refused:
                break
            self.sleep(PAUSE_SECONDS * attempt)
            remaining = [event for event, _ in refused]
            refused = self.bus.publish(remaining)
        if refused:
            ids = tuple(event.id for event, _ in refused)
            self.dead_letters.send(DeadLetter(commit.stream.key, commit.number, ids, refused[0][1]))
        return len(commit.events) - len(refused)
