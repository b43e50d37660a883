"""What the realtime service keeps of connections and subscriptions, and how it reaches them."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from heddle.application.identity.principal import Principal
from heddle.records import dataclass

Posted = Literal["sent", "gone", "failed"]


@dataclass(frozen=True, slots=True)
class Connection:
    """An open WebSocket. Times are seconds since 1970.

    `session` outlives it: who resumes the session gets its subscriptions. `closes_at` is when we close it: before the
    gateway's two hours are over, or when the credential ends. `seen_at` is when something last came from the client.
    """

    id: str
    principal: Principal
    session: str
    connected_at: int
    closes_at: int
    seen_at: int
    device: Mapping[str, Any]

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
    """

    name: str
    shard: int
    token: str
    after: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """A connection as its topic's shard has it.

    Frames with a number up to `after` have been sent. `also` are the other subscriptions of the connection that this
    pattern covers: their frames come by them. `behind`: sending failed; the log from `after` on is still owed.
    """

    connection_id: str
    after: int = 0
    also: tuple[str, ...] = ()
    behind: bool = False
    failures: int = 0


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

    def due(self, before: int, *, limit: int) -> Sequence[Connection]:
        """Return connections of all tenants that are to be closed or were silent for too long, at that time."""
        ...


class SubscriptionStore(Protocol):
    """Who listens to what, from both sides."""

    def of(self, tenant: str, connection_id: str) -> Sequence[Subscription]:
        """Return what the connection listens to."""
        ...

    def enter(self, tenant: str, connection_id: str, name: str, *, after: int, token: str) -> Subscription:
        """Note that the connection listens, and give it a shard; one that it has, it keeps, and joins anew."""
        ...

    def leave(self, tenant: str, connection_id: str, name: str) -> bool:
        """Forget it on both sides; False if it did not listen."""
        ...

    def shards(self, tenant: str, names: Sequence[str]) -> Mapping[str, int]:
        """Return how many shards each topic or pattern has that anybody listens to."""
        ...

    def count(self, tenant: str, names: Sequence[str]) -> int:
        """Return how many subscriptions these have together."""
        ...

    def members(self, tenant: str, name: str, shard: int) -> Sequence[Member]:
        """Return who listens in a shard, and has joined."""
        ...

    def put_member(self, tenant: str, name: str, shard: int, member: Member, *, token: str | None = None) -> bool:
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
class Session:
    """What is left of a connection when it is cut: who it was, and where each of its topics stood then.

    `secret` is the hash of the resume token's secret; each resumption makes another. `ends_at` in seconds since 1970.
    """

    id: str
    tenant: str
    user: str
    secret: str
    connection_id: str
    topics: Mapping[str, int]
    ends_at: int


class SessionStore(Protocol):
    """Sessions, kept for a while after their connection was cut."""

    def put(self, session: Session) -> None:
        """Keep it, new or as it is now."""
        ...

    def resume(self, tenant: str, session_id: str, *, secret: str, new_secret: str, connection_id: str) -> Session:
        """Give the session to another connection and return it as it was before.

        Conflict `session_resumed` if the secret is not the session's (any more), NotFound `session_not_found`.
        """
        ...

    def cut(self, tenant: str, session_id: str, connection_id: str, topics: Mapping[str, int]) -> None:
        """Note where its topics stood; nothing if another connection has the session by now."""
        ...
