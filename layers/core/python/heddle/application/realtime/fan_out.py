"""From a topic's log to those who listen: which shards of which subscriptions a new entry concerns.

append ─► the log's stream, in order per topic ─► one message per (topic or pattern, shard) ─► its mailbox
"""

from collections.abc import Iterator
from typing import Any

from heddle.application.ports.realtime import Mailbox, SubscriptionStore
from heddle.application.realtime.subscribe import group_of
from heddle.domain.realtime.topics import patterns_of
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Appended:
    """Entries `first` to `last` were added to a topic together."""

    tenant: str
    topic: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class FanOut:
    """Tells each shard that somebody listens in."""

    subscriptions: SubscriptionStore
    deliveries: Mailbox

    def __call__(self, appended: Appended) -> int:
        """Send the messages; returns how many. The same entries twice give the same messages."""
        names = (appended.topic, *patterns_of(appended.topic))
        sent = 0
        for name, shard in self._listening(appended.tenant, names):
            message: dict[str, Any] = {
                "do": "deliver",
                "tenant": appended.tenant,
                "topic": appended.topic,
                "name": name,
                "shard": shard,
                "first": appended.first,
                "last": appended.last,
            }
            once = f"{appended.topic}#{appended.first}#{name}#{shard}#{appended.tenant}"
            self.deliveries.send(group_of(appended.tenant, name, shard), message, once=once)
            sent += 1
        return sent

    def _listening(self, tenant: str, names: tuple[str, ...]) -> Iterator[tuple[str, int]]:
        for name, shards in self.subscriptions.shards(tenant, names).items():
            yield from ((name, shard) for shard in shards)
