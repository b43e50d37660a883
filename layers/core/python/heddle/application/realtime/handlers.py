"""Which handler takes which type of frame: the one table that a new type is entered in."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from heddle.application.ports.realtime import Mailbox, SubscriptionStore
from heddle.application.ports.topics import TopicLog
from heddle.application.realtime.access import Exists, TopicAccess
from heddle.application.realtime.actor import FrameHandler
from heddle.application.realtime.broadcast import Broadcast
from heddle.application.realtime.publish import Publish
from heddle.application.realtime.subscribe import MAX_SUBSCRIPTIONS, Subscribe, Unsubscribe
from heddle.records import dataclass

if TYPE_CHECKING:
    from heddle.application.realtime.people import People


@dataclass(frozen=True, slots=True)
class Parts:
    """What the handlers are made of."""

    subscriptions: SubscriptionStore
    topics: TopicLog
    deliveries: Mailbox
    run_exists: Exists
    batch_exists: Exists
    new_id: Callable[[], str]
    now: Callable[[], datetime]
    max_subscriptions: Callable[[str], int] = lambda tenant: MAX_SUBSCRIPTIONS

    @property
    def access(self) -> TopicAccess:
        """Who may read and write what."""
        return TopicAccess(self.run_exists, self.batch_exists)

    @property
    def publish(self) -> Publish:
        """Appends to topics."""
        return Publish(self.topics, self.subscriptions, self.new_id, self.now)

    @property
    def subscribe(self) -> Subscribe:
        """Handles Subscribe; new connections join their inbox by it."""
        return Subscribe(
            self.subscriptions, self.topics, self.deliveries, self.access, self.new_id, self.max_subscriptions
        )


def handlers(parts: Parts, people: "People") -> Mapping[str, FrameHandler]:
    """Return the handler of each type of frame that goes through a mailbox."""
    return {
        "Subscribe": parts.subscribe,
        "Unsubscribe": Unsubscribe(parts.subscriptions, parts.subscribe),
        "Broadcast": Broadcast(parts.publish, parts.access, parts.subscriptions, people.screen, people.messages),
        **people.handlers(),
    }
