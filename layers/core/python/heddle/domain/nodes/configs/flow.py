"""Node types that steer a run: router, delay, approval, workflow."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from heddle.domain.nodes.configs.base import NodeConfig, field, shape
from heddle.domain.nodes.spec import NodeType

BranchName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Role = Literal["viewer", "editor", "admin"]
YEAR_SECONDS = 31_536_000


class RouterRule(NodeConfig):
    """A branch and when it is taken."""

    branch: BranchName = Field(description="The branch, as named by the `branch` of an edge that leaves the router.")
    when: Any = Field(description="The condition, an expression; it also sees `value`, the router's `value`.")


class RouterConfig(NodeConfig):
    """Chooses which branches the run goes on with. Rules are tried from the top."""

    value: Any = Field(default=None, description="A value that the rules can call `value`.")
    rules: list[RouterRule] = Field(min_length=1, max_length=100, description="Branches with their conditions.")
    mode: Literal["first", "all"] = Field(
        default="first", description="first: only the first rule that holds · all: every rule that holds"
    )
    default: BranchName | None = Field(
        default=None, description="The branch to take if no rule holds; without it none is taken."
    )


class DelayConfig(NodeConfig):
    """Waits, at no cost: for a time, or until a point in time. A point in the past does not wait."""

    seconds: float | None = Field(default=None, ge=0, le=YEAR_SECONDS, description="How long to wait.")
    until: datetime | None = Field(
        default=None, description="When to go on: ISO 8601 with a time zone, such as 2026-01-31T09:00:00Z."
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.seconds is None) == (self.until is None):
            raise ValueError("give either `seconds` or `until`")
        if self.until is not None and self.until.tzinfo is None:
            raise ValueError("`until` needs a time zone, for example a Z at its end")
        return self


class ApprovalConfig(NodeConfig):
    """Waits until a person decides through the API or the command line."""

    message: str = Field(min_length=1, max_length=10_000, description="The question that the person answers.")
    details: Any = Field(default=None, description="Any JSON that helps to decide; shown with the question.")
    approvers: list[Role] = Field(
        default=["editor", "admin"],
        min_length=1,
        description="The roles that may decide.",
    )
    timeout: float = Field(
        default=604_800,
        ge=1,
        le=YEAR_SECONDS,
        description="How many seconds to wait for a decision (a week unless said otherwise).",
    )
    default: Literal["approve", "reject", "fail"] = Field(
        default="fail", description="What happens when nobody decides in time; fail: error `approval_timed_out`."
    )


class WorkflowConfig(NodeConfig):
    """Runs another workflow and gives its output; its run has an id, a history and a cost of its own."""

    workflow_id: str = Field(min_length=1, max_length=64, description="The id of the workflow to run.")
    version: int | None = Field(default=None, ge=1, description="Its version; without it the newest one.")
    input: dict[str, Any] = Field(default_factory=dict, description="The input of its run.")


def _branches(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the branches that edges may name, in order, each once. Broken rules are the config model's business."""
    rules = config.get("rules")
    named = [rule.get("branch") for rule in rules if isinstance(rule, Mapping)] if isinstance(rules, list) else []
    return tuple(dict.fromkeys(name for name in [*named, config.get("default")] if isinstance(name, str)))


FLOW_TYPES = (
    NodeType(
        name="router",
        category="flow",
        summary="Chooses the branches that the run goes on with.",
        config=RouterConfig,
        host="engine",
        # Rules are tried one by one, so that a later rule may rely on what an earlier one has ruled out.
        deferred={"rules": ("value",)},
        static_fields=("rules.branch", "default", "mode"),
        routes=_branches,
        output_schema=shape(
            "What was chosen.",
            branch=field(["string", "null"], "The first branch taken, null if none."),
            branches=field("array", "Every branch taken.", items={"type": "string"}),
        ),
    ),
    NodeType(
        name="delay",
        category="flow",
        summary="Waits, at no cost.",
        config=DelayConfig,
        host="wait",
        timeout=YEAR_SECONDS,
        output_schema=shape("When it ended.", until=field("string", "The time the wait was for, ISO 8601.")),
    ),
    NodeType(
        name="approval",
        category="flow",
        summary="Waits until a person decides.",
        config=ApprovalConfig,
        host="callback",
        timeout=YEAR_SECONDS,
        output_schema=shape(
            "The decision.",
            approved=field("boolean", "True if it was approved."),
            decision=field("string", "The decision.", enum=["approve", "reject"]),
            comment=field("string", "What the person wrote, or an empty text."),
            by=field(["string", "null"], "Who decided; null if nobody did in time."),
            at=field("string", "When, ISO 8601."),
            timed_out=field("boolean", "True if nobody decided in time and `default` was taken."),
        ),
    ),
    NodeType(
        name="workflow",
        category="flow",
        summary="Runs another workflow.",
        config=WorkflowConfig,
        host="callback",
        timeout=YEAR_SECONDS,
        output_schema={"description": "The output of the other run itself: an object of its outputs, by name."},
    ),
)
