"""A billion stored graphs of a million users: what that weighs and costs, which key is hot first, who waits for whom.

    python -m benchmarks.scale [--graphs 1e9] [--users 1e6]

Weights are measured: graphs are saved and a run is carried out through the real use cases and stores over moto's
DynamoDB, and every call is counted by table and partition. The rest is arithmetic with list prices of us-east-1 and
the assumptions that are printed, and a simulation in virtual time. docs/concepts/scale.md explains the figures.
"""

import argparse
import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.capacity import Capacity
from benchmarks.lines import POLICIES, Load, quantile, simulate
from benchmarks.machine import describe
from heddle.adapters.aws.events import SHARDS
from heddle.application.projections.project_run import ProjectRun
from heddle.application.workflows.save_workflow import SaveWorkflow
from heddle.domain.events.envelope import StreamId
from heddle.domain.usage.infrastructure import prices_at
from heddle.runtime.api.compiler import compile_document
from heddle.runtime.api.yaml_body import load
from tests.contract.aws import NAMES, aws_stores, moto_clients
from tests.support.runs import NOON, TENANT, Stage

EXAMPLES = Path(__file__).parents[1] / "examples"
GIB = 2**30
PICO = 10**12
STORAGE_USD, RARE_STORAGE_USD = 0.25, 0.10
"""DynamoDB, per GB and month: standard, and the class for what is rarely read."""
PARTITION_WRITES = 1_000
"""Units a second that one partition key can take, at most."""
PARTITION_BYTES = 10 * GIB
KEYS_SAMPLED = 200_000
OWN_KEY = re.compile(r"[0-9a-f]{64}")
"""What keys hold that are one request's own, such as the hash of its idempotency key."""
SPREAD = {"#streams#": SHARDS}
"""Keys that runs share in so many shards; the simulated run meets one of them."""

CHAIN = {
    "name": "twelve steps",
    "nodes": [
        {"id": f"step{n}", "type": "template", "config": {"template": "Step {{ input.n }} of a chain: " + "text " * 20}}
        for n in range(12)
    ],
    "edges": [{"from": f"step{n}", "to": f"step{n + 1}"} for n in range(11)],
}


@dataclass(frozen=True)
class Weight:
    """What one graph or one run takes: bytes kept, units written, by table and by key with ids as `*`."""

    stored: Mapping[str, int]
    units: Mapping[str, int]
    keys: Mapping[str, int]
    reads: int

    @property
    def bytes(self) -> int:
        """Everything kept, indexes included."""
        return sum(self.stored.values())

    @property
    def written(self) -> int:
        """All units."""
        return sum(self.units.values())


@contextmanager
def bench() -> Iterator[tuple[Any, Any, Capacity]]:
    """Yield stores over moto, a stage over them, and what they are asked."""
    with moto_clients() as clients:
        capacity = Capacity()
        dynamo = clients("dynamodb")
        capacity.watch(dynamo)
        stores = aws_stores("moto", lambda service: dynamo if service == "dynamodb" else clients(service), NAMES)
        stage = Stage(
            events=stores.events,
            blobs=stores.blobs,
            catalog=stores.catalog,
            slots=stores.slots,
            idempotency=stores.idempotency,
            tenant_concurrency=50,
        )
        yield stores, stage, capacity


def weigh_graph(name: str) -> Weight:
    """Save one of the examples as a new workflow."""
    with bench() as (stores, _, capacity):
        save = SaveWorkflow(stores.catalog, compile_document, lambda: NOON)
        save.create(TENANT, load((EXAMPLES / name).read_bytes()), by="user:1")
        return _weight(capacity)


def weigh_run() -> Weight:
    """Carry out a run of twelve cheap nodes: request, dispatch, history, read model, release."""
    with bench() as (stores, stage, capacity):
        SaveWorkflow(stores.catalog, compile_document, lambda: NOON).create(TENANT, CHAIN, by="user:1", workflow_id="w")
        before = _weight(capacity)
        run = stage.start({"n": 1}, workflow_id="w", idempotency_key="k")
        stage.dispatch(run, reason="requested")
        project = ProjectRun(stores.runs, stores.events, stores.catalog)
        stream = StreamId(TENANT, "run", run["id"])
        history = stores.events.read(stream).events
        # The bus delivers in pieces: the request first, the rest when it has happened.
        project(stream, history[:1])
        project(stream, history[1:])
        stage.release(TENANT, run["id"], correlation_id="c-1")
        assert stage.state(run).status == "succeeded"
        return _difference(_weight(capacity, run["id"]), before)


def _weight(capacity: Capacity, run_id: str = "") -> Weight:
    units: Counter[str] = Counter()
    keys: Counter[str] = Counter()
    for (table, key), amount in capacity.units.items():
        units[table] += amount
        shared = OWN_KEY.sub("*", key.replace(run_id, "*") if run_id else key)
        keys[f"{table} {shared}"] += amount
    return Weight(Counter(capacity.stored), units, keys, capacity.reads)


