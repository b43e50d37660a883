"""The answers about batches."""

from typing import Any, Literal

from pydantic import Field

from heddle.runtime.api.answers.answer import Answer, Answers

BatchStatus = Literal[
    "pending", "running", "paused", "stopping", "completed", "partially_completed", "failed", "cancelled"
]


class BatchErrorAnswer(Answer):
    """Why a batch, or an item, failed."""

    code: str
    message: str


class BatchProgressAnswer(Answer):
    """A batch and how far it is."""

    id: str
    name: str
    operation: Literal["analyze", "ingest"]
    status: BatchStatus
    total: int | None = Field(description="How many items there are; null until they were listed.")
    succeeded: int
    failed: int
    skipped: int = Field(description="Items of an ended batch that were never begun.")
    in_flight: int = Field(description="Items that are under way at this moment.")
    progress_percent: int
    current_step: str
    estimated_completion: str | None = Field(description="If it goes on as it has so far; null if nobody can tell.")
    error: BatchErrorAnswer | None = Field(description="Why none of its items was begun.")
    created_at: str
    started_at: str | None
    ended_at: str | None


class BatchAnswer(BatchProgressAnswer):
    """A batch, as it was asked for and how far it is."""

    source: dict[str, Any] = Field(description="`items` or `urls`: how many; or `prefix`.")
    max_parallel: int
    continue_on_error: bool
    timeout_seconds: int
    webhook_url: str | None
    parameters: dict[str, Any]
    created_by: str


class BatchPage(Answer):
    """Batches."""

    items: list[BatchProgressAnswer]
    cursor: str | None


class BatchItemAnswer(Answer):
    """An item. `summary` has a few facts of what its operation gave, `error` the reason if it failed."""

    position: int
    name: str
    status: Literal["pending", "running", "succeeded", "failed", "skipped"]
    summary: dict[str, Any] | None
    error: BatchErrorAnswer | None
    attempts: int
    took_ms: float | None
    ended_at: str | None


class BatchItemPage(Answer):
    """Items in their order."""

    items: list[BatchItemAnswer]
    cursor: str | None


class BatchItemResultAnswer(BatchItemAnswer):
    """An item with all that its operation gave: of `analyze`, what POST /analyze answers."""

    result: dict[str, Any] | None


ANSWERS: Answers = {
    "submit_batch": {202: BatchAnswer},
    "list_batches": {200: BatchPage},
    "get_batch": {200: BatchAnswer},
    "delete_batch": {204: None},
    "list_batch_items": {200: BatchItemPage},
    "get_batch_item": {200: BatchItemResultAnswer},
    "pause_batch": {200: BatchAnswer},
    "resume_batch": {200: BatchAnswer},
    "cancel_batch": {200: BatchAnswer},
}
