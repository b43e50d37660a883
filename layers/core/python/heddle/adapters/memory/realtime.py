"""Connections, subscriptions and mailboxes in memory."""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from heddle.application.ports.realtime import Connection, Mark, Member, Owed, Session, Subscription
from heddle.domain.realtime.frames import RateLimited
from heddle.errors import Conflict, NotFound

SHARD_MEMBERS = 500


@dataclass
class MemoryConnectionStore:
    """A ConnectionStore in a dictionary."""

    _open: dict[str, Connection] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, connection: Connection, *, per_user: int, per_tenant: int) -> None:
        with self._lock:
            of_tenant = [each for each in self._open.values() if each.tenant == connection.tenant]
            for limit, held, whose in (
                (per_user, [each for each in of_tenant if each.user == connection.user], "user"),
                (per_tenant, of_tenant, "tenant"),
            ):
                if len(held) >= limit:
                    raise RateLimited(f"the {whose} has {limit} connections already", code="too_many_connections")
            self._open[connection.id] = connection

    def get(self, connection_id: str) -> Connection | None:
        return self._open.get(connection_id)

    def change(self, connection: Connection) -> bool:
        with self._lock:
            if connection.id not in self._open:
                return False
            self._open[connection.id] = connection
            return True

    def remove(self, connection_id: str) -> bool:
        with self._lock:
            return self._open.pop(connection_id, None) is not None

    def of_user(self, tenant: str, user: str) -> Sequence[Connection]:
        with self._lock:
            return [each for each in self._open.values() if (each.tenant, each.user) == (tenant, user)]

    def count(self, tenant: str) -> int:
        with self._lock:
            return sum(each.tenant == tenant for each in self._open.values())

    def due(self, before: int, *, limit: int) -> Sequence[Connection]:
        with self._lock:
            return [each for each in self._open.values() if each.due_at <= before][:limit]


@dataclass
class _Topic:
    shards: int = 0
    newest: int = 0
    members: int = 0
    held: dict[int, int] = field(default_factory=lambda: defaultdict(int))


@dataclass
class MemorySubscriptionStore:
    """A SubscriptionStore in dictionaries."""

    _topics: defaultdict[tuple[str, str], _Topic] = field(default_factory=lambda: defaultdict(_Topic))
    _own: defaultdict[tuple[str, str], dict[str, Subscription]] = field(default_factory=lambda: defaultdict(dict))
    _members: defaultdict[tuple[str, str, int], dict[str, Member]] = field(default_factory=lambda: defaultdict(dict))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, tenant: str, connection_id: str) -> Sequence[Subscription]:
        with self._lock:
            return list(self._own[tenant, connection_id].values())

    def enter(self, tenant: str, connection_id: str, name: str, *, after: int, token: str) -> Subscription:
        with self._lock:
            own = self._own[tenant, connection_id]
            shard = own[name].shard if name in own else 0
            # What is under way for the time before is not sent to it any more: the join replays it.
            self._members[tenant, name, shard].pop(connection_id, None)
            if not shard:
                topic = self._topics[tenant, name]
                if topic.shards == 0 or topic.newest >= SHARD_MEMBERS:
                    topic.shards, topic.newest = topic.shards + 1, 0
                topic.newest += 1
                topic.members += 1
                topic.held[topic.shards] += 1
                shard = topic.shards
            own[name] = Subscription(name, shard, token, after)
            return own[name]

    def leave(self, tenant: str, connection_id: str, name: str) -> bool:
        with self._lock:
            found = self._own[tenant, connection_id].pop(name, None)
            if found is None:
                return False
            self._members[tenant, name, found.shard].pop(connection_id, None)
            topic = self._topics[tenant, name]
            topic.members -= 1
            topic.held[found.shard] -= 1
            if topic.members == 0:
                del self._topics[tenant, name]
            return True

    def shards(self, tenant: str, names: Sequence[str]) -> Mapping[str, Sequence[int]]:
        with self._lock:
            there = [name for name in names if (tenant, name) in self._topics]
            found = {name: [shard for shard, held in self._topics[tenant, name].held.items() if held] for name in there}
            return {name: shards for name, shards in found.items() if shards}

    def count(self, tenant: str, names: Sequence[str]) -> int:
        with self._lock:
            return sum(self._topics[tenant, name].members for name in names if (tenant, name) in self._topics)

    def members(self, tenant: str, name: str, shard: int) -> Sequence[Member]:
        with self._lock:
            return list(self._members[tenant, name, shard].values())

    def member(self, tenant: str, name: str, shard: int, connection_id: str) -> Member | None:
        with self._lock:
            return self._members[tenant, name, shard].get(connection_id)

    def owed(self, *, limit: int) -> Sequence[Owed]:
        with self._lock:
            return [
                Owed(tenant, name, shard, member.connection_id)
                for (tenant, name, shard), members in self._members.items()
                for member in members.values()
                if member.behind
            ][:limit]

    def put_member(self, tenant: str, name: str, shard: int, member: Member) -> bool:
        with self._lock:
            own = self._own[tenant, member.connection_id].get(name)
            if own is None or own.shard != shard or member.token not in ("", own.token):
                return False
            self._members[tenant, name, shard][member.connection_id] = member
            self._own[tenant, member.connection_id][name] = replace(own, after=member.after, behind=member.behind)
            return True


