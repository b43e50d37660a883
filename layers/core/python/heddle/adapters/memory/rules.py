"""Rules in memory."""

import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from heddle.application.ports.rules import RuleCounts
from heddle.domain.realtime.rules.rule import RuleSet
from heddle.errors import VersionConflict


@dataclass
class MemoryRuleStore:
    """A RuleStore in dictionaries."""

    _rules: dict[str, RuleSet] = field(default_factory=dict)
    _counts: defaultdict[str, dict[str, RuleCounts]] = field(default_factory=lambda: defaultdict(dict))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, tenant: str) -> RuleSet:
        return self._rules.get(tenant, RuleSet())

    def put(self, tenant: str, rules: RuleSet) -> None:
        with self._lock:
            if self.get(tenant).revision != rules.revision - 1:
                raise VersionConflict("the rules have changed since they were read")
            self._rules[tenant] = rules

    def count(self, tenant: str, counts: Mapping[str, RuleCounts]) -> None:
        with self._lock:
            for name, more in counts.items():
                had = self._counts[tenant].get(name, RuleCounts())
                self._counts[tenant][name] = RuleCounts(
                    had.matched + more.matched, had.denied + more.denied, had.failed + more.failed, had.in_a_row
                )

    def failed(self, tenant: str, rule: str) -> int:
        with self._lock:
            had = self._counts[tenant].get(rule, RuleCounts())
            self._counts[tenant][rule] = replace(had, failed=had.failed + 1, in_a_row=had.in_a_row + 1)
            return had.in_a_row + 1

    def worked(self, tenant: str, rule: str) -> None:
        with self._lock:
            self._counts[tenant][rule] = replace(self._counts[tenant].get(rule, RuleCounts()), in_a_row=0)

    def counts(self, tenant: str) -> Mapping[str, RuleCounts]:
        with self._lock:
            return dict(self._counts[tenant])

    def forget(self, tenant: str, rule: str) -> None:
        with self._lock:
            self._counts[tenant].pop(rule, None)
