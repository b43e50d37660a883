"""Subscribe and Unsubscribe.

    connection ─► Subscribe ─► noted, given a shard ─► Status ─► "join" in the mailbox of the topic's shard
                                                                  │ replays the log after n, then listens
    frames of the topic ──────────────────────────────────────────┘ wait in the same mailbox, so none is missed

A pattern has no numbers of its own: who subscribes to one hears what comes from now on.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from heddle.application.ports.realtime import Connection, Mailbox, Member, Subscription, SubscriptionStore
from heddle.application.ports.topics import TopicLog
from heddle.application.realtime.access import TopicAccess
from heddle.application.realtime.actor import Sender
from heddle.domain.realtime.frames import ClientFrame, RateLimited
from heddle.domain.realtime.topics import check_subscription, is_pattern, patterns_of
from heddle.errors import InvalidInput
from heddle.records import dataclass

MAX_SUBSCRIPTIONS = 100
"""Of one connection, unless its tenant's limits say otherwise."""
MAX_NUMBER = 2**53
"""What JavaScript counts exactly, and no topic reaches."""


def group_of(tenant: str, name: str, shard: int) -> str:
    """Return the mailbox of a shard of a topic or pattern."""
    return f"{tenant}/{name}/{shard}"


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Handles Subscribe frames: all topics of a frame, or none."""

    subscriptions: SubscriptionStore
    topics: TopicLog
    deliveries: Mailbox
    access: TopicAccess
    new_id: Callable[[], str]
    limit: Callable[[str], int] = lambda tenant: MAX_SUBSCRIPTIONS

    def __call__(self, sender: Sender, frame: ClientFrame) -> None:
        """Listen; InvalidInput, Forbidden, NotFound (a run), RateLimited `too_many_subscriptions`."""
        names, after = _asked(frame.data)
        connection = sender.connection
        for name in names:
            self.access.may_read(connection.principal, name)
        have = {each.name for each in self.subscriptions.of(connection.tenant, connection.id)}
        if len(have.union(names)) > (limit := self.limit(connection.tenant)):
            raise RateLimited(
                f"a connection has at most {limit} subscriptions: unsubscribe, or use a pattern such as orders.*",
                code="too_many_subscriptions",
                limit=limit,
                active_subscriptions=len(have),
            )
        entered = [self.enter(connection, name, after.get(name)) for name in names]
        self.refresh_patterns(connection)
        active = len(have.union(names))
        sender.answer("Status", {"status": "subscribed", "topics": names, "active_subscriptions": active}, id=frame.id)
        for subscription in entered:
            self.join(connection, subscription)

    def enter(self, connection: Connection, name: str, after: int | None) -> Subscription:
        """Note the subscription; without `after` it begins behind what is in the topic now.

        A number that the topic has not reached is of a log that ended and began again at 1: all of it is owed. Asked
        again without `after`, or after a crash in the midst of this, a subscription stays what it is.
        """
        begin = 0
        if after is None:
            there = {each.name: each for each in self.subscriptions.of(connection.tenant, connection.id)}
            if name in there:
                return there[name]
        if not is_pattern(name):
            newest = self.topics.newest(connection.tenant, name)
            begin = newest if after is None else after if after <= newest else 0
        return self.subscriptions.enter(connection.tenant, connection.id, name, after=begin, token=self.new_id())

    def join(self, connection: Connection, subscription: Subscription) -> None:
        """Ask the topic's shard to replay what is owed and to listen from then on."""
        name, shard = subscription.name, subscription.shard
        if is_pattern(name) or self._joined(connection, subscription):
            return
        message = {
            "do": "join",
            "tenant": connection.tenant,
            "name": name,
            "shard": shard,
            "connection": connection.id,
            "token": subscription.token,
            "after": subscription.after,
        }
        self.deliveries.send(group_of(connection.tenant, name, shard), message, once=f"join#{subscription.token}")

    def _joined(self, connection: Connection, subscription: Subscription) -> bool:
        """Tell whether the shard has it at this number, or further, already."""
        member = self.subscriptions.member(connection.tenant, subscription.name, subscription.shard, connection.id)
        return member is not None and member.token == subscription.token

    def refresh_patterns(self, connection: Connection) -> None:
        """Tell each pattern of the connection which of its other subscriptions bring frames that it covers as well.

        With a topic goes the number that it begins behind: what is older and still on its way comes by the pattern.
        """
        own = self.subscriptions.of(connection.tenant, connection.id)
        for each in own:
            if is_pattern(each.name):
                covered = [other for other in own if each.name in patterns_of(other.name.rstrip("*") + "x")]
                also = tuple((other.name, other.after) for other in covered if other.name != each.name)
                member = Member(connection.id, also=also)
                self.subscriptions.put_member(connection.tenant, each.name, each.shard, member)


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Handles Unsubscribe frames."""

    subscriptions: SubscriptionStore
    subscribe: Subscribe

    def __call__(self, sender: Sender, frame: ClientFrame) -> None:
        """Stop listening; a topic that was not listened to is fine."""
        names, _ = _asked(frame.data)
        connection = sender.connection
        for name in names:
            self.subscriptions.leave(connection.tenant, connection.id, name)
        self.subscribe.refresh_patterns(connection)
        left = len(self.subscriptions.of(connection.tenant, connection.id))
        sender.answer("Status", {"status": "unsubscribed", "topics": names, "active_subscriptions": left}, id=frame.id)


def _asked(data: Mapping[str, Any]) -> tuple[list[str], dict[str, int]]:
    topics = data.get("topics")
    if isinstance(topics, str):
        topics = [topics]
    if not isinstance(topics, list) or not topics:
        raise InvalidInput("`topics` must be a list of topics, such as ['run:01J…', 'orders.*']", code="invalid_frame")
    names = list(dict.fromkeys(check_subscription(name) for name in topics))
    after = data.get("after", {})
    if _number(after):
        after = dict.fromkeys(names, after)
    if not isinstance(after, dict) or not all(_number(value) for value in after.values()):
        raise InvalidInput("`after` must be the number of a frame, or one for each topic", code="invalid_frame")
    unknown = _not_in(after, names)
    if unknown:
        raise InvalidInput(f"`after` names {unknown[0]!r}, which is not in `topics`", code="invalid_frame")
    return names, dict(after)


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_NUMBER


def _not_in(given: Iterable[str], names: list[str]) -> list[str]:
    return [name for name in given if name not in names]
