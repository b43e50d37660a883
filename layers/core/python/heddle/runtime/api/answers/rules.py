"""The answers about rules for what clients send."""

from typing import Any

from pydantic import Field

from heddle.runtime.api.answers.answer import Answer, Answers


class RuleCountsAnswer(Answer):
    """What a rule did; `in_a_row` is how often it failed since it last did not."""

    matched: int
    denied: int
    failed: int
    in_a_row: int


class BareRuleAnswer(Answer):
    """A rule."""

    name: str
    description: str
    enabled: bool
    priority: int
    is_terminal: bool
    action: str
    match: dict[str, Any]
    condition: str | None
    transform: dict[str, Any]
    persist_offline: bool | None
    override_priority: str | None
    rate_limit: dict[str, Any] | None


class RuleAnswer(BareRuleAnswer):
    """A rule and what it did. `disabled_because`: why it was turned off, if not by a person."""

    updated_by: str
    disabled_because: str | None
    counts: RuleCountsAnswer


class RuleSetAnswer(Answer):
    """All rules; those that are enabled in the order in which they judge, then the others."""

    items: list[RuleAnswer]
    default_action: str
    strip_html: bool
    revision: int


class RulePresetsAnswer(Answer):
    """Rules to begin with."""

    items: list[BareRuleAnswer]


class RuleFailureAnswer(Answer):
    """A rule that could not be evaluated."""

    rule: str
    code: str
    reason: str


class RuleVerdictAnswer(Answer):
    """What would become of a message. `denied_by` is a rule, or `default`."""

    allowed: bool
    denied_by: str | None
    matched: list[str]
    message: dict[str, Any] = Field(description="As it would go out.")
    persist_offline: bool
    failures: list[RuleFailureAnswer]


ANSWERS: Answers = {
    "list_rules": {200: RuleSetAnswer},
    "create_rule": {201: RuleAnswer},
    "set_rule_settings": {200: RuleSetAnswer},
    "list_rule_presets": {200: RulePresetsAnswer},
    "install_rule_preset": {201: RuleAnswer},
    "test_rules": {200: RuleVerdictAnswer},
    "get_rule": {200: RuleAnswer},
    "save_rule": {200: RuleAnswer, 201: RuleAnswer},
    "delete_rule": {204: None},
}
