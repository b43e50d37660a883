"""The bodies that the API accepts, as pydantic models: unknown fields are refused, types are not guessed.

Imported when a route that takes a body is called, and by the OpenAPI generator.
"""

from typing import Any, Literal

from pydantic import Field

from heddle.runtime.api.body import Body as Body
from heddle.runtime.api.body import Label, Money
from heddle.runtime.api.model_bodies import MODEL_BODIES
from heddle.runtime.api.routes import SCOPES
from heddle.runtime.api.usage_bodies import USAGE_BODIES


class LoginBody(Body):
    """User name and password; `new_password` where the password is a temporary one."""

    username: str = Field(min_length=1, max_length=128, examples=["ada@example.com"])
    password: str = Field(min_length=1, max_length=256, examples=["correct horse battery staple"])
    new_password: str | None = Field(
        default=None, min_length=1, max_length=256, description="Replaces a temporary one."
    )


class RefreshBody(Body):
    """The refresh token of the last login or refresh; it works once."""

    refresh_token: str = Field(min_length=1, max_length=8192, examples=["eyJjdHkiOiJKV1Qi…"])


class LogoutBody(Body):
    """Which sessions end: that of the refresh token, or all of the user's."""

    refresh_token: str | None = Field(default=None, min_length=1, max_length=8192)
    everywhere: bool = Field(default=False, description="End every session of the user.")


class ApiKeyBody(Body):
    """A key for a service of your tenant."""

    name: str = Field(min_length=1, max_length=128, examples=["nightly import"])
    role: Literal["viewer", "editor", "admin"] = Field(default="viewer", description="What the key may do at most.")
    scopes: list[str] = Field(
        min_length=1,
        max_length=20,
        description=f"Which routes it may call: `*` or some of {', '.join(SCOPES)}. `x:write` includes `x:read`.",
        examples=[["runs:write", "workflows:read"]],
    )
    expires_in_days: int | None = Field(default=None, ge=1, le=3650, description="Left out: it does not expire.")


class WorkflowBody(Body):
    """A definition with what is said about this saving of it. The definition alone is accepted as well."""

    document: dict[str, Any] = Field(description="The workflow definition.")
    id: str | None = Field(default=None, description="POST only: the id, else one is made of the name.")
    expected_version: int | None = Field(
        default=None, ge=0, description="Save only behind this version (like If-Match); 0 is: only if new."
    )
    note: str = Field(default="", max_length=1000, description="What changed.")


class ExecuteBody(Body):
    """What a run is started with."""

    input: dict[str, Any] = Field(default_factory=dict, description="Checked against the workflow's input schema.")
    mode: Literal["auto", "inline", "express", "standard"] = "auto"
    version: int | None = Field(default=None, ge=1, description="Left out: the newest.")
    labels: dict[str, Label] = Field(default_factory=dict, max_length=50)
    live: bool = Field(default=False, description="Publish tokens of models while they are written.")
    budget_usd: Money | None = Field(default=None, description="What the run may cost at most, as decimal text.")


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


class DecisionBody(Body):
    """A decision about what waits."""

    decision: Literal["approve", "reject"]
    comment: str = Field(default="", max_length=10_000)


class UploadBody(Body):
    """A file to be sent."""

    filename: str = Field(min_length=1, max_length=255, examples=["report.pdf"])
    media_type: str = Field(
        default="application/octet-stream", pattern=r"^[\w.+-]{1,64}/[\w.+-]{1,64}$", examples=["application/pdf"]
    )
    bytes: int | None = Field(default=None, ge=1, le=100 * 1024 * 1024, description="Its size; at most 100 MiB.")


# prompts


class PromptContentBody(Body):
    """The texts of a prompt: one or both."""

    system: str | None = Field(default=None, description="Who the model is and how it behaves.")
    user: str | None = Field(default=None, description="What it is asked.")


class PromptVariableBody(Body):
    """A variable that a prompt may use."""

    type: Literal["String", "Number", "Boolean", "Array", "Object", "Any"] = "Any"
    required: bool | None = Field(default=None, description="Left out: it is, unless there is a default.")
    default: Any = None
    description: str = ""


class PromptTestBody(Body):
    """A render that must come out so; with system and user text, both are looked at, one below the other."""

    variables: dict[str, Any] = Field(default_factory=dict)
    expect: str | None = Field(default=None, description="The whole text, but for line breaks around it.")
    expect_contains: list[str] | str | None = Field(default=None, description="What must be in it.")


class PromptBody(Body):
    """A prompt, as JSON or YAML."""

    name: str | None = Field(default=None, description="a-z, 0-9, _, . and -; PUT takes it from the path.")
    content: PromptContentBody | str | None = Field(default=None, description="The user's text alone, or both texts.")
    syntax: Literal["jinja", "handlebars"] = "jinja"
    variables: dict[str, PromptVariableBody | str] = Field(
        default_factory=dict, description="All that the texts use, by name; a text alone is the type."
    )
    output_format: Literal["Text", "Json", "Yaml", "Markdown", "Html"] = Field(
        default="Text", description="Json and Yaml must parse when rendered, Html is escaped."
    )
    tests: list[PromptTestBody] = Field(
        default_factory=list, description="Run at each save; one that fails refuses it."
    )
    description: str = ""
    tags: list[str] = Field(default_factory=list)
    labels: list[str] = Field(default_factory=list, description="Labels to point at this version.")
    note: str = Field(default="", description="What changed.")
    expected_version: int | None = Field(
        default=None, ge=0, description="Save only behind this version; 0 is: only if new."
    )


class PromptLabelBody(Body):
    """Where a label points."""

    version: int = Field(ge=1, le=999_999_999)


class PromptRollbackBody(Body):
    """Which label goes back."""

    label: str = Field(default="production", min_length=1, max_length=63)


class RenderBody(Body):
    """Values for a prompt's variables, and which version; left out: `production`, else the newest."""

    variables: dict[str, Any] = Field(default_factory=dict)
    version: int | None = Field(default=None, ge=1, le=999_999_999)
    label: str | None = Field(default=None, min_length=1, max_length=63)


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
    "login": LoginBody,
    "refresh": RefreshBody,
    "logout": LogoutBody,
    "create_api_key": ApiKeyBody,
    "create_workflow": WorkflowBody,
    "save_workflow": WorkflowBody,
    "validate_workflow": WorkflowBody,
    "execute_workflow": ExecuteBody,
    "cancel_run": CancelBody,
    "retry_run": RetryBody,
    "resume_run": ResumeBody,
    "decide_approval": DecisionBody,
    "create_upload": UploadBody,
    # budgets and kill switches
    "create_budget": BudgetBody,
    "change_budget": BudgetChangeBody,
    "stop_ai": SwitchBody,
    "resume_ai": SwitchBody,
    # prompts
    "create_prompt": PromptBody,
    "save_prompt": PromptBody,
    "validate_prompt": PromptBody,
    "set_prompt_label": PromptLabelBody,
    "rollback_prompt": PromptRollbackBody,
    "render_prompt": RenderBody,
    **MODEL_BODIES,
    **USAGE_BODIES,
}
"""Route name to the body it takes."""

OPTIONAL = frozenset(
    {
        "logout",
        "execute_workflow",
        "cancel_run",
        "retry_run",
        "resume_run",
        "stop_ai",
        "resume_ai",
        "forecast_workflow",
    }
)
"""Routes that answer without a body as well."""
