"""Nothing missed, in order: whatever the order in which appends, joins, cuts, redeliveries and crashes meet.

A world without threads: each step is drawn by a seed, every call of a port may crash before or after its effect, the
gateway may fail, and clients keep a list of what they got. A client passes over numbers that it has.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from heddle.adapters.memory.messages import MemoryMessageStore
from heddle.adapters.memory.notifications import MemoryNotificationStore
from heddle.adapters.memory.presence import MemoryPresenceStore, MemoryTimers
from heddle.adapters.memory.rates import MemoryRateStore
from heddle.adapters.memory.realtime import (
    MemoryConnectionStore,
    MemoryMailbox,
    MemorySessionStore,
    MemorySubscriptionStore,
)
from heddle.adapters.memory.rules import MemoryRuleStore
from heddle.adapters.memory.topics import MemoryTopicLog
from heddle.application.identity.principal import Principal
from heddle.application.ports.realtime import Posted
from heddle.application.realtime.act import Act
from heddle.application.realtime.connect import Connect, Disconnect, Welcome
from heddle.application.realtime.deliver import Deliver
from heddle.application.realtime.fan_out import Appended, FanOut
from heddle.application.realtime.handlers import Parts, handlers
from heddle.application.realtime.people import People
from heddle.application.realtime.tend import TendOwed

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TOPICS = ("orders.a", "orders.b")
ADA = Principal("acme", "user:ada", ("editor",), ("*",))


class Crash(Exception):
    """The process is gone."""


@dataclass
class Fragile:
    """A port of which any call may crash, before or after it has done its work."""

    port: Any
    world: "World"

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.port, name)

        def perhaps(*args: Any, **kwargs: Any) -> Any:
            if self.world.draws(self.world.crashes):
                raise Crash
            answer = call(*args, **kwargs)
            if self.world.draws(self.world.crashes):
                raise Crash
            return answer

        return perhaps


@dataclass
class Client:
    """What one socket got, by topic, and what it must get: `asked` is the number behind which it listens."""

    id: str
    asked: dict[str, int] = field(default_factory=dict)
    got: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    resume_token: str = ""
    listens: bool = False
    pattern: bool = False

    def takes(self, frame: dict[str, Any], newest: dict[str, int]) -> None:
        if frame["type"] == "Status" and frame["data"]["status"] == "connected":
            self.resume_token = frame["data"]["resume_token"]
        elif frame["type"] == "Status" and frame["data"]["status"] == "subscribed":
            self.listens = True
            for topic in frame["data"]["topics"]:
                for name in TOPICS if topic.endswith("*") else [topic]:
                    self.asked.setdefault(name, newest[name])
        elif frame["type"] == "Broadcast":
            self.got[frame["metadata"]["topic"]].append(frame["metadata"]["seq"])

    def fresh(self, topic: str) -> list[int]:
        """Return the numbers that were new to the client when they came."""
        seen, fresh = 0, []
        for seq in self.got[topic]:
            if seq > seen:
                fresh.append(seq)
                seen = seq
        return fresh


class World:
    """The service over memory, its clients, and chance."""

    def __init__(self, seed: int, *, crashes: float, failures: float) -> None:
        self.random, self.crashes, self.failures = random.Random(seed), crashes, failures
        self.clients: dict[str, Client] = {}
        self.open: set[str] = set()
        self.appended: list[Appended] = []
        self.newest: dict[str, int] = dict.fromkeys(TOPICS, 0)
        self.connections, self.sessions = MemoryConnectionStore(), MemorySessionStore()
        self.stores = MemorySubscriptionStore()
        self.log = MemoryTopicLog()
        self.mailbox, self.deliveries = MemoryMailbox(attempts=10**6), MemoryMailbox(attempts=10**6)
        self.minute = self.number = 0
        subscriptions, topics, gateway = Fragile(self.stores, self), Fragile(self.log, self), Fragile(self, self)
        deliveries, sessions = Fragile(self.deliveries, self), Fragile(self.sessions, self)
        connections = Fragile(self.connections, self)
        parts = Parts(
            subscriptions,
            topics,
            deliveries,
            lambda tenant, run: True,
            lambda tenant, batch: True,
            self.new_id,
            self.now,
        )
        welcome = Welcome(sessions, parts.subscribe, lambda tenant, user: 0, lambda seconds: None)
        people = People(
            parts.publish,
            connections=connections,
            rules=MemoryRuleStore(),
            messages=Fragile(MemoryMessageStore(), self),
            presence=Fragile(MemoryPresenceStore(), self),
            notifications=MemoryNotificationStore(),
            timers=MemoryTimers(),
            rates=MemoryRateStore(),
        )
        self.act = Act(connections, gateway, handlers(parts, people), welcome, self.now)
        self.disconnect = Disconnect(connections, sessions, subscriptions, self.now)
        self.deliver = Deliver(subscriptions, topics, gateway, deliveries, self.disconnect)
        self.fan_out = FanOut(subscriptions, deliveries)
        self.connect = Connect(self.connections, self.sessions, self.stores, self.mailbox, self, self.new_id, self.now)

    def draws(self, chance: float) -> bool:
        return self.random.random() < chance

    def now(self) -> datetime:
        return NOW

    def new_id(self) -> str:
        self.number += 1
        return f"id{self.number}"

    def post(self, connection_id: str, frame: bytes) -> Posted:
        if connection_id not in self.open:
            return "gone"
        if self.draws(self.failures):
            return "failed"
        self.clients[connection_id].takes(orjson.loads(frame), self.newest)
        return "sent"

    def close(self, connection_id: str) -> None:
        self.open.discard(connection_id)

    def comes(self, resume: str | None = None) -> Client:
        client = Client(self.new_id())
        self.clients[client.id] = client
        self.open.add(client.id)
        self.connect(client.id, ADA, resume=resume)
        return client

    def asks(self, client: Client, kind: str, **data: Any) -> None:
        frame_id = self.new_id()
        message = {"do": "frame", "type": kind, "data": data, "id": frame_id}
        self.mailbox.send(client.id, message, once=frame_id)

    def append(self, topic: str) -> None:
        count = self.random.randint(1, 3)
        last = self.log.append("acme", topic, [("token", {"text": "x"})] * count, at=NOW.isoformat())
        self.appended.append(Appended("acme", topic, last - count + 1, last))
        self.newest[topic] = last

    def step(self) -> bool:
        """Let one of those who have work do some of it; False if nobody has."""
        work: list[Any] = [lambda g=group: self.mailbox.step(g, self.act) for group in self.mailbox.groups]
        for group in self.deliveries.groups:
            work.append(lambda g=group: self.deliveries.step(g, lambda _, message: self.deliver(message)))
        if self.appended:
            work.append(self._fan_out)
        if not work:
            return False
        self.random.choice(work)()
        return True

    def _fan_out(self) -> None:
        """Do as the stream does: in order, and the first again until it was handled."""
        try:
            self.fan_out(self.appended[0])
        except Crash:
            return
        self.appended.pop(0)

    def cut(self, client: Client) -> None:
        """Lose the socket; that is noticed in the end."""
        self.open.discard(client.id)
        while True:
            try:
                self.disconnect(client.id)
            except Crash:
                continue
            return

    def settles(self) -> None:
        """Without further crashes, and with the timer, everything comes to rest."""
        self.crashes = self.failures = 0.0
        while self.step() or self.stores.owed(limit=1):
            self.minute += 1
            for owed in self.stores.owed(limit=100):
                TendOwed(self.deliveries, lambda: datetime.fromtimestamp(60.0 * self.minute, UTC))(owed)


def lives(world: World, steps: int) -> None:
    """Let chance act: clients come, subscribe, are cut and come back, while topics grow and messages are handled."""
    for _ in range(steps):
        drawn = world.random.random()
        there = [client for client in world.clients.values() if client.id in world.open]
        if drawn < 0.05 and len(there) < 6:
            subscribes(world, world.comes())
        elif drawn < 0.30:
            world.append(world.random.choice(TOPICS))
        elif drawn < 0.33 and there:
            comes_back(world, world.random.choice(there))
        else:
            world.step()


def subscribes(world: World, client: Client) -> None:
    """Ask for a topic from now on, from a number on, or for a pattern."""
    topic = world.random.choice(TOPICS)
    kind = world.random.choice(["now", "after", "pattern"])
    if kind == "after":
        client.asked[topic] = after = world.random.randint(0, world.newest[topic])
        world.asks(client, "Subscribe", topics=[topic], after=after)
    else:
        client.pattern = kind == "pattern"
        world.asks(client, "Subscribe", topics=["orders.*" if kind == "pattern" else topic])


def comes_back(world: World, client: Client) -> None:
    """Be cut, and resume the session if it was told how; what is owed and what was got go on."""
    world.cut(client)
    world.clients.pop(client.id)
    if client.resume_token and client.listens and not client.pattern:  # patterns begin anew
        again = world.comes(client.resume_token)
        again.asked, again.got, again.listens = client.asked, client.got, True


@pytest.mark.parametrize("seed", range(300))
def test_nothing_is_missed_and_all_is_in_order_whatever_crashes(seed: int) -> None:
    world = World(seed, crashes=[0.0, 0.02, 0.1][seed % 3], failures=[0.0, 0.05][seed % 2])

    lives(world, 150)
    world.settles()

    for client in world.clients.values():
        for topic, asked in client.asked.items():
            if client.pattern and seed % 2:
                continue  # what could not be sent by a pattern is let go
            owed = list(range(asked + 1, world.newest[topic] + 1))
            fresh = [seq for seq in client.fresh(topic) if seq > asked]
            if client.id in world.open:
                assert fresh == owed, (client.id, topic)
            else:  # closed after too many failures: what it got is still without a gap
                assert fresh == owed[: len(fresh)], (client.id, topic)


@pytest.mark.parametrize("seed", range(60))
def test_without_crashes_and_cuts_nothing_comes_twice(seed: int) -> None:
    world = World(seed, crashes=0.0, failures=0.0)
    for _ in range(4):
        subscribes(world, world.comes())

    for _ in range(120):
        if world.draws(0.3):
            world.append(world.random.choice(TOPICS))
        else:
            world.step()
    world.settles()

    for client in world.clients.values():
        for topic, got in client.got.items():
            assert got == sorted(set(got)), (client.id, topic)
