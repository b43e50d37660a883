"""What the realtime service keeps of connections and subscriptions, and how it reaches them."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from heddle.application.identity.principal import Principal
from heddle.records import dataclass

Posted = Literal["sent", "gone", "failed"]
SILENT_SECONDS = 150
"""Three heartbeats missed, and the half minute in which they are not written down."""
WARN_SECONDS = 300
"""How long before its credential ends a client hears of it."""


@dataclass(frozen=True, slots=True)
class Connection:
    """An open WebSocket. Times are seconds since 1970.

    `session` outlives it: who resumes the session gets its subscriptions. `closes_at` is when we close it: before the
    gateway's two hours are over, or when the credential ends. `seen_at` is when something last came from the client.
    `warned`: it has been told that its credential ends.
    """

    id: str
    principal: Principal
    session: str
    connected_at: int
    closes_at: int
    seen_at: int
    device: Mapping[str, Any]
    warned: bool = False

    @property
    def due_at(self) -> int:
        """When it has to be looked at: to be warned, closed, or found silent."""
        ends = self.principal.expires_at is not None and self.principal.expires_at <= self.closes_at
        closing = self.closes_at - WARN_SECONDS if ends and not self.warned else self.closes_at
        return min(closing, self.seen_at + SILENT_SECONDS)

    @property
    def tenant(self) -> str:
        """Whose it is."""
        return self.principal.tenant

    @property
    def user(self) -> str:
        """Who reads here, as topics and messages name them: `user:…` and `key:…` without what is before the colon."""
        return user_of(self.principal.id)


def user_of(principal_id: str) -> str:
    """Return the user that a principal's id names."""
    return principal_id.partition(":")[2] or principal_id


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a connection listens to: a topic or a pattern, in which of its shards, and behind which number.

    `token` is another one each time that it subscribes, so that a message about an earlier time is known as such.
    `after` and `behind` are those of the member that it is in the shard, as they were last noted.
    """

    name: str
    shard: int
    token: str
    after: int = 0
    behind: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A connection as its topic's shard has it.

    Frames with a number up to `after` have been sent. `also` are the other subscriptions of the connection that this
    pattern covers, each with the number behind which frames come by it. `behind`: what follows `after` is still owed.
    `token` is the subscription's by which it joined; patterns, which never join late, have none.
    """

    connection_id: str
    after: int = 0
    also: tuple[tuple[str, int], ...] = ()
    behind: bool = False
    failures: int = 0
    token: str = ""


@dataclass(frozen=True, slots=True)
class Owed:
    """A member that is behind, and where."""

    tenant: str
    name: str
    shard: int
    connection_id: str


class ConnectionStore(Protocol):
    """Open connections, found by their id alone (the gateway tells nothing else) and by their user."""

    def add(self, connection: Connection, *, per_user: int, per_tenant: int) -> None:
        """Keep it; RateLimited `too_many_connections` if its user or tenant has as many as that already."""
        ...

    def get(self, connection_id: str) -> Connection | None:
        """Return the connection, if it is open."""
        ...

    def change(self, connection: Connection) -> bool:
        """Keep it as it is now (seen, or with another credential); False if it is not open any more."""
        ...

    def remove(self, connection_id: str) -> bool:
        """Forget it; False if that was done before."""
        ...

    def of_user(self, tenant: str, user: str) -> Sequence[Connection]:
        """Return the open connections of a user."""
        ...

    def count(self, tenant: str) -> int:
        """Return how many connections of a tenant are open."""
        ...

    def due(self, before: int, *, limit: int) -> Sequence[Connection]:
        """Return connections of all tenants whose `due_at` is over at that time."""
        ...


class SubscriptionStore(Protocol):
    """Who listens to what, from both sides."""

    def of(self, tenant: str, connection_id: str) -> Sequence[Subscription]:
        """Return what the connection listens to."""
        ...

    def enter(self, tenant: str, connection_id: str, name: str, *, after: int, token: str) -> Subscription:
        """Note that the connection listens, and give it a shard; one that it has already, it keeps.

        Who had joined is no member until joining again: nothing newer may come before what `after` asks for.
        """
        ...

    def leave(self, tenant: str, connection_id: str, name: str) -> bool:
        """Forget it on both sides; False if it did not listen."""
        ...

    def shards(self, tenant: str, names: Sequence[str]) -> Mapping[str, Sequence[int]]:
        """Return the shards of each topic or pattern in which anybody listens."""
        ...

    def count(self, tenant: str, names: Sequence[str]) -> int:
        """Return how many subscriptions these have together."""
        ...

    def members(self, tenant: str, name: str, shard: int) -> Sequence[Member]:
        """Return who listens in a shard, and has joined."""
        ...

    def member(self, tenant: str, name: str, shard: int, connection_id: str) -> Member | None:
        """Return one of them."""
        ...

    def owed(self, *, limit: int) -> Sequence[Owed]:
        """Return members of all tenants that are behind, perhaps without the latest."""
        ...

    def put_member(self, tenant: str, name: str, shard: int, member: Member) -> bool:
        """Let the connection join, or note how far it is; False if it does not listen, or by another token."""
        ...


class Gateway(Protocol):
    """The sending side of the WebSocket gateway. May be used by many threads at once."""

    def post(self, connection_id: str, frame: bytes) -> Posted:
        """Send one message. `gone`: the connection is no more. `failed`: it could not be sent within a short time."""
        ...

    def close(self, connection_id: str) -> None:
        """Close the connection; one that is gone is fine."""
        ...


class Mailbox(Protocol):
    """Messages to actors: those of one group are handled in order and one at a time, each at least once."""

    def send(self, group: str, message: Mapping[str, Any], *, once: str) -> None:
        """Put a message into the mailbox of `group`; the same `once` within five minutes is the same message."""
        ...


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a topic stood for a connection: nothing up to `after` is owed, nor what was added up to the time `since`.

    `since` is None where `after` is exact.
    """

    after: int
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """What is left of a connection when it is cut: who it was, and where each of its topics stood then.

    `secret` is the hash of the resume token's secret; each resumption makes another. `ends_at` in seconds since 1970.
    `topics` count once the connection was `cut`.
    """

    id: str
    tenant: str
    user: str
    secret: str
    connection_id: str
    topics: Mapping[str, Mark]
    ends_at: int
    cut: bool = False


class SessionStore(Protocol):
    """Sessions, kept for a while after their connection was cut."""

    def put(self, session: Session) -> None:
        """Keep it, new or as it is now."""
        ...

    def resume(
        self,
        tenant: str,
        session_id: str,
        *,
        user: str,
        secret: str,
        new_secret: str,
        connection_id: str,
        at: int,
        ends_at: int,
    ) -> Session:
        """Give the session to another connection of its user and return it as it was before.

        Conflict `session_resumed` if the secret is not the session's (any more). NotFound `session_not_found` if there
        is none, it is another user's, or it has ended at the time `at`.
        """
        ...

    def cut(
        self, tenant: str, session_id: str, connection_id: str, topics: Mapping[str, Mark], *, ends_at: int
    ) -> None:
        """Note where its topics stood and when it ends.

        Nothing if another connection has the session by now, or if it was noted before: whoever comes again after a
        crash finds fewer topics than there were.
        """
        ...
