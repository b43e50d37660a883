"""No budget leaks and no cent is lost: hundreds at once, who die anywhere, are retried, and are swept too early."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.adapters.memory.spend import MemorySpend
from heddle.application.ports.budgets import RESERVED, Write
from heddle.domain.budgets.budget import Budget
from heddle.domain.budgets.counter import CounterKey
from heddle.errors import NodeError
from tests.support.spending import DOLLAR, Bench, Clock, Died, Mortal, Spender, agree, billed, caller, has, reserve


@dataclass
class WatchedSpend(MemorySpend):
    """A memory store that looks at all counters after every write, before anybody else can."""

    limits: dict[str, int] = field(default_factory=dict)
    strict: set[str] = field(default_factory=set)
    fullest: dict[str, float] = field(default_factory=dict)

    def commit(self, tenant: str, write: Write) -> None:
        with self._lock:
            before = {change.key: self._left(tenant, change.key) for change in write.changes}
            super().commit(tenant, write)
            if write.before is None and write.after is not None and write.after.state == RESERVED:
                for change in write.changes:
                    if change.key.budget_id in self.strict:
                        assert before[change.key] >= write.after.amount, "one counter gave what all together had not"
            used: dict[tuple[str, str, str], int] = {}
            for key, counter in self._of(tenant).counters.items():
                assert counter.left + counter.reserved + counter.spent == counter.limit
                assert counter.reserved >= 0
                window = (key.budget_id, key.subject, key.window)
                used[window] = used.get(window, 0) + counter.reserved + counter.spent
            for (budget_id, _, _), amount in used.items():
                if limit := self.limits.get(budget_id):
                    assert amount <= limit, f"{budget_id} leaks"
                    self.fullest[budget_id] = max(self.fullest.get(budget_id, 0), amount / limit)

    def _left(self, tenant: str, key: CounterKey) -> int:
        """Return what all counters of a window have left together, and what one has that is not there yet."""
        found = self._of(tenant)
        window = [
            counter
            for each, counter in found.counters.items()
            if (each.budget_id, each.subject, each.window) == (key.budget_id, key.subject, key.window)
        ]
        return sum(counter.left for counter in window) if window else 10**30


Budgets = dict[tuple[str, str], tuple[Budget, Any]]


def overlapping(bench: Bench, *, shards: int, month: str = "60") -> Budgets:
    """Set budgets of every scope and action; return which lines each of them counts."""
    everything = bench.set("month", period="month", limit_usd=month, shards=shards)
    warning = bench.set("watch", period="total", limit_usd="5", action="warn", shards=2)
    users = bench.set("users", scope="user", subject="*", limit_usd="25.000000000007", shards=3, action="approve")
    one = bench.set("one", scope="workflow", subject="w1", limit_usd="30", action="downgrade", downgrade_to="cheap")
    runs = bench.set("runs", scope="run", subject="*", period="run", limit_usd="20")
    found: Budgets = {
        ("month", "*"): (everything, lambda line: True),
        ("watch", "*"): (warning, lambda line: True),
        ("one", "w1"): (one, has("workflow_id", "w1")),
    }
    for user in ("u0", "u1", "u2"):
        found["users", user] = (users, has("principal", f"user:{user}"))
    for run in ("r0", "r1", "r2", "r3"):
        found["runs", run] = (runs, has("root_run_id", run))
    return found


@pytest.mark.parametrize("shards", [1, 8])
@pytest.mark.parametrize("seed", [1, 2])
def test_hundreds_who_spend_at_once_and_die_anywhere_neither_leak_nor_lose_anything(shards: int, seed: int) -> None:
    store = WatchedSpend()
    bench = Bench("t", store, store, store)
    budgets = overlapping(bench, shards=shards)
    store.limits = {budget.id: budget.limit for budget, _ in budgets.values() if budget.action != "warn"}
    luck = random.Random(seed)
    mortal = Mortal(store, dies=lambda where: luck.random() < 0.03)
    spenders = [Spender(bench, f"s{number}", random.Random(f"{seed}.{number}"), mortal) for number in range(300)]
    done = threading.Event()

    def sweep_too_early() -> None:
        early = Clock(bench.clock.at + timedelta(days=1))
        while not done.is_set():
            try:
                bench.sweeper(store=mortal, clock=early)()
            except Died:
                continue

    with ThreadPoolExecutor(24) as pool:
        sweeper = pool.submit(sweep_too_early)
        for spent in [pool.submit(spender) for spender in spenders]:
            spent.result()
        done.set()
        sweeper.result()
    bench.sweeper(clock=Clock(bench.clock.at + timedelta(days=1)))()

    agree(bench, budgets)
    assert store.fullest["month"] > 0.9, "the test is about full budgets"
    assert sum(spender.refused for spender in spenders) > 100
    lines = {line.call_id: line for line in bench.lines()}
    made = {call_id: cost for spender in spenders for call_id, cost in spender.made.items()}
    told = {call_id for call_id, line in lines.items() if line.outcome == "ok"}
    assert told and all(lines[call_id].cost == made[call_id] for call_id in told)
    assert sorted(bench.announced(budgets["watch", "*"][0], window="total")) == [50, 80, 95, 100]


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), shards=st.sampled_from([1, 2, 5]), overrun=st.booleans())
def test_others_who_act_between_a_look_and_its_write_change_nothing_about_that(
    seed: int, shards: int, overrun: bool
) -> None:
    store = WatchedSpend()
    bench = Bench("t", store, store, store)
    budgets = overlapping(bench, shards=shards, month="7")
    luck = random.Random(seed)
    store.strict = {budget.id for budget, _ in budgets.values() if budget.action != "warn"}
    if not overrun:  # a call that costs more than was reserved is booked truthfully, over the limit too
        store.limits = {budget.id: budget.limit for budget, _ in budgets.values() if budget.action != "warn"}
    plain = Mortal(store, dies=lambda where: luck.random() < 0.02)
    others = iter([Spender(bench, f"o{n}", random.Random(f"{seed}.o{n}"), plain, 1) for n in range(40)])

    def between() -> None:
        if luck.random() < 0.3 and (other := next(others, None)):
            other()
        if luck.random() < 0.05:
            try:
                bench.sweeper(store=plain, clock=Clock(bench.clock.at + timedelta(days=1)))()
            except Died:
                return

    interrupted = Mortal(store, dies=lambda where: luck.random() < 0.02, between=between)

    for number in range(6):
        Spender(bench, f"s{number}", random.Random(f"{seed}.{number}"), interrupted, 2, 2 * DOLLAR, overrun)()
    bench.sweeper(clock=Clock(bench.clock.at + timedelta(days=1)))()

    agree(bench, budgets)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), shards=st.sampled_from([2, 5]))
def test_after_an_overrun_several_counters_give_no_more_than_one_would(seed: int, shards: int) -> None:
    luck = random.Random(seed)
    store = MemorySpend()
    bench = Bench("t", store, store, store)
    budget = bench.set("b", limit_usd="10", shards=shards)
    for number in range(60):
        who, amount = caller("t", f"c{number}"), luck.randrange(1, 2 * DOLLAR)
        left, _, _ = bench.total(budget)
        known = bool(bench.counters(budget))
        try:
            grant = reserve(bench.purse(seed=luck.randrange(10**9)), who, amount)
        except NodeError as error:
            assert error.code == "budget_exceeded"
            assert known and left < amount
            continue
        assert not known or left >= amount
        if luck.random() < 0.8:
            bench.purse().settle(who, grant, billed(luck.randrange(0, 3 * amount)))
