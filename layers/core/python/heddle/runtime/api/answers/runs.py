"""The answers about runs."""

from typing import Any

from pydantic import ConfigDict, Field

from heddle.runtime.api.answers.answer import Answer, Answers


class RequestedRunAnswer(Answer):
    """A run that was asked for, how it will run, and why so."""

    run_id: str
    status: str
    mode: str
    reason: str
    workflow_id: str | None = None
    created: bool | None = Field(default=None, description="False where the Idempotency-Key named an earlier run.")


class RunStatusAnswer(Answer):
    """A run and its status after what was asked for."""

    run_id: str
    status: str


class ProgressAnswer(Answer):
    """How many nodes there are and how many are settled."""

    total: int
    done: int
    failed: int


class RunAnswer(Answer):
    """A run as lists show it. `cost_usd` is what its models cost, `infrastructure_usd` the rest; decimal text."""

    id: str
    workflow_id: str
    workflow_version: int
    status: str
    mode: str | None
    reason: str | None
    requested_at: str
    started_at: str | None
    ended_at: str | None
    duration_ms: float | int | None
    cost_usd: str
    infrastructure_usd: str
    labels: dict[str, str]
    principal: str
    trigger: str
    priority: str
    error: dict[str, Any] | None
    progress: ProgressAnswer
    correlation_id: str


class NodeAnswer(Answer):
    """A node of a run. `output` is JSON, or {"$ref": {key, sha256, bytes}} if it is longer than 32 KiB."""

    node_id: str
    status: str
    attempt: int
    scheduled_at: str | None
    started_at: str | None
    finished_at: str | None
    duration_ms: float | int | None
    output: Any
    error: dict[str, Any] | None
    usage: dict[str, Any] = Field(
        description="Tokens, `cost_usd`, and the `provider` and `model` that answered; `models` if there were several."
    )
    items_total: int | None
    items_done: int
    skipped_reason: str | None
    cached: bool


class RunCostAnswer(Answer):
    """What a run cost, as decimal text: models, infrastructure at list prices, both. `measured` is what was counted."""

    models_usd: str
    infrastructure_usd: str
    total_usd: str
    by_service_usd: dict[str, str]
    measured: dict[str, int]
    prices_from: str = Field(description="The day from which the list prices hold.")


class WholeRunAnswer(RunAnswer):
    """A run with its input, output and nodes. Long values are {"$ref": …}: see GET /runs/{run_id}/payload."""

    input: Any
    output: Any
    nodes: list[NodeAnswer]
    events_version: int
    cost: RunCostAnswer


class RunPage(Answer):
    """Runs, newest first."""

    items: list[RunAnswer]
    cursor: str | None


class WorkflowStatusAnswer(Answer):
    """The latest runs of a workflow, and how many of the latest hundred are in which status."""

    workflow_id: str
    version: int
    counts: dict[str, int]
    counted: int
    runs: list[RunAnswer]


class EventAnswer(Answer):
    """A fact of a run's history."""

    model_config = ConfigDict(extra="allow")

    id: str
    version: int
    type: str
    schema_version: int
    data: dict[str, Any]
    metadata: dict[str, Any]
    occurred_at: str


class EventPage(Answer):
    """Events, oldest first; `next_after` goes into `after` for the next page."""

    items: list[EventAnswer]
    next_after: int
    more: bool


ANSWERS: Answers = {
    "execute_workflow": {200: WholeRunAnswer, 202: RequestedRunAnswer},
    "workflow_status": {200: WorkflowStatusAnswer},
    "list_runs": {200: RunPage},
    "get_run": {200: WholeRunAnswer},
    "list_run_events": {200: EventPage},
    "get_conversation": {200: EventPage},
    "get_run_payload": {200: None, 307: None},
    "cancel_run": {202: RunStatusAnswer},
    "retry_run": {202: RequestedRunAnswer},
    "resume_run": {202: RunStatusAnswer},
}
