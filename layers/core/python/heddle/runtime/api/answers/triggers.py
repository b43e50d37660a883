"""The answers about triggers."""

from typing import Any, Literal

from pydantic import Field

from heddle.runtime.api.answers.answer import Answer, Answers


class TriggerAnswer(Answer):
    """A trigger. `hook_path` is a webhook's address below the API; `next_firings` are a timer's next times, in UTC."""

    id: str
    name: str
    kind: Literal["manual", "webhook", "timer", "event", "run"]
    workflow_id: str
    version: int | None
    enabled: bool
    config: dict[str, Any]
    input: Any
    presets: dict[str, dict[str, Any]]
    preset: str | None
    mode: str
    live: bool
    labels: dict[str, str]
    budget_usd: str | None
    priority: Literal["high", "normal", "low"]
    hook_path: str | None
    next_firings: list[str]
    revision: int
    created_at: str
    created_by: str
    updated_at: str
    updated_by: str


class NewTriggerAnswer(TriggerAnswer):
    """A trigger, and the secret that was made for a webhook: it is not shown again."""

    secret: str | None


class TriggerPage(Answer):
    """Triggers, newest first."""

    items: list[TriggerAnswer]
    cursor: str | None


class FiredAnswer(Answer):
    """The run of a firing. `created` is false if this firing was there before: then it is the run of that time."""

    trigger_id: str
    firing_id: str
    run_id: str
    mode: str
    reason: str
    created: bool


class TestedAnswer(Answer):
    """What a firing would do. `errors` are the reasons for which it would be refused."""

    input: Any
    valid: bool
    matches: bool | None = Field(
        description="Of the kind event: whether the payload, as an event, matches its pattern."
    )
    next_firings: list[str] = Field(
        description="Of the kind timer: when it fires next, on the clock of its time zone; at most five."
    )
    errors: list[dict[str, str]]


class FiringAnswer(Answer):
    """What became of one firing: started, refused or stopped."""

    id: str
    at: str
    outcome: str
    run_id: str | None
    code: str | None
    reason: str
    source: str


class FiringPage(Answer):
    """What a trigger did, newest first."""

    items: list[FiringAnswer]
    cursor: str | None


class DeliveredAnswer(Answer):
    """A delivery to a webhook. The last three are there if the webhook waits and the run has ended."""

    run_id: str
    delivery_id: str
    created: bool
    status: str | None = None
    output: Any = None
    error: dict[str, Any] | None = None


ANSWERS: Answers = {
    "receive_hook": {200: DeliveredAnswer, 202: DeliveredAnswer, 422: DeliveredAnswer},
    "subscribe_hook": {200: None},
    "list_triggers": {200: TriggerPage},
    "create_trigger": {201: NewTriggerAnswer},
    "get_trigger": {200: TriggerAnswer},
    "change_trigger": {200: TriggerAnswer},
    "delete_trigger": {204: None},
    "enable_trigger": {200: TriggerAnswer},
    "disable_trigger": {200: TriggerAnswer},
    "fire_trigger": {202: FiredAnswer},
    "test_trigger": {200: TestedAnswer},
    "rotate_trigger_secret": {200: NewTriggerAnswer},
    "list_trigger_history": {200: FiringPage},
}
