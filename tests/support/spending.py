"""Many who spend from the same budgets at once, and die in between: what the tests of the purse are made of."""

import itertools
import random
import threading
from collections import Counter as Tally
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from heddle.adapters.memory.events import MemoryEventStore
from heddle.application.budgets.purse import BudgetPurse
from heddle.application.budgets.sweep import SweepReservations
from heddle.application.models.caller import Billed, Caller
from heddle.application.ports.budgets import Look, Write
from heddle.application.ports.spend import Grant
from heddle.domain.budgets.budget import Budget, make_budget
from heddle.domain.budgets.counter import Counter, CounterKey, Piece
from heddle.errors import NodeError

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOON_DAY = NOON.date()
DOLLAR = 10**12


class Died(Exception):
    """A process ended here."""


@dataclass
class Clock:
    """A clock that somebody sets."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def pass_time(self, **delta: float) -> None:
        self.at += timedelta(**delta)


@dataclass
class Mortal:
    """A SpendStore whose callers may die before or after each write; `watch` sees the store after each."""

    store: Any
    dies: Callable[[str], bool] = lambda where: False
    between: Callable[[], None] = lambda: None
    _nested: threading.local = field(default_factory=threading.local)

    def look(self, tenant: str, *, call_id: str | None = None, keys: Sequence[CounterKey] = ()) -> Look:
        found: Look = self.store.look(tenant, call_id=call_id, keys=keys)
        self._others()
        return found

    def snapshot(self, tenant: str, keys: Sequence[CounterKey]) -> Sequence[Counter | None]:
        found: Sequence[Counter | None] = self.store.snapshot(tenant, keys)
        self._others()
        return found

    def commit(self, tenant: str, write: Write) -> None:
        what = f"{write.before.state if write.before else None}-{write.after.state if write.after else None}"
        if self.dies(f"before {what}"):
            raise Died
        self.store.commit(tenant, write)
        if self.dies(f"after {what}"):
            raise Died

    def lapsed(self, shard: int, *, before: str, limit: int) -> Any:
        return self.store.lapsed(shard, before=before, limit=limit)

    def _others(self) -> None:
        """Let others act between a look and what follows from it, but not between those others' own."""
        if not getattr(self._nested, "inside", False):
            self._nested.inside = True
            try:
                self.between()
            finally:
                self._nested.inside = False


@dataclass
class Bench:
    """Purses over the stores of one kind, for one tenant."""

    tenant: str
    spend: Any
    budgets: Any
    ledger: Any
    events: Any = field(default_factory=MemoryEventStore)
    clock: Clock = field(default_factory=Clock)
    sleep: Callable[[float], None] = lambda seconds: None

    def purse(self, *, seed: int = 0, store: Any = None, clock: Callable[[], datetime] | None = None) -> BudgetPurse:
        """Return what a process of its own has."""
        chance = random.Random(seed).random
        return BudgetPurse(store or self.spend, self.budgets, self.events, clock or self.clock, chance, self.sleep)

    def sweeper(self, *, store: Any = None, clock: Callable[[], datetime] | None = None) -> SweepReservations:
        purse = self.purse(store=store, clock=clock)
        return SweepReservations(store or self.spend, purse.end, clock or self.clock)

    def set(self, ident: str = "b", **values: Any) -> Budget:
        """Make a budget, or change it."""
        given = {"scope": "tenant", "period": "day", "limit_usd": "10", **values}
        control = self.budgets.control(self.tenant)
        stored = self.budgets.budget(self.tenant, ident)
        budget = make_budget(ident, **given)
        generation = stored.generation if stored else control.version + 1
        budget = replace(budget, version=stored.version + 1 if stored else 1, generation=generation)
        self.budgets.put(self.tenant, budget, control)
        return budget

    def counters(self, budget: Budget, subject: str = "*", window: str = "2026-11-20") -> list[Counter]:
        """Return the counters of a window that there are, as they are at one moment."""
        piece = Piece(CounterKey(budget.id, budget.generation, subject, window), budget.shards)
        return [counter for counter in self.spend.snapshot(self.tenant, piece.window()) if counter is not None]

    def total(self, budget: Budget, subject: str = "*", window: str = "2026-11-20") -> tuple[int, int, int]:
        """Return left, reserved and spent of a window."""
        found = self.counters(budget, subject, window)
        for counter in found:
            assert counter.left + counter.reserved + counter.spent == counter.limit
        return (
            sum(each.left for each in found),
            sum(each.reserved for each in found),
            sum(each.spent for each in found),
        )

    def lines(self, day: date = NOON_DAY) -> list[Any]:
        """Return all ledger lines of a day."""
        lines: list[Any] = []
        cursor = None
        while True:
            page = self.ledger.of_day(self.tenant, day, limit=100, cursor=cursor)
            lines.extend(page.items)
            cursor = page.cursor
            if cursor is None:
                return lines

    def announced(self, budget: Budget, subject: str = "*", window: str = "2026-11-20") -> list[int]:
        """Return the percentages that were announced, in that order."""
        from heddle.application.budgets.announce import stream_of

        stream = stream_of(self.tenant, CounterKey(budget.id, budget.generation, subject, window))
        return [each.data["percent"] for each in self.events.read(stream).events if "percent" in each.data]


