"""Who emits each event and who reacts to it: the one place, from which the catalogue is written.

A test holds it against the event classes, so an event without an entry does not pass.
"""

from dataclasses import dataclass

EVERYONE = ("functions/projections/runs",)
ENDED = ("functions/projections/runs", "functions/queue/release_run", "functions/engine/finish_child")
STRAND = ("functions/engine/advance", "functions/nodes/*")


@dataclass(frozen=True)
class Entry:
    """`emitted_by` and `reacts` name folders of functions."""

    emitted_by: tuple[str, ...]
    reacts: tuple[str, ...] = EVERYONE


MODELS = ("functions/nodes/llm", "functions/nodes/llm_openai", "functions/nodes/llm_anthropic")
BATCH_WORKERS = (
    "functions/content/analyze_batch",
    "functions/content/ingest_batch",
    "functions/content/keep_batch_item",
)
NOBODY: tuple[str, ...] = ()

REGISTRY: dict[str, Entry] = {
    "RunRequested": Entry(("functions/api/rest", "functions/engine/callbacks")),
    "RunStarted": Entry(STRAND),
    "RunContinued": Entry(STRAND),
    "NodeScheduled": Entry(STRAND),
    "NodeWaiting": Entry(STRAND),
    "NodeItemsPlanned": Entry(STRAND),
    "NodeItemsCompleted": Entry(STRAND),
    "NodeCompleted": Entry((*STRAND, "functions/api/rest", "functions/engine/finish_child")),
    "NodeFailed": Entry((*STRAND, "functions/engine/finish_child")),
    "NodeSkipped": Entry(STRAND),
    "NodeCancelled": Entry((*STRAND, "functions/api/rest")),
    "RunCancellationRequested": Entry(("functions/api/rest",)),
    "RunCancelled": Entry((*STRAND, "functions/api/rest"), ENDED),
    "RunSucceeded": Entry(STRAND, ENDED),
    "RunFailed": Entry(STRAND, ENDED),
    "RunResumed": Entry(("functions/api/rest",)),
    "ModelCalled": Entry(MODELS, NOBODY),
    "ToolCalled": Entry(MODELS, NOBODY),
    "ConversationEnded": Entry(MODELS, NOBODY),
    "DocumentIngested": Entry(("functions/content/store_document",), NOBODY),
    "DocumentFailed": Entry(("functions/content/fail_document",), NOBODY),
    "DocumentDeleted": Entry(("functions/content/documents",), NOBODY),
    "BatchSubmitted": Entry(("functions/api/rest",), NOBODY),
    "BatchPaused": Entry(("functions/api/rest",), NOBODY),
    "BatchResumed": Entry(("functions/api/rest",), NOBODY),
    "BatchCompleted": Entry(BATCH_WORKERS, NOBODY),
    "BatchPartiallyCompleted": Entry(BATCH_WORKERS, NOBODY),
    "BatchFailed": Entry(BATCH_WORKERS, NOBODY),
    "BatchCancelled": Entry(("functions/api/rest", *BATCH_WORKERS), NOBODY),
    "BudgetSet": Entry(("functions/api/rest",), NOBODY),
    "BudgetDeleted": Entry(("functions/api/rest",), NOBODY),
    "BudgetThresholdReached": Entry((*MODELS, "functions/ops/sweep_reservations"), NOBODY),
    "BudgetApprovalGranted": Entry(("functions/api/rest",), NOBODY),
    "AiStopped": Entry(("functions/api/rest",), NOBODY),
    "AiResumed": Entry(("functions/api/rest",), NOBODY),
}
