"""Publishing: one more frame in a topic's log. Who listens is found from the log, so nobody waits for them here."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from heddle.application.ports.realtime import SubscriptionStore
from heddle.application.ports.topics import TopicLog
from heddle.domain.realtime.topics import patterns_of
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a message: its number in the topic, its id, and how many subscriptions the topic has now."""

    seq: int
    message_id: str
    recipients: int


@dataclass(frozen=True, slots=True)
class Publish:
    """Appends to topics."""

    topics: TopicLog
    subscriptions: SubscriptionStore
    new_id: Callable[[], str]
    now: Callable[[], datetime]

    def __call__(self, tenant: str, topic: str, kind: str, data: dict[str, Any], *, sender: str) -> Published:
        """Add a frame of a type; `data` is as the type has it; its `metadata` get what is added here.

        PayloadTooLarge above 256 KiB; UpstreamUnavailable: then it may or may not have been added.
        """
        at, message_id = self.now().isoformat(), self.new_id()
        metadata = {**data.get("metadata", {}), "message_id": message_id, "sent_at": at, "sender": sender}
        seq = self.topics.append(tenant, topic, [(kind, {**data, "metadata": metadata})], at=at)
        return Published(seq, message_id, self.subscriptions.count(tenant, (topic, *patterns_of(topic))))
