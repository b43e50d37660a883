"""For whom a model is asked: what budgets, ledger and kill switches go by."""

from typing import Any

from heddle.domain.money import usd
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """Who, in which run and node. Outside of a run `run_id` and what follows from it are empty.

    `principal` is `user:<subject>` or `key:<key id>`. `root_run_id` is the run that a person or trigger asked for: the
    budget of a run (`run_budget`, decimal text in USD, None for none) covers its sub-runs. `call_id` names one call
    that is really made: asking the provider again, after a crash too, is another call with another id.
    """

    tenant: str
    principal: str
    call_id: str
    workflow_id: str = ""
    run_id: str = ""
    root_run_id: str = ""
    run_budget: str | None = None
    node_id: str = ""
    attempt: int = 0
    item_index: int | None = None
    step: int = 0
    correlation_id: str = ""


ESTIMATED = ", tokens estimated"
"""Stands behind the source of the price where the provider did not say what was used."""


@dataclass(frozen=True, slots=True)
class Billed:
    """What a call used and cost, exactly. `cost` is in picodollars; `cached`: answered from the response cache."""

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

    def usage(self) -> dict[str, Any]:
        """Return it as a node's usage has it; `cost_usd` is decimal text."""
        return {
            "provider": self.provider,
            "model": self.model,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost_usd": usd(self.cost),
            "latency_ms": self.latency_ms,
            **({"cached": True} if self.cached else {}),
        }
