"""The actor of one shard of a topic: lets connections join, and sends them what is added, each in order.

    join        connection ─► behind its number ─► replayed ─► level with the topic
    deliver     entries ─► members that are level, side by side; those behind get the log from where they are
    catch_up    the next portion of a long replay, or another try after one that failed

Connections are served side by side; one that does not read is not waited for: it is noted how far it came, and after
some failures it is closed. A message that is delivered again sends again what had been sent before the crash: entries
have numbers, by which clients know them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from heddle.application.ports.realtime import Gateway, Mailbox, Member, Owed, Posted, SubscriptionStore
from heddle.application.ports.topics import Frame, TopicLog
from heddle.application.realtime.subscribe import group_of
from heddle.application.realtime.wire import on_the_wire
from heddle.domain.realtime.topics import is_pattern, patterns_of
from heddle.records import dataclass

PAGE = 200
PORTION = 600
"""How many entries one connection is sent at once: a long replay goes on behind what others of its shard wait for."""
MAX_FAILURES = 5
Each = Callable[[Callable[[Member], None], Sequence[Member]], None]
"""Calls a function for each member, side by side; returns when all are done."""


def one_by_one(serve: Callable[[Member], None], members: Sequence[Member]) -> None:
    """Serve members one after the other."""
    for member in members:
        serve(member)


def catch_up(deliveries: Mailbox, owed: Owed, *, once: str) -> None:
    """Have a member that is behind be served; the same `once` within five minutes asks once."""
    message = {
        "do": "catch_up",
        "tenant": owed.tenant,
        "name": owed.name,
        "shard": owed.shard,
        "connection": owed.connection_id,
    }
    deliveries.send(group_of(owed.tenant, owed.name, owed.shard), message, once=f"catch_up#{owed.connection_id}#{once}")


@dataclass(frozen=True, slots=True)
class Deliver:
    """Handles one message of a shard's mailbox."""

    subscriptions: SubscriptionStore
    topics: TopicLog
    gateway: Gateway
    deliveries: Mailbox
    disconnect: Callable[[str], object]
    each: Each = one_by_one

    def __call__(self, message: Mapping[str, Any]) -> int:
        """Join, deliver or catch up; returns how many connections were served."""
        shard = _Shard(self, message["tenant"], message["name"], int(message["shard"]))
        if message["do"] == "join":
            member = Member(message["connection"], int(message["after"]), token=message["token"])
            return shard.join(member)
        if message["do"] == "catch_up":
            return shard.catch_up(message["connection"])
        return shard.deliver(message["topic"], int(message["first"]), int(message["last"]))


@dataclass(frozen=True, slots=True)
class _Shard:
    of: Deliver
    tenant: str
    name: str
    number: int

    def join(self, member: Member) -> int:
        # Known before anything is sent, so that an unsubscription in between is noticed at the end.
        if not self._put(replace(member, behind=True)):
            return 0
        self._replay(member)
        return 1

    def catch_up(self, connection_id: str) -> int:
        member = self.of.subscriptions.member(self.tenant, self.name, self.number, connection_id)
        if member is None or not member.behind:
            return 0
        self._replay(member)
        return 1

    def deliver(self, topic: str, first: int, last: int) -> int:
        entries = [(entry.seq, on_the_wire(topic, entry)) for entry in self._entries(topic, first - 1, last)]
        members = self.of.subscriptions.members(self.tenant, self.name, self.number)

        def serve(member: Member) -> None:
            if member.behind:
                self._replay(member)
            else:
                self._send(topic, member, entries)

        self.of.each(serve, members)
        return len(members)

    def _replay(self, member: Member) -> None:
        """Send what is behind `member.after`, a portion at most, and note how far it is. Never for a pattern."""
        after, left = member.after, PORTION
        while left > 0:
            page = self.of.topics.read(self.tenant, self.name, after=after, limit=min(PAGE, left))
            for entry in page:
                posted = self.of.gateway.post(member.connection_id, on_the_wire(self.name, entry))
                if posted != "sent":
                    self._not_sent(replace(member, after=after), posted)
                    return
                after = entry.seq
            if len(page) < min(PAGE, left):
                self._put(replace(member, after=after, behind=False, failures=0))
                return
            left -= len(page)
        if self._put(replace(member, after=after, behind=True, failures=0)):
            owed = Owed(self.tenant, self.name, self.number, member.connection_id)
            catch_up(self.of.deliveries, owed, once=f"{self.name}#{after}")

    def _send(self, topic: str, member: Member, entries: Iterable[tuple[int, bytes]]) -> None:
        exact = not is_pattern(self.name)
        for seq, frame in entries:
            if (exact and seq <= member.after) or _covered(member, topic, seq):
                continue
            posted = self.of.gateway.post(member.connection_id, frame)
            if posted != "sent":
                self._not_sent(replace(member, after=seq - 1 if exact else 0), posted)
                return

    def _not_sent(self, member: Member, posted: Posted) -> None:
        """Note how far it is, before it is closed too: its session begins there."""
        # A pattern's frames come from many topics: there is no one number to go on from, so one is let go.
        owed = replace(member, behind=not is_pattern(self.name), failures=member.failures + 1)
        there = self._put(owed)
        if posted == "gone" or owed.failures >= MAX_FAILURES:
            if posted != "gone":
                self.of.gateway.close(member.connection_id)
            self.of.disconnect(member.connection_id)
            if there:
                # A subscription that came in while its connection was being forgotten is in nobody's list any more.
                self.of.subscriptions.leave(self.tenant, member.connection_id, self.name)

    def _put(self, member: Member) -> bool:
        return self.of.subscriptions.put_member(self.tenant, self.name, self.number, member)

    def _entries(self, topic: str, after: int, last: int) -> list[Frame]:
        entries: list[Frame] = []
        while after < last:
            page = self.of.topics.read(self.tenant, topic, after=after, limit=min(PAGE, last - after))
            if not page:
                break
            entries += page
            after = page[-1].seq
        return entries


def _covered(member: Member, topic: str, seq: int) -> bool:
    """Tell whether another subscription of the connection brings this entry."""
    if not member.also:
        return False
    names = {topic, *patterns_of(topic)}
    return any(name in names and seq > after for name, after in member.also)
