"""What a call adds to the sums of its day, whatever it was before."""

from heddle.application.ports.budgets import RESERVED, Call
from heddle.application.ports.usage import LedgerLine, UsageRow
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class SumKey:
    """One row of the sums: a day (UTC) and what its calls have in common."""

    day: str
    principal: str
    workflow_id: str
    provider: str
    model: str


@dataclass(frozen=True, slots=True)
class Sums:
    """What is summed, all whole numbers; `latency_us` in microseconds."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: int = 0
    latency_us: int = 0
    cached_calls: int = 0
    failed_calls: int = 0

    def plus(self, other: "Sums", sign: int = 1) -> "Sums":
        """Return both together, or one without the other."""
        return Sums(
            self.calls + sign * other.calls,
            self.input_tokens + sign * other.input_tokens,
            self.output_tokens + sign * other.output_tokens,
            self.cost + sign * other.cost,
            self.latency_us + sign * other.latency_us,
            self.cached_calls + sign * other.cached_calls,
            self.failed_calls + sign * other.failed_calls,
        )


NONE = Sums()


def booked_line(call: Call | None) -> LedgerLine | None:
    """Return the ledger line of a call; None while nothing is booked."""
    return None if call is None or call.state == RESERVED else call.line


def added(before: Call | None, after: Call | None) -> dict[SumKey, Sums]:
    """Return what the step from one state of a call to the next adds to which row."""
    changes: dict[SumKey, Sums] = {}
    for call, sign in ((before, -1), (after, 1)):
        line = booked_line(call)
        if line is not None:
            changes[key_of(line)] = changes.get(key_of(line), NONE).plus(sums_of(line), sign)
    return {key: sums for key, sums in changes.items() if sums != NONE}


def key_of(line: LedgerLine) -> SumKey:
    """Return the row that a line belongs to."""
    return SumKey(line.at[:10], line.principal, line.workflow_id, line.provider, line.model)


def sums_of(line: LedgerLine) -> Sums:
    """Return the sums of one line."""
    return Sums(
        1,
        line.input_tokens,
        line.output_tokens,
        line.cost,
        round(line.latency_ms * 1000),
        int(line.cached),
        int(line.outcome != "ok"),
    )


def row(key: SumKey, sums: Sums) -> UsageRow:
    """Return a row as readers see it."""
    return UsageRow(
        key.day,
        key.principal,
        key.workflow_id,
        key.provider,
        key.model,
        sums.calls,
        sums.input_tokens,
        sums.output_tokens,
        sums.cost,
        sums.latency_us / 1000,
        sums.cached_calls,
        sums.failed_calls,
    )
