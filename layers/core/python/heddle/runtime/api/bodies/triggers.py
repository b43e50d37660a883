"""The bodies about triggers."""

from typing import Any, Literal

from pydantic import Field

from heddle.runtime.api.bodies.body import Body, Label, Money


class TriggerFields(Body):
    """What every kind of trigger has."""

    version: int | None = Field(default=None, ge=1, description="Left out: the newest one when it fires.")
    enabled: bool = True
    config: dict[str, Any] = Field(default={}, description="Of its kind: see docs/concepts/trigger.md.")
    input: Any = Field(
        default=None,
        description="The run's input, with expressions over `trigger`, `preset` and `tenant`.",
        examples=[{"order": "{{ trigger.body.id }}"}],
    )
    presets: dict[str, dict[str, Any]] = Field(default={}, description="Input values by name.")
    preset: str | None = Field(default=None, description="Which of them is taken if a firing names none.")
    mode: Literal["auto", "inline", "express", "standard"] = "auto"
    live: bool = False
    labels: dict[str, Label] = Field(default={}, max_length=50)
    budget_usd: Money | None = Field(default=None, description="What each run may cost at most, as decimal text.")
    priority: Literal["high", "normal", "low"] = Field(default="normal", description="Of the runs that it starts.")


class TriggerBody(TriggerFields):
    """A new trigger."""

    name: str = Field(min_length=1, max_length=128, examples=["orders"])
    kind: Literal["manual", "webhook", "timer", "event", "run"]
    workflow_id: str = Field(min_length=1, max_length=63)


class TriggerChangeBody(TriggerFields):
    """Fields to change; those that are left out stay as they are."""

    name: str = Field(default="", min_length=1, max_length=128)
    workflow_id: str = Field(default="", min_length=1, max_length=63)
    expected_revision: int | None = Field(default=None, ge=1, description="Change only this revision.")


class FireBody(Body):
    """What a firing by hand brings."""

    payload: Any = Field(default={}, description="What `trigger` holds; of a manual trigger, in `trigger.payload`.")
    preset: str | None = None


class RotateBody(Body):
    """How long the secret before works on."""

    overlap_hours: int = Field(default=24, ge=0, le=168)


BODIES: dict[str, type[Body]] = {
    "create_trigger": TriggerBody,
    "change_trigger": TriggerChangeBody,
    "fire_trigger": FireBody,
    "test_trigger": FireBody,
    "rotate_trigger_secret": RotateBody,
}