def caller(tenant: str, call_id: str = "c1", **values: Any) -> Caller:
    """Return a caller: user ada in workflow w, run r."""
    given = {"workflow_id": "w", "run_id": "r", "root_run_id": "r", "node_id": "n", **values}
    return Caller(tenant, given.pop("principal", "user:ada"), call_id, **given)


def billed(cost: int, **values: Any) -> Billed:
    """Return what a call cost."""
    return Billed(
        **{"provider": "openai", "model": "m", "input_tokens": 10, "output_tokens": 2, "cost": cost, **values}
    )


def reserve(purse: BudgetPurse, who: Caller, amount: int, **values: Any) -> Grant:
    """Reserve for a minute."""
    return purse.reserve(who, amount, **{"provider": "openai", "model": "m", "seconds": 60, **values})


def has(name: str, value: str) -> Callable[[Any], bool]:
    """Return what picks the lines with this value."""
    return lambda line: bool(getattr(line, name) == value)


def agree(bench: Bench, budgets: Mapping[tuple[str, str], tuple[Budget, Callable[[Any], bool]]]) -> None:
    """Hold counters, lines and sums of the day against each other, to the picodollar.

    `budgets` are (budget id, subject) to the budget and which lines it covers.
    """
    lines = bench.lines()
    rows = bench.ledger.sums(bench.tenant, NOON_DAY, NOON_DAY)
    assert sum(row.cost for row in rows) == sum(line.cost for line in lines)
    assert sum(row.calls for row in rows) == len(lines)
    assert sum(row.input_tokens for row in rows) == sum(line.input_tokens for line in lines)
    assert sum(row.failed_calls for row in rows) == sum(line.outcome != "ok" for line in lines)
    by_user = Tally[str]()
    for line in lines:
        by_user[line.principal] += line.cost
    for principal, cost in by_user.items():
        assert sum(row.cost for row in rows if row.principal == principal) == cost
    for (_, subject), (budget, covers) in budgets.items():
        window = {"day": "2026-11-20", "month": "2026-11", "total": "total", "run": subject}[budget.period]
        left, reserved, spent = bench.total(budget, subject, window)
        assert reserved == 0
        assert spent == sum(line.cost for line in lines if covers(line))
        if bench.counters(budget, subject, window):
            assert left + spent == budget.limit


@dataclass
class Spender:
    """One who makes calls, each with its own fate, and comes back after most deaths as a new process."""

    bench: Bench
    name: str
    random: random.Random
    store: Any
    calls: int = 4
    most: int = DOLLAR
    overrun: bool = False
    refused: int = 0
    made: dict[str, int] = field(default_factory=dict)

    def __call__(self) -> None:
        for number in range(self.calls):
            self.call(f"{self.name}-{number}")

    def call(self, call_id: str) -> None:
        """Make one call, or die of it for good."""
        chance = self.random
        user, run, workflow = f"user:u{chance.randrange(3)}", f"r{chance.randrange(4)}", f"w{chance.randrange(2)}"
        who = Caller(
            self.bench.tenant, user, call_id, workflow_id=workflow, run_id=run, root_run_id=run, run_budget="40"
        )
        amount = chance.randrange(1, self.most)
        cost = chance.randrange(0, amount + 1) if not self.overrun else chance.randrange(0, 2 * amount)
        grant = self._alive(lambda purse: reserve(purse, who, amount))
        if grant is None or grant.downgrade_to or chance.random() < 0.05:  # or it dies after the reservation
            return
        if chance.random() < 0.1:
            self._alive(lambda purse: purse.release(who, grant, reason="the provider refused"))
            return
        self.made[call_id] = cost
        if chance.random() < 0.05:  # it dies after the call: what it cost is never told
            return
        for _ in range(1 + (chance.random() < 0.2)):
            self._alive(lambda purse: purse.settle(who, grant, billed(cost)))

    def _alive(self, step: Callable[[BudgetPurse], Any]) -> Any:
        """Take a step, again after each death but the last."""
        for _ in range(4):
            try:
                return step(self.bench.purse(seed=self.random.randrange(10**9), store=self.store))
            except Died:
                if self.random.random() < 0.2:
                    return None
            except NodeError:
                self.refused += 1
                return None
        return None


def refusal(spending: Bench, amount: int, call_id: str = "refused", **values: object) -> NodeError:
    """Return the error of a reservation that must be refused."""
    with pytest.raises(NodeError) as raised:
        reserve(spending.purse(), caller(spending.tenant, call_id, **values), amount)
    assert not raised.value.retryable
    return raised.value


def at_second_look(act: Callable[[], None]) -> Callable[[], None]:
    """Return what acts once, when a purse has looked the second time: with the first look it learns of the budgets."""
    looks = itertools.count(1)

    def between() -> None:
        if next(looks) == 2:
            act()

    return between
