"""What happens to batches. Streams of the type `batch`, one per batch; what becomes of items is not in them."""

from typing import Any

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class BatchSubmitted:
    """Somebody handed in a batch. `source` says where its items are from: {"items"}, {"urls"} or {"prefix"}."""

    batch_id: str
    name: str
    operation: str
    source: dict[str, Any]
    max_parallel: int
    at: str


@dataclass(frozen=True, slots=True)
class BatchPaused:
    """Somebody paused it: what is under way ends, nothing more begins."""

    batch_id: str
    at: str


@dataclass(frozen=True, slots=True)
class BatchResumed:
    """Somebody let it go on."""

    batch_id: str
    at: str


@dataclass(frozen=True, slots=True)
class BatchCompleted:
    """It has ended: every item succeeded."""

    batch_id: str
    name: str
    operation: str
    total: int
    succeeded: int
    failed: int
    skipped: int
    at: str


@dataclass(frozen=True, slots=True)
class BatchPartiallyCompleted:
    """It has ended: some items succeeded, some failed."""

    batch_id: str
    name: str
    operation: str
    total: int
    succeeded: int
    failed: int
    skipped: int
    at: str


@dataclass(frozen=True, slots=True)
class BatchFailed:
    """It has ended: no item succeeded, or one failed where none may, or its items could not be listed."""

    batch_id: str
    name: str
    operation: str
    total: int
    succeeded: int
    failed: int
    skipped: int
    at: str


@dataclass(frozen=True, slots=True)
class BatchCancelled:
    """Somebody ended it; what had not begun was skipped."""

    batch_id: str
    name: str
    operation: str
    total: int
    succeeded: int
    failed: int
    skipped: int
    at: str


BatchEnd = BatchCompleted | BatchPartiallyCompleted | BatchFailed | BatchCancelled
BatchEvent = BatchSubmitted | BatchPaused | BatchResumed | BatchEnd

ENDS: dict[str, type[BatchCompleted] | type[BatchPartiallyCompleted] | type[BatchFailed] | type[BatchCancelled]] = {
    "completed": BatchCompleted,
    "partially_completed": BatchPartiallyCompleted,
    "failed": BatchFailed,
    "cancelled": BatchCancelled,
}
"""The event that says of a batch that it ended so."""

EVENT_TYPES: dict[str, type[Any]] = {
    "BatchSubmitted": BatchSubmitted,
    "BatchPaused": BatchPaused,
    "BatchResumed": BatchResumed,
    "BatchCompleted": BatchCompleted,
    "BatchPartiallyCompleted": BatchPartiallyCompleted,
    "BatchFailed": BatchFailed,
    "BatchCancelled": BatchCancelled,
}
