"""Where the rules of tenants are kept, and how they fare."""

from collections.abc import Mapping
from typing import Protocol

from heddle.domain.realtime.rules.rule import RuleSet
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """How often a rule matched, denied, and failed; `in_a_row` is how often it failed since it last did not."""

    matched: int = 0
    denied: int = 0
    failed: int = 0
    in_a_row: int = 0


class RuleStore(Protocol):
    """Rules and their statistics, by tenant."""

    def get(self, tenant: str) -> RuleSet:
        """Return the rules; none, with revision 0, if nothing was saved yet. Strongly consistent."""
        ...

    def put(self, tenant: str, rules: RuleSet) -> None:
        """Keep them; VersionConflict unless what is there has the revision before."""
        ...

    def count(self, tenant: str, counts: Mapping[str, RuleCounts]) -> None:
        """Add to what was counted of rules, by name; `in_a_row` is not looked at."""
        ...

    def failed(self, tenant: str, rule: str) -> int:
        """Count a failure; returns how many there were in a row."""
        ...

    def worked(self, tenant: str, rule: str) -> None:
        """End the row of failures."""
        ...

    def counts(self, tenant: str) -> Mapping[str, RuleCounts]:
        """Return what was counted, by name."""
        ...

    def forget(self, tenant: str, rule: str) -> None:
        """Forget what was counted of a rule."""
        ...
