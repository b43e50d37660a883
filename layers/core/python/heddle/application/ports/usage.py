"""What was used: a ledger line for every call, and sums by day that lists and reports read instead of lines."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from heddle.application.ports.paging import Page
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One call. `cost` is in picodollars and exact.

    `at` is when it was reserved, or made if it needed no reservation (ISO 8601, UTC): the moment that decides its day,
    in budgets and sums alike.
    `outcome` is ok, failed (it cost something all the same) or abandoned (whoever made it died: booked at its worst
    case, until the truth comes). `cached`: answered from the response cache. `prices` names the price that was used,
    and says so if the provider did not tell the tokens.
    """

    tenant: str
    call_id: str
    at: str
    principal: str
    provider: str
    model: str
    input_tokens: int
    output_tokens: int
    cost: int
    latency_ms: float = 0.0
    cached: bool = False
    cached_tokens: int = 0
    outcome: str = "ok"
    alias: str = ""
    prices: str = ""
    workflow_id: str = ""
    run_id: str = ""
    root_run_id: str = ""
    node_id: str = ""
    attempt: int = 0
    item_index: int | None = None
    step: int = 0
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class UsageRow:
    """The sum of the ledger lines of one day with the same principal, workflow, provider and model."""

    day: str
    principal: str
    workflow_id: str
    provider: str
    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost: int
    latency_ms: float
    cached_calls: int = 0
    failed_calls: int = 0


class Ledger(Protocol):
    """The lines and sums of a tenant. Lines and sums are written together, so they always agree."""

    def line(self, tenant: str, call_id: str) -> LedgerLine | None:
        """Return one line, if the call was booked."""
        ...

    def of_run(self, tenant: str, run_id: str, *, limit: int, cursor: str | None = None) -> Page[LedgerLine]:
        """List the calls of a run (not of its sub-runs), oldest first."""
        ...

    def of_day(self, tenant: str, day: date, *, limit: int, cursor: str | None = None) -> Page[LedgerLine]:
        """List the calls booked on a day (UTC), oldest first: what an export reads."""
        ...

    def sums(self, tenant: str, first: date, last: date) -> Sequence[UsageRow]:
        """Return the sums of all days from `first` to `last`, both included (at most 366 days)."""
        ...
