"""The bodies about budgets and kill switches."""

from typing import Literal

from pydantic import Field

from heddle.runtime.api.bodies.body import Body


class BudgetLimits(Body):
    """What can be changed of a budget."""

    limit_usd: str = Field(
        min_length=1,
        max_length=40,
        description="Decimal text, as fine as 12 places; 0 blocks every call that may cost something.",
        examples=["25", "0.50"],
    )
    action: Literal["warn", "downgrade", "approve", "block"] = Field(
        default="block", description="What happens to a call that does not fit."
    )
    downgrade_to: str | None = Field(
        default=None, min_length=1, max_length=128, description="The alias to take instead (action downgrade)."
    )
    warn_at: list[int] = Field(
        default=[50, 80, 95], max_length=10, description="At which percentages to raise an alert; 100 always does."
    )
    name: str = Field(default="", max_length=128)


class BudgetBody(BudgetLimits):
    """A new budget."""

    id: str | None = Field(default=None, description="Left out: one is made up.", examples=["team-month"])
    scope: str = Field(description="tenant, user, api_key, workflow or run.", examples=["workflow"])
    subject: str | None = Field(
        default=None, description="Whose it is, or `*`: each of them has its own. Left out for the scope tenant."
    )
    period: str = Field(description="run, hour, day, month (UTC) or total.", examples=["month"])
    shards: int = Field(
        default=1, description="Among how many counters (1 to 64) it is divided: more for many calls at once."
    )


class BudgetChangeBody(BudgetLimits):
    """A budget as it shall be. Scope, subject, period and shards cannot change: leave them out, or send them as is."""

    scope: str | None = None
    subject: str | None = None
    period: str | None = None
    shards: int | None = None
    expected_version: int | None = Field(default=None, ge=1, description="Change only this version.")


class SwitchBody(Body):
    """A kill switch: of one workflow, or without it of the tenant."""

    workflow_id: str | None = Field(default=None, min_length=1, max_length=128)
    reason: str = Field(default="", max_length=1000, examples=["it writes in circles"])


BODIES: dict[str, type[Body]] = {
    "create_budget": BudgetBody,
    "change_budget": BudgetChangeBody,
    "stop_ai": SwitchBody,
    "resume_ai": SwitchBody,
}
