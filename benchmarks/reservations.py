"""Reservations and settlements per second of one budget: on one counter, and divided among 8 and 32.

    python -m benchmarks.reservations [--seconds 5] [--callers 16] [--memory]

Against the DynamoDB of the local stage that runs here, in a table of its own that is deleted afterwards; without a
stage, or with --memory, against the stores in memory: then the figures are those of our own code under one lock.
`conflicts` are transactions that another one was in the way of, in percent of all; each was tried again.
"""

import argparse
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from benchmarks.machine import describe
from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.memory.spend import MemorySpend
from heddle.application.budgets.purse import BudgetPurse
from heddle.application.models.caller import Billed, Caller
from heddle.application.ports.budgets import Lapsed, Look, Overtaken, Write
from heddle.domain.budgets.budget import make_budget
from heddle.domain.budgets.counter import Counter, CounterKey

SHARDS = (1, 8, 32)


@dataclass
class Counting:
    """A SpendStore that counts transactions, and those that were in each other's way."""

    store: Any
    commits: int = 0
    overtaken: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self, tenant: str, *, call_id: str | None = None, keys: Sequence[CounterKey] = ()) -> Look:
        found: Look = self.store.look(tenant, call_id=call_id, keys=keys)
        return found

    def snapshot(self, tenant: str, keys: Sequence[CounterKey]) -> Sequence[Counter | None]:
        found: Sequence[Counter | None] = self.store.snapshot(tenant, keys)
        return found

    def commit(self, tenant: str, write: Write) -> None:
        with self._lock:
            self.commits += 1
        try:
            self.store.commit(tenant, write)
        except Overtaken:
            with self._lock:
                self.overtaken += 1
            raise

    def lapsed(self, shard: int, *, before: str, limit: int) -> Sequence[Lapsed]:
        found: Sequence[Lapsed] = self.store.lapsed(shard, before=before, limit=limit)
        return found


@dataclass(frozen=True)
class Figures:
    """What one measurement gave; times in milliseconds."""

    calls: int
    seconds: float
    conflicts: float
    median: float
    slowest: float


def measure(spend: Any, budgets: Any, *, shards: int, callers: int, seconds: float) -> Figures:
    """Let so many callers reserve and settle for so long, with nothing between; check the sum at the end."""
    tenant = f"bench-{uuid.uuid4().hex[:8]}"
    budget = make_budget("b", scope="tenant", period="total", limit_usd="1000000", shards=shards, warn_at=())
    budgets.put(tenant, budget, budgets.control(tenant))
    store = Counting(spend)
    purse = BudgetPurse(store, budgets, MemoryEventStore(), lambda: datetime.now(UTC), random.random, time.sleep)
    times: list[float] = []
    until = time.perf_counter() + seconds

    def spend_on(number: int) -> int:
        done = 0
        while time.perf_counter() < until:
            began = time.perf_counter()
            caller = Caller(tenant, f"user:u{number}", f"{number}-{done}")
            grant = purse.reserve(caller, 2_000, provider="p", model="m", seconds=60)
            purse.settle(caller, grant, Billed("p", "m", 10, 10, 1_000))
            times.append(time.perf_counter() - began)
            done += 1
        return done

    began = time.perf_counter()
    with ThreadPoolExecutor(callers) as pool:
        calls = sum(pool.map(spend_on, range(callers)))
    took = time.perf_counter() - began
    keys = [CounterKey("b", 0, "*", "total", shard) for shard in range(shards)]
    spent = sum(counter.spent for counter in spend.look(tenant, keys=keys).counters.values())
    if spent != calls * 1_000:
        raise SystemExit(f"the counters say {spent}, the calls {calls * 1_000}")
    ordered = sorted(times)
    return Figures(
        calls,
        took,
        100 * store.overtaken / max(1, store.commits),
        ordered[len(ordered) // 2] * 1000,
        ordered[-1] * 1000,
    )


@contextmanager
def stores(memory: bool) -> Iterator[tuple[str, Any, Any]]:
    """Yield what the stores are, and two of them: in the local stage's DynamoDB if there is one, else in memory."""
    client = None if memory else _dynamodb()
    if client is None:
        spend = MemorySpend()
        yield "in memory", spend, spend
        return
    from heddle.adapters.aws.budgets import DynamoBudgetStore
    from heddle.adapters.aws.spend import DynamoSpendStore

    table = f"heddle-bench-{uuid.uuid4().hex[:8]}"
    _create(client, table)
    try:
        yield "DynamoDB of the local stage", DynamoSpendStore(client, table), DynamoBudgetStore(client, table)
    finally:
        client.delete_table(TableName=table)


def _dynamodb() -> Any:
    try:
        from heddle_cli.local_aws import emulator_port
        from heddle_cli.stage import aws

        return aws.client("dynamodb", emulator_port())
    except SystemExit:  # it said that there is no stage, and how to bring one up
        return None


def _create(client: Any, table: str) -> None:
    names = ("pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk")
    client.create_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        KeySchema=_keys("pk", "sk"),
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": _keys(f"{index}pk", f"{index}sk"),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in ("gsi1", "gsi2")
        ],
    )
    client.get_waiter("table_exists").wait(TableName=table)


def _keys(first: str, second: str) -> list[dict[str, str]]:
    return [{"AttributeName": first, "KeyType": "HASH"}, {"AttributeName": second, "KeyType": "RANGE"}]


def main(show: Callable[[str], None] = print) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--memory", action="store_true")
    given = parser.parse_args()
    with stores(given.memory) as (what, spend, budgets):
        show(f"Calls reserved and settled per second, {given.callers} callers, {what}")
        show(describe())
        show(f"\n{'counters':>8}{'calls/s':>10}{'conflicts':>11}{'median ms':>11}{'slowest ms':>12}")
        for shards in SHARDS:
            found = measure(spend, budgets, shards=shards, callers=given.callers, seconds=given.seconds)
            show(
                f"{shards:>8}{found.calls / found.seconds:>10.0f}{found.conflicts:>10.1f}%"
                f"{found.median:>11.1f}{found.slowest:>12.1f}"
            )


if __name__ == "__main__":
    main()
