"""The actor of one shard of a topic: lets connections join, and sends them what is added, each in order.

Connections are served side by side; one that does not read is not waited for: it is noted how far it came, what it is
owed is sent before the next entry, and after some failures it is closed. A message that is delivered again sends again
what had been sent before the crash: entries have numbers, by which clients know them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from heddle.application.ports.realtime import Gateway, Member, Posted, SubscriptionStore
from heddle.application.ports.topics import Frame, TopicLog
from heddle.application.realtime.wire import on_the_wire
from heddle.domain.realtime.topics import is_pattern, patterns_of
from heddle.records import dataclass

PAGE = 200
MAX_FAILURES = 5
Each = Callable[[Callable[[Member], None], Sequence[Member]], None]
"""Calls a function for each member, side by side; returns when all are done."""


def one_by_one(serve: Callable[[Member], None], members: Sequence[Member]) -> None:
    """Serve members one after the other."""
    for member in members:
        serve(member)


@dataclass(frozen=True, slots=True)
class Deliver:
    """Handles one message of a shard's mailbox."""

    subscriptions: SubscriptionStore
    topics: TopicLog
    gateway: Gateway
    disconnect: Callable[[str], object]
    each: Each = one_by_one

    def __call__(self, message: Mapping[str, Any]) -> int:
        """Join or deliver; returns how many connections were served."""
        tenant, name, shard = message["tenant"], message["name"], int(message["shard"])
        if message["do"] == "join":
            member = Member(message["connection"], int(message["after"]))
            # Known before anything is sent, so that an unsubscription in between is noticed at the end.
            if not self.subscriptions.put_member(
                tenant, name, shard, replace(member, behind=True), token=message["token"]
            ):
                return 0
            self._serve(tenant, name, shard, name, member, token=message["token"])
            return 1
        topic, first = message["topic"], int(message["first"])
        entries = self._entries(tenant, topic, first - 1, int(message["last"]))
        members = [each for each in self.subscriptions.members(tenant, name, shard) if not _covered(each, topic)]
        sent = [(entry.seq, on_the_wire(topic, entry)) for entry in entries]

        def serve(member: Member) -> None:
            if member.behind:
                self._serve(tenant, name, shard, topic, member)
            else:
                self._send(tenant, name, shard, topic, member, sent)

        self.each(serve, members)
        return len(members)

    def _serve(
        self, tenant: str, name: str, shard: int, topic: str, member: Member, *, token: str | None = None
    ) -> None:
        """Send everything behind `member.after`, to the end of the log, and note how far it is."""
        after = member.after
        while True:
            page = self.topics.read(tenant, topic, after=after, limit=PAGE)
            for entry in page:
                posted = self.gateway.post(member.connection_id, on_the_wire(topic, entry))
                if posted != "sent":
                    self._not_sent(tenant, name, shard, replace(member, after=after), posted, token)
                    return
                after = entry.seq
            if len(page) < PAGE:
                break
        caught_up = replace(member, after=after, behind=False, failures=0)
        self.subscriptions.put_member(tenant, name, shard, caught_up, token=token)

    def _send(
        self, tenant: str, name: str, shard: int, topic: str, member: Member, sent: Iterable[tuple[int, bytes]]
    ) -> None:
        for seq, frame in sent:
            if not is_pattern(name) and seq <= member.after:
                continue
            posted = self.gateway.post(member.connection_id, frame)
            if posted != "sent":
                self._not_sent(tenant, name, shard, replace(member, after=seq - 1), posted, None)
                return

    def _not_sent(self, tenant: str, name: str, shard: int, member: Member, posted: Posted, token: str | None) -> None:
        failures = member.failures + 1
        if posted == "gone" or failures >= MAX_FAILURES:
            if posted != "gone":
                self.gateway.close(member.connection_id)
            self.disconnect(member.connection_id)
            return
        # A pattern's frames come from many topics: there is no one number to go on from, so one is let go.
        owed = replace(member, behind=not is_pattern(name), failures=failures)
        self.subscriptions.put_member(tenant, name, shard, owed, token=token)

    def _entries(self, tenant: str, topic: str, after: int, last: int) -> list[Frame]:
        entries: list[Frame] = []
        while after < last:
            page = self.topics.read(tenant, topic, after=after, limit=min(PAGE, last - after))
            if not page:
                break
            entries += page
            after = page[-1].seq
        return entries


def _covered(member: Member, topic: str) -> bool:
    """Tell whether another subscription of the connection brings the topic's entries already."""
    return bool(member.also) and not {topic, *patterns_of(topic)}.isdisjoint(member.also)
