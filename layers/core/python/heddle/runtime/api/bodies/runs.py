"""The bodies about runs."""

from typing import Any, Literal

from pydantic import Field

from heddle.runtime.api.bodies.body import Body, Label, Money


class ExecuteBody(Body):
    """What a run is started with."""

    input: dict[str, Any] = Field(default_factory=dict, description="Checked against the workflow's input schema.")
    mode: Literal["auto", "inline", "express", "standard"] = "auto"
    version: int | None = Field(default=None, ge=1, description="Left out: the newest.")
    labels: dict[str, Label] = Field(default_factory=dict, max_length=50)
    live: bool = Field(default=False, description="Publish tokens of models while they are written.")
    budget_usd: Money | None = Field(default=None, description="What the run may cost at most, as decimal text.")
    priority: Literal["high", "normal", "low"] = Field(
        default="normal", description="Which queue the run comes in by, and how soon it is its turn when it must wait."
    )


class CancelBody(Body):
    """Why the run shall stop."""

    reason: str = Field(default="", max_length=1000, examples=["wrong input"])


class RetryBody(Body):
    """Where a retry begins."""

    from_: Literal["failed", "start"] = Field(
        default="failed",
        alias="from",
        description="failed: this run goes on where it stopped · start: a new run of the same version and input",
    )


class ResumeBody(Body):
    """Nothing to say: the run goes on where it stopped."""


BODIES: dict[str, type[Body]] = {
    "execute_workflow": ExecuteBody,
    "cancel_run": CancelBody,
    "retry_run": RetryBody,
    "resume_run": ResumeBody,
}
