"""The bodies about rules for what clients send."""

from typing import Any, Literal

from pydantic import Field

from heddle.runtime.api.bodies.body import Body


class RuleRateBody(Body):
    """How many messages of one sender a rule lets through."""

    per_second: float = Field(gt=0, le=10_000)
    burst: int = Field(default=1, ge=1, le=100_000)


class RuleBody(Body):
    """A rule; `docs/concepts/rules.md` has what may be in `match` and `transform`."""

    name: str | None = Field(default=None, description="a-z, 0-9, _ and -; PUT takes it from the path.")
    description: str = ""
    enabled: bool = True
    priority: int = Field(default=0, description="The greatest judges first.")
    is_terminal: bool = Field(default=False, description="Behind this rule no other is asked.")
    action: Literal["allow", "deny"] = "allow"
    match: dict[str, Any] = Field(default_factory=dict, description="What a message must meet, all of it.")
    condition: str | None = Field(default=None, description="An expression over `message` and `tenant`.")
    transform: dict[str, Any] = Field(default_factory=dict, description="What is changed in the message.")
    persist_offline: bool | None = Field(default=None, description="Kept in the history and for who is away?")
    override_priority: Literal["Low", "Normal", "High", "Critical"] | None = None
    rate_limit: RuleRateBody | None = None


class RuleSettingsBody(Body):
    """What holds for all rules of the tenant."""

    default_action: Literal["Allow", "Deny", "RequireMatch"] = "Allow"
    strip_html: bool = True


class RuleTestMessageBody(Body):
    """A message as a client would send it."""

    type: Literal["Broadcast", "DirectMessage"] = "Broadcast"
    topic: str = "test"
    payload: Any = None
    sender_id: str = Field(default="somebody", max_length=128)
    sender_type: Literal["User", "Agent", "Service", "System"] = "User"
    headers: dict[str, str] = Field(default_factory=dict, max_length=20)
    routing_key: str = Field(default="", max_length=200)
    target_users: list[str] = Field(default_factory=list, max_length=100)


class RuleTestBody(Body):
    """A message to be judged, and by which rules; left out: those that are saved."""

    message: RuleTestMessageBody
    rules: list[RuleBody] | None = Field(default=None, max_length=100)
    default_action: Literal["Allow", "Deny", "RequireMatch"] | None = None
    recipients: int = Field(default=1, ge=0, description="How many would get it, for `max_targets`.")


BODIES: dict[str, type[Body]] = {
    "create_rule": RuleBody,
    "save_rule": RuleBody,
    "set_rule_settings": RuleSettingsBody,
    "test_rules": RuleTestBody,
}
