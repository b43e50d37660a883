"""An error as the API answers it."""

from typing import Any

from heddle.runtime.api.answers.answer import Answer
from heddle.runtime.api.answers.workflows import WorkflowProblem


class FieldError(Answer):
    """A wrong field or parameter, and what it must be."""

    field: str
    message: str


class ProblemAnswer(Answer):
    """An error, as RFC 9457 has it; `code` is stable, and docs/reference/errors.md lists all of them."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    correlation_id: str
    errors: list[FieldError | WorkflowProblem | dict[str, Any]] | None = None
