"""Changing the rules of a tenant: each change is of all of them, so that names are known to be unique."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from heddle.application.ports.rules import RuleStore
from heddle.domain.realtime.rules.rule import MAX_RULES, DefaultAction, Rule, RuleSet, checked
from heddle.errors import Conflict, InvalidInput, NotFound
from heddle.records import dataclass

RESERVED = frozenset({"presets", "settings", "test"})
"""What the API has beside the names of rules."""


@dataclass(frozen=True, slots=True)
class ChangeRules:
    """VersionConflict from each of these: somebody else changed the rules at this moment."""

    store: RuleStore

    def named(self, tenant: str, name: str) -> Rule:
        """Return a rule; NotFound `rule_not_found`."""
        found = self.store.get(tenant).named(name)
        if found is None:
            raise NotFound(f"there is no rule {name!r}", code="rule_not_found")
        return found

    def save(self, tenant: str, document: Mapping[str, Any], *, by: str, create: bool = False) -> tuple[Rule, bool]:
        """Save a rule and say whether it is new; InvalidInput, Conflict `rule_exists`, `too_many_rules`."""
        made = checked(document, updated_by=by)
        if made.name in RESERVED:
            raise _invalid("name", f"cannot be one of {', '.join(sorted(RESERVED))}")
        rules = self.store.get(tenant)
        fresh = rules.named(made.name) is None
        if create and not fresh:
            raise Conflict(f"there is a rule {made.name!r} already", code="rule_exists")
        others = tuple(rule for rule in rules.rules if rule.name != made.name)
        if len(others) >= MAX_RULES:
            raise Conflict(f"a tenant has at most {MAX_RULES} rules", code="too_many_rules")
        self._put(tenant, rules, (*others, made))
        self.store.worked(tenant, made.name)
        return made, fresh

    def delete(self, tenant: str, name: str) -> None:
        """Delete a rule and what was counted of it; NotFound `rule_not_found`."""
        self.named(tenant, name)
        rules = self.store.get(tenant)
        self._put(tenant, rules, tuple(rule for rule in rules.rules if rule.name != name))
        self.store.forget(tenant, name)

    def settings(self, tenant: str, *, default_action: DefaultAction, strip_html: bool) -> RuleSet:
        """Change what holds for all rules."""
        rules = self.store.get(tenant)
        changed = replace(rules, default_action=default_action, strip_html=strip_html, revision=rules.revision + 1)
        self.store.put(tenant, changed)
        return changed

    def checked(self, documents: Sequence[Mapping[str, Any]]) -> tuple[Rule, ...]:
        """Return rules that are tried without being saved; InvalidInput also for a name that comes twice."""
        rules = tuple(checked({"name": f"rule-{number}", **each}) for number, each in enumerate(documents, 1))
        if len({rule.name for rule in rules}) < len(rules):
            raise _invalid("rules", "have a name that comes twice")
        return rules

    def _put(self, tenant: str, rules: RuleSet, changed: tuple[Rule, ...]) -> None:
        self.store.put(tenant, replace(rules, rules=changed, revision=rules.revision + 1))


def _invalid(field: str, reason: str) -> InvalidInput:
    return InvalidInput(f"{field}: {reason}", code="invalid_rule", errors=[{"field": field, "message": reason}])
