"""The answers about what waits for a person."""

from typing import Any

from heddle.runtime.api.answers.answer import Answer, Answers


class ApprovalAnswer(Answer):
    """Something that waits for a decision."""

    id: str
    run_id: str
    node_id: str
    attempt: int
    created_at: str
    expires_at: str | None
    message: Any
    details: Any
    approvers: Any
    default: Any


class ApprovalPage(Answer):
    """What waits, oldest first."""

    items: list[ApprovalAnswer]
    cursor: str | None


class DecisionAnswer(Answer):
    """A decision as it was recorded."""

    id: str
    run_id: str
    node_id: str
    decision: str
    comment: str
    by: str
    at: str


ANSWERS: Answers = {
    "list_approvals": {200: ApprovalPage},
    "decide_approval": {200: DecisionAnswer},
}
