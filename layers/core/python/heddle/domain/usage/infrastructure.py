"""What a run's commits cost on AWS, from what each of them says it took and from dated list prices.

    Step Functions   Standard: states entered × price              Express: executions, and their seconds × memory
    Lambda           invocations, and milliseconds × megabytes of what the kernel did
    DynamoDB         every commit: two units per KiB of its item, two per KiB of the one before it that it checks
    EventBridge      every event once
    S3               every object put for a payload that is too large for an item

What is not measured is in docs/concepts/cost.md. Amounts are whole picodollars, rounded up per commit and service.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from heddle.records import dataclass

KIB = 1024
ITEM_BYTES = 256
"""What an item of a commit has besides its body: keys, versions and two hashes, with the names of the attributes."""

EXPRESS_MB = 64
EXPRESS_MS = 100
"""Express executions are billed in pieces of so much memory and time; ours are small enough for the least memory."""


@dataclass(frozen=True, slots=True)
class InfrastructurePrices:
    """List prices in picodollars, from a day on. `gb_second` is by architecture of the functions."""

    effective_from: str
    region: str
    source: str
    transition: int
    express_request: int
    express_gb_second: int
    invocation: int
    gb_second: Mapping[str, int]
    write_unit: int
    read_unit: int
    transaction_factor: int
    event: int
    put: int


PRICES: tuple[InfrastructurePrices, ...] = (
    InfrastructurePrices(
        effective_from="2024-11-01",
        region="us-east-1",
        source=(
            "aws.amazon.com: AWS Step Functions Pricing, AWS Lambda Pricing, Amazon DynamoDB Pricing (on-demand), "
            "Amazon EventBridge Pricing, Amazon S3 Pricing; first tiers, without free tiers"
        ),
        transition=25_000_000,  # 0.025 USD for 1,000 state transitions
        express_request=1_000_000,  # 1.00 USD for a million
        express_gb_second=16_670_000,  # 0.00001667 USD
        invocation=200_000,  # 0.20 USD for a million
        gb_second={"arm64": 13_333_400, "x86_64": 16_666_700},
        write_unit=625_000,  # 0.625 USD for a million
        read_unit=125_000,  # 0.125 USD for a million
        transaction_factor=2,
        event=1_000_000,  # 1.00 USD for a million custom events of up to 64 KB
        put=5_000_000,  # 0.005 USD for 1,000
    ),
)
"""Oldest first. A change of prices is a new entry: what ran before keeps its price when read models are rebuilt."""

COUNTS = (
    "commits",
    "events",
    "bytes",
    "write_units",
    "read_units",
    "invocations",
    "ms",
    "mb_ms",
    "transitions",
    "executions",
    "execution_ms",
    "puts",
)
"""What is counted of a run; `mb_ms` is megabytes times milliseconds."""

SERVICES = ("step_functions", "lambda", "dynamodb", "eventbridge", "s3")
"""The services that a run's cost is split by."""


def prices_at(day: str, tables: Sequence[InfrastructurePrices] = PRICES) -> InfrastructurePrices:
    """Return the prices of a day (ISO date or time); before the oldest table, the oldest."""
    return next((table for table in reversed(tables) if table.effective_from <= day[:10]), tables[0])


def counts_of(meter: Mapping[str, Any], head_bytes: int = 0) -> dict[str, int]:
    """Return what a commit with this meter adds to `COUNTS`; `head_bytes` is the size of the commit before it."""
    size, ms = int(meter.get("bytes", 0)), int(meter.get("ms", 0))
    return {
        "commits": 1,
        "events": int(meter.get("events", 0)),
        "bytes": size,
        # The item itself, and the condition on the one before it; of the first commit, a line in the directory.
        "write_units": _units(size + ITEM_BYTES) + (_units(head_bytes + ITEM_BYTES) if head_bytes else 1),
        "read_units": int(meter.get("reads", 0)),
        "invocations": int(meter.get("invocations", 0)),
        "ms": ms + int(meter.get("earlier_ms", 0)),
        "mb_ms": ms * int(meter.get("mb", 0)) + int(meter.get("earlier_mb_ms", 0)),
        "transitions": int(meter.get("transitions", 0)) if meter.get("mode") == "standard" else 0,
        "executions": int(meter.get("executions", 0)),
        "execution_ms": int(meter.get("execution_ms", 0)),
        "puts": int(meter.get("puts", 0)),
    }


def cost_of(
    counts: Mapping[str, int], prices: InfrastructurePrices, mode: str, architecture: str = "arm64"
) -> dict[str, int]:
    """Return what these counts cost in picodollars, by `SERVICES`. `mode` is inline, express or standard.

    `write_units` are of transactions: each costs `transaction_factor` times a plain one.
    """
    steps = 0
    if mode == "standard":
        steps = counts["transitions"] * prices.transition
    elif mode == "express":
        blocks = -(-counts["execution_ms"] // EXPRESS_MS) * EXPRESS_MS
        steps = counts["executions"] * prices.express_request
        steps += -(-blocks * EXPRESS_MB * prices.express_gb_second // (KIB * 1000))
    writes = counts["write_units"] * prices.write_unit * prices.transaction_factor
    seconds = prices.gb_second.get(architecture, max(prices.gb_second.values()))
    return {
        "step_functions": steps,
        "lambda": counts["invocations"] * prices.invocation + -(-counts["mb_ms"] * seconds // (KIB * 1000)),
        "dynamodb": writes + counts["read_units"] * prices.read_unit,
        "eventbridge": counts["events"] * prices.event,
        "s3": counts["puts"] * prices.put,
    }


def add_commit(measured: Mapping[str, int], meter: Mapping[str, Any], day: str) -> dict[str, int]:
    """Return what a run has taken and cost with one commit more.

    The result holds `COUNTS`, the cost in picodollars under the names of `SERVICES`, and `head_bytes`, the size of the
    last commit. `day` says which prices hold.
    """
    counts = counts_of(meter, measured.get("head_bytes", 0))
    mode = str(meter.get("mode", "inline"))
    costs = cost_of(counts, prices_at(day), mode, str(meter.get("architecture", "arm64")))
    total = {name: measured.get(name, 0) + amount for name, amount in (counts | costs).items()}
    return total | {"head_bytes": counts["bytes"]}


def total_of(measured: Mapping[str, int]) -> int:
    """Return the cost of all services together, in picodollars."""
    return sum(measured.get(service, 0) for service in SERVICES)


def _units(size: int) -> int:
    return -(-size // KIB)