def _difference(after: Weight, before: Weight) -> Weight:
    def minus(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
        return {name: amount - other.get(name, 0) for name, amount in one.items() if amount > other.get(name, 0)}

    return Weight(
        minus(after.stored, before.stored),
        minus(after.units, before.units),
        minus(after.keys, before.keys),
        after.reads - before.reads,
    )


def busiest(users: int, partitions: int, accesses: int = KEYS_SAMPLED, seed: int = 1) -> tuple[float, float]:
    """Spread accesses of users over partitions by the hash of their keys; users are as unequal as Zipf's law says.

    Returns how many times an equal share the busiest partition has, and which share of all the busiest user has.
    """
    chance = random.Random(seed)
    load: Counter[int] = Counter()
    by_user: Counter[int] = Counter()
    for _ in range(accesses):
        # Inverse of the cumulated 1/rank: the rank at a uniform share of the whole.
        user = int(users ** chance.random())
        # A user's runs and graphs are keys of their own each: no key holds a user's everything.
        key = f"{user}#{chance.randrange(1_000)}"
        digest = int.from_bytes(hashlib.md5(key.encode(), usedforsecurity=False).digest()[:8])
        load[digest % partitions] += 1
        by_user[user] += 1
    return max(load.values()) / (accesses / partitions), max(by_user.values()) / accesses


def storage(graph: Weight, run: Weight, graphs: float, runs_a_day: float, kept_days: int) -> None:
    """Print what lies there, and what it costs when nobody does anything."""
    terabytes = graphs * graph.bytes / GIB / 1024
    runs = runs_a_day * kept_days
    print("\nstored              bytes each        count         TB   USD/month   rarely read")
    for name, each, number in (("graph, one version", graph.bytes, graphs), ("run, history+lists", run.bytes, runs)):
        size = each * number / GIB
        print(
            f"{name:20}{each:10,}  {number:12,.0f} {size / 1024:10,.2f} {size * STORAGE_USD:11,.0f} "
            f"{size * RARE_STORAGE_USD:13,.0f}"
        )
    print(f"catalog: {terabytes:,.1f} TB are at least {graphs * graph.bytes / PARTITION_BYTES:,.0f} partitions")


def traffic(run: Weight, runs_a_day: float, peak: float) -> None:
    """Print what runs cost in DynamoDB and how many units a second they take at the peak."""
    prices = prices_at("2026-01-01")
    a_second = runs_a_day / 86_400 * peak
    each = (run.written * prices.write_unit + run.reads * prices.read_unit) / PICO
    print(f"\nruns a day {runs_a_day:,.0f}, {a_second:,.0f} a second at the peak ({peak:g} times the mean)")
    print("written by a run of twelve cheap nodes, units: ", ", ".join(f"{n} {u}" for n, u in run.units.items()))
    print(
        f"together {run.written} written, {run.reads} read: {each * 1e6:,.2f} USD a million runs, "
        f"{each * runs_a_day:,.0f} USD a day; {run.written * a_second:,.0f} units a second at the peak"
    )


def hot_keys(run: Weight) -> None:
    """Print the keys that runs of one tenant share, and at how many runs a second each is full."""
    print("\nkeys that all runs of a tenant share       units a run   full at runs/s of one tenant")
    for key, amount in sorted(run.keys.items(), key=lambda pair: -pair[1]):
        if "*" not in key:
            shards = next((shards for part, shards in SPREAD.items() if part in key), 1)
            print(f"{key:44}{amount / shards:10.2f}{PARTITION_WRITES * shards / amount:20,.0f}")


def waiting(load: Load) -> None:
    """Print who waits how long, when one tenant floods the queue."""
    print(
        f"\nOne tenant asks for {load.flood:,} runs at once, {load.tenants:,} others for {load.rate:g} a second.\n"
        f"Runs take {load.duration:g} s; {load.carried:,} at a time, {load.slots} of a tenant; {load.dispatched:,.0f} "
        "messages a second"
    )
    print("seconds until a run begins    others p50      p99      max    flood p50      max")
    for policy in POLICIES:
        found = simulate(policy, load)
        print(
            f"{policy:28}{quantile(found.others, 0.5):12.2f}{quantile(found.others, 0.99):9.2f}"
            f"{max(found.others):9.2f}{quantile(found.flood, 0.5):13.1f}{max(found.flood):9.1f}"
        )


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graphs", type=float, default=1e9)
    parser.add_argument("--users", type=float, default=1e6)
    parser.add_argument("--active", type=float, default=0.1, help="share of users that run something in a day")
    parser.add_argument("--runs", type=float, default=50, help="runs a day of a user that does")
    parser.add_argument("--peak", type=float, default=5, help="the peak over the mean")
    parser.add_argument("--kept-days", type=int, default=365, help="how long runs are kept in DynamoDB")
    given = parser.parse_args()
    print(f"Scale: {given.graphs:,.0f} graphs of {given.users:,.0f} users\n{describe()}")
    small, large = weigh_graph("error_handling.yaml"), weigh_graph("research_brief.yaml")
    run = weigh_run()
    print(f"\ngraphs weighed: error_handling.yaml {small.bytes:,} bytes, research_brief.yaml {large.bytes:,} bytes")
    runs_a_day = given.users * given.active * given.runs
    print("small graphs:", end="")
    storage(small, run, given.graphs, runs_a_day, given.kept_days)
    print("\nlarge graphs:", end="")
    storage(large, run, given.graphs, runs_a_day, given.kept_days)
    traffic(run, runs_a_day, given.peak)
    hot_keys(run)
    partitions = int(given.graphs * large.bytes / PARTITION_BYTES)
    share, user = busiest(int(given.users), partitions)
    print(
        f"\n{KEYS_SAMPLED:,} accesses by Zipf over {partitions:,} partitions: "
        f"the busiest has {share:.1f} times an equal share;\n"
        f"the busiest user has {user:.1%} of all, {user * runs_a_day / 86_400 * given.peak:,.1f} runs/s at the peak"
    )
    waiting(Load())


if __name__ == "__main__":
    main()
