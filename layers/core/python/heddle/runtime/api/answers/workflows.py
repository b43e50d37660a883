"""The answers about workflows."""

from typing import Any, Literal

from pydantic import Field

from heddle.runtime.api.answers.answer import Answer, Answers


class WorkflowProblem(Answer):
    """A validation rule that a definition breaks."""

    code: str = Field(examples=["WF_CYCLE_DETECTED"])
    message: str
    path: str = Field(description="Where in the document, for example nodes[2].config.template.")
    nodes: list[str]


class WorkflowAnswer(Answer):
    """A workflow as lists show it."""

    id: str
    name: str
    description: str
    version: int
    labels: dict[str, str]
    created_at: str
    updated_at: str
    updated_by: str


class PlanAnswer(Answer):
    """What the compiler made of a definition."""

    mode: Literal["inline", "express", "standard"]
    modes: list[str]
    reason: str
    nodes: int
    order: list[str]
    series_parallel: bool


class WholeWorkflowAnswer(WorkflowAnswer):
    """A workflow with its newest definition."""

    document: dict[str, Any]
    plan: PlanAnswer


class WorkflowPage(Answer):
    """Workflows, newest change first."""

    items: list[WorkflowAnswer]
    cursor: str | None


class VersionAnswer(Answer):
    """A version as lists show it."""

    workflow_id: str
    version: int
    created_at: str
    created_by: str
    note: str


class WholeVersionAnswer(VersionAnswer):
    """A version with its definition."""

    document: dict[str, Any]
    plan: PlanAnswer


class VersionPage(Answer):
    """Versions, newest first."""

    items: list[VersionAnswer]
    cursor: str | None


class ValidationAnswer(Answer):
    """What is wrong with a definition, or how it would run."""

    valid: bool
    problems: list[WorkflowProblem]
    plan: PlanAnswer | None


ANSWERS: Answers = {
    "list_workflows": {200: WorkflowPage},
    "create_workflow": {201: WholeWorkflowAnswer},
    "validate_workflow": {200: ValidationAnswer},
    "get_workflow": {200: WholeWorkflowAnswer},
    "save_workflow": {200: WholeWorkflowAnswer, 201: WholeWorkflowAnswer},
    "delete_workflow": {204: None},
    "list_versions": {200: VersionPage},
    "get_version": {200: WholeVersionAnswer},
}
