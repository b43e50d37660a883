"""Waiting for a slot, in virtual time: one tenant floods the platform, and what the others feel of it.

Each policy gets the same arrivals. A dispatcher takes so many messages a second out of the queue; a run that gets a
slot holds it for its duration; the platform carries so many runs at a time.

    one queue          first come, first served, no limit per tenant
    slots              the same queue, but a tenant runs at most n at a time and its others are parked (decision 0033)
    slots, fair queue  besides, the queue serves tenants in turn, as SQS does by message group
"""

import heapq
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

POLICIES = ("one queue", "slots", "slots, fair queue")


@dataclass(frozen=True)
class Load:
    """What arrives. Rates per second, durations in seconds; the flood is one tenant's, all at second `flood_at`."""

    tenants: int = 2_000
    rate: float = 100.0
    duration: float = 2.0
    seconds: int = 120
    flood: int = 50_000
    flood_at: float = 30.0
    dispatched: float = 1_000.0
    carried: int = 1_000
    slots: int = 50
    seed: int = 1

    def arrivals(self) -> Iterator[tuple[float, int]]:
        """Yield (time, tenant) in order; tenant 0 is the one that floods."""
        chance = random.Random(self.seed)
        at, flooded = 0.0, False
        while True:
            at += chance.expovariate(self.rate)
            if not flooded and at >= self.flood_at:
                flooded = True
                yield from ((self.flood_at, 0) for _ in range(self.flood))
            if at >= self.seconds:
                return
            yield at, chance.randrange(1, self.tenants)


@dataclass
class Queue:
    """Messages of tenants: in order, or, if fair, one tenant after the other."""

    fair: bool
    _lines: dict[int, deque[float]] = field(default_factory=dict)
    _turns: deque[int] = field(default_factory=deque)

    def __bool__(self) -> bool:
        return bool(self._turns)

    def put(self, tenant: int, arrived: float) -> None:
        """Add a message."""
        line = self._lines.setdefault(tenant, deque())
        if not self.fair or not line:
            self._turns.append(tenant)
        line.append(arrived)

    def take(self) -> tuple[int, float] | None:
        """Remove and return the next one."""
        if not self._turns:
            return None
        tenant = self._turns.popleft()
        line = self._lines[tenant]
        arrived = line.popleft()
        if self.fair and line:
            self._turns.append(tenant)
        return tenant, arrived


@dataclass
class Outcome:
    """Seconds that runs waited before they began: those of the flood, and those of everybody else."""

    flood: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)

    def began(self, tenant: int, waited: float) -> None:
        """Keep one wait."""
        (self.others if tenant else self.flood).append(waited)


def simulate(policy: str, load: Load) -> Outcome:
    """Run all arrivals through to their beginning."""
    chance, outcome = random.Random(load.seed + 1), Outcome()
    queue, parked = Queue(fair=policy.endswith("fair queue")), dict[int, deque[float]]()
    limit = load.slots if policy != "one queue" else load.carried
    held, running = dict[int, int](), 0
    order = count()
    events: list[tuple[float, int, str, int]] = [(at, next(order), "arrive", who) for at, who in load.arrivals()]
    heapq.heapify(events)
    dispatching = False

    def begin(now: float, tenant: int, arrived: float) -> None:
        nonlocal running
        held[tenant] = held.get(tenant, 0) + 1
        running += 1
        outcome.began(tenant, now - arrived)
        heapq.heappush(events, (now + chance.expovariate(1 / load.duration), next(order), "end", tenant))

    while events:
        now, _, kind, tenant = heapq.heappop(events)
        if kind == "arrive":
            queue.put(tenant, now)
        elif kind == "end":
            held[tenant] -= 1
            running -= 1
            if waiting := parked.get(tenant):
                begin(now, tenant, waiting.popleft())
        elif running < load.carried and (message := queue.take()):
            tenant, arrived = message
            if held.get(tenant, 0) < limit:
                begin(now, tenant, arrived)
            else:
                parked.setdefault(tenant, deque()).append(arrived)
        if kind == "dispatch":
            dispatching = False
        if queue and running < load.carried and not dispatching:
            dispatching = True
            heapq.heappush(events, (now + 1 / load.dispatched, next(order), "dispatch", -1))
    return outcome


def quantile(values: list[float], share: float) -> float:
    """Return the value that so large a share is not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
