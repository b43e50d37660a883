"""What a conversation has used and cost, added up exactly over all of its calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heddle.domain.events.conversation_events import ModelCalled
from heddle.domain.money import picos, usd

_COUNTED = ("input_tokens", "output_tokens", "latency_ms")


@dataclass
class Spending:
    """Sums over the calls that were recorded, whoever made them."""

    calls: int = 0
    cached: int = 0
    cost: int = 0
    _sums: dict[str, float] = field(default_factory=dict)
    _models: dict[tuple[str, str], int] = field(default_factory=dict)
    _unpriced: bool = False

    def add(self, event: ModelCalled) -> None:
        """Add one call."""
        usage = event.usage
        self.calls += 1
        self.cached += bool(usage.get("cached"))
        if usage.get("cost_usd") is None:
            self._unpriced = True
        else:
            self.cost += picos(usage["cost_usd"])
        for name in _COUNTED:
            self._sums[name] = self._sums.get(name, 0) + usage.get(name, 0)
        key = (event.provider, event.model)
        self._models[key] = self._models.get(key, 0) + 1

    def add_tool(self, usage: Mapping[str, Any]) -> None:
        """Add what a tool itself has spent, such as a sub-run."""
        if usage.get("cost_usd") is not None:
            self.cost += picos(usage["cost_usd"])

    def usage(self) -> dict[str, Any]:
        """Return it as a node's usage: tokens, cost, calls, and the provider and model that answered last.

        `cached_calls` are those among the calls that the response cache answered, if there are any.
        """
        if not self.calls:
            return {}
        provider, model = list(self._models)[-1]
        usage = {"provider": provider, "model": model, "calls": self.calls, "cost_usd": usd(self.cost)}
        usage |= {name: round(total, 3) if name == "latency_ms" else total for name, total in self._sums.items()}
        if len(self._models) > 1:
            usage["models"] = [f"{one}/{other}" for one, other in self._models]
        usage |= {"cached_calls": self.cached} if self.cached else {}
        return usage | ({"unpriced": True} if self._unpriced else {})