@dataclass
class MemorySessionStore:
    """A SessionStore in a dictionary."""

    _sessions: dict[tuple[str, str], Session] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, session: Session) -> None:
        with self._lock:
            self._sessions[session.tenant, session.id] = session

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
        with self._lock:
            found = self._sessions.get((tenant, session_id))
            if found is None or found.user != user or found.ends_at <= at:
                raise NotFound("there is no such session to resume", code="session_not_found")
            if found.secret != secret:
                raise Conflict("another connection has resumed this session", code="session_resumed")
            changed = replace(found, secret=new_secret, connection_id=connection_id, ends_at=ends_at, cut=False)
            self._sessions[tenant, session_id] = changed
            return found

    def cut(
        self, tenant: str, session_id: str, connection_id: str, topics: Mapping[str, Mark], *, ends_at: int
    ) -> None:
        with self._lock:
            found = self._sessions.get((tenant, session_id))
            if found is not None and found.connection_id == connection_id and not found.cut:
                changed = replace(found, topics=dict(topics), ends_at=ends_at, cut=True)
                self._sessions[tenant, session_id] = changed


Handle = Callable[[str, Mapping[str, Any]], object]


@dataclass
class MemoryMailbox:
    """A Mailbox as a FIFO queue with groups is one: in order within a group, one message of it at a time.

    `step` hands out the first message of a group; who raises gets it again, `attempts` times in all, then it is parked.
    """

    attempts: int = 3
    parked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    _groups: OrderedDict[str, list[Mapping[str, Any]]] = field(default_factory=OrderedDict)
    _tries: dict[str, int] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _busy: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, group: str, message: Mapping[str, Any], *, once: str) -> None:
        with self._lock:
            if once not in self._seen:
                self._seen.add(once)
                self._groups.setdefault(group, []).append(message)

    @property
    def groups(self) -> list[str]:
        """The groups that have something to be handled and nobody at work."""
        with self._lock:
            return [group for group, messages in self._groups.items() if messages and group not in self._busy]

    def step(self, group: str, handle: Handle) -> bool:
        """Let the group's first message be handled; False if it failed and is there again, or was parked."""
        with self._lock:
            message = self._groups[group][0]
            self._busy.add(group)
        try:
            handle(group, message)
        except Exception:  # the border between messages: whatever is wrong with one is that one's alone
            with self._lock:
                self._tries[group] = self._tries.get(group, 0) + 1
                if self._tries[group] >= self.attempts:
                    self.parked.append((group, message))
                    self._drop(group)
            return False
        else:
            with self._lock:
                self._drop(group)
            return True
        finally:
            with self._lock:
                self._busy.discard(group)

    def _drop(self, group: str) -> None:
        self._tries.pop(group, None)
        self._groups[group].pop(0)
        if not self._groups[group]:
            del self._groups[group]


@dataclass
class MemoryPositions:
    """A Positions in a dictionary."""

    _positions: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)

    def get(self, tenant: str, run_id: str) -> tuple[int, int]:
        return self._positions.get((tenant, run_id), (0, 0))

    def put(self, tenant: str, run_id: str, version: int, seq: int) -> None:
        if version > self.get(tenant, run_id)[0]:
            self._positions[tenant, run_id] = (version, seq)
