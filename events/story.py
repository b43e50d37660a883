"""One realistic event of each type, as written by runs of the example workflow: what the samples are made from.

Built with the event classes themselves, so a changed field is a type error here before it is a wrong sample.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from heddle.domain.events.batch_events import (
    BatchCancelled,
    BatchCompleted,
    BatchEvent,
    BatchFailed,
    BatchPartiallyCompleted,
    BatchPaused,
    BatchResumed,
    BatchSubmitted,
)
from heddle.domain.events.budget_events import (
    AiResumed,
    AiStopped,
    BudgetApprovalGranted,
    BudgetDeleted,
    BudgetEvent,
    BudgetSet,
    BudgetThresholdReached,
)
from heddle.domain.events.codec import encode, schema_version
from heddle.domain.events.conversation_events import ConversationEnded, ConversationEvent, ModelCalled, ToolCalled
from heddle.domain.events.document_events import DocumentDeleted, DocumentEvent, DocumentFailed, DocumentIngested
from heddle.domain.events.envelope import Event, Metadata, StreamId
from heddle.domain.events.run_events import (
    NodeCancelled,
    NodeCompleted,
    NodeFailed,
    NodeItemsCompleted,
    NodeItemsPlanned,
    NodeScheduled,
    NodeSkipped,
    NodeWaiting,
    RunCancellationRequested,
    RunCancelled,
    RunContinued,
    RunEvent,
    RunFailed,
    RunRequested,
    RunResumed,
    RunStarted,
    RunSucceeded,
)

START = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
RUN = "01KAGN5XG0W3V9ZJ8Q4T7C2M6B"
STREAM = StreamId("acme", "run", RUN)
CONVERSATION = StreamId("acme", "conversation", f"{RUN}.write_brief")
BUDGET = StreamId("acme", "budget", "research-month")
DOCUMENT = StreamId("acme", "document", "doc_01KAGN5XG0W3V9ZJ8Q4T7C2M6B")
BATCH = StreamId("acme", "batch", "batch_01KAGN5XG0W3V9ZJ8Q4T7C2M6B")
WHO = Metadata("c-6f2d1c7e", None, "user:ada@acme.example", "heddle")
USAGE = {"input_tokens": 1840, "output_tokens": 212, "cost_usd": "0.00871"}


def _at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


def _events() -> list[tuple[float, RunEvent]]:
    return [
        (
            0,
            RunRequested(
                workflow_id="research-brief",
                workflow_version=3,
                input={"question": "What limits the range of an electric ferry?", "documents": [{"object": "acme/…"}]},
                requested_at=_at(0),
                mode="express",
                labels={"team": "research"},
                priority="high",
            ),
        ),
        (
            0.2,
            RunStarted(
                mode="express",
                reason="nothing waits, and the budgeted time is under five minutes",
                started_at=_at(0.2),
                execution=RUN,
                deadline=_at(3600.2),
            ),
        ),
        (0.2, NodeScheduled("parse_documents", 1, "0", _at(0.2))),
        (0.3, NodeItemsPlanned("parse_documents", 1, count=3, chunk=1, items=[{"object": "acme/…"}], at=_at(0.3))),
        (
            0.9,
            NodeItemsCompleted(
                "parse_documents", 1, start=0, stop=1, results=[{"output": {"title": "Ferries"}}], at=_at(0.9)
            ),
        ),
        (
            2.4,
            NodeCompleted(
                "write_brief",
                1,
                output={"text": "Battery mass limits range [1]."},
                started_at=_at(1.1),
                finished_at=_at(2.4),
                duration_ms=1300.0,
                usage=USAGE,
            ),
        ),
        (
            2.6,
            NodeFailed(
                "fetch_prices",
                1,
                code="http_status",
                message="the server answered 503",
                retryable=True,
                at=_at(2.6),
                retry_in=0.2,
                duration_ms=95.0,
            ),
        ),
        (2.7, NodeSkipped("revise", "branch", _at(2.7))),
        (
            2.8,
            NodeWaiting(
                "sign_off", 1, "approval", _at(2.8), until=_at(86402.8), details={"title": "Publish this brief?"}
            ),
        ),
        (3.0, RunContinued(f"{RUN}.c", _at(3.0))),
        (9.0, RunSucceeded({"brief": "Battery mass limits range [1]."}, _at(9.0), 9000.0, usage=USAGE)),
        (
            9.0,
            RunFailed(
                "http_status",
                "the server answered 503",
                _at(9.0),
                9000.0,
                node_id="fetch_prices",
                details={"status": 503},
            ),
        ),
        (60.0, RunResumed(("fetch_prices",), "user:ada@acme.example", _at(60.0))),
        (61.0, RunCancellationRequested("no longer needed", "user:ada@acme.example", _at(61.0))),
        (61.5, NodeCancelled("sign_off", _at(61.5))),
        (62.0, RunCancelled("no longer needed", _at(62.0), 62000.0)),
    ]


def _conversation() -> list[tuple[float, ConversationEvent]]:
    call = {"type": "tool_call", "id": "t1", "name": "search", "arguments": {"query": "ferry range"}, "raw": ""}
    return [
        (
            1.6,
            ModelCalled(
                step=1,
                attempt=1,
                provider="anthropic",
                model="claude-haiku-4-5",
                request_hash="9b0c7f2e1d5a",
                answer={"text": "", "tool_calls": [call], "stop_reason": "tool_use", "citations": []},
                at=_at(1.6),
                duration_ms=480.0,
                usage=USAGE,
                alias="fast",
                prompt={"name": "researcher", "version": 4, "hash": "51f0a7c3"},
            ),
        ),
        (1.7, ToolCalled(1, 1, "t1", "search", {"query": "ferry range"}, "3 passages", False, _at(1.7), 12.0)),
        (2.3, ConversationEnded(1, "completed", _at(2.3))),
    ]


def _budget() -> list[tuple[float, BudgetEvent]]:
    budget = {"id": "research-month", "scope": "workflow", "subject": "research-brief", "limit_usd": "20"}
    return [
        (-900, BudgetSet("research-month", 1, budget, _at(-900))),
        (
            2.4,
            BudgetThresholdReached(
                budget_id="research-month",
                scope="workflow",
                subject="research-brief",
                period="month",
                window="2026-11",
                percent=80,
                kind="critical",
                spent_usd="16.00412",
                limit_usd="20",
                at=_at(2.4),
            ),
        ),
        (
            70.0,
            BudgetApprovalGranted("research-month", "research-brief", "2026-11", "5", f"{RUN}.write_brief", _at(70.0)),
        ),
        (80.0, AiStopped("research-brief", "it writes in circles", _at(80.0))),
        (90.0, AiResumed("research-brief", "the prompt was mended", _at(90.0))),
        (95.0, BudgetDeleted("research-month", 1, _at(95.0))),
    ]


def _document() -> list[tuple[float, DocumentEvent]]:
    first, second = f"{DOCUMENT.id}-1-1", f"{DOCUMENT.id}-2-1"
    return [
        (
            2,
            DocumentIngested(
                document_id=DOCUMENT.id,
                version=1,
                ingest_id=first,
                title="On looms",
                media_type="application/pdf",
                language="en",
                chunks=14,
                embedded_by="extractive/hashed-1",
                cost_usd="0",
                at=_at(2),
            ),
        ),
        (60, DocumentFailed(DOCUMENT.id, 2, second, "document_encrypted", "the document needs a password", _at(60))),
        (90, DocumentDeleted(DOCUMENT.id, "On looms", _at(90))),
    ]


def _batch() -> list[tuple[float, BatchEvent]]:
    name, operation = "autumn archive", "analyze"

    def end(kind: type[Any], seconds: float, succeeded: int, failed: int) -> tuple[float, BatchEvent]:
        skipped = 100 - succeeded - failed
        return seconds, kind(BATCH.id, name, operation, 100, succeeded, failed, skipped, _at(seconds))

    return [
        (0, BatchSubmitted(BATCH.id, name, operation, {"items": 100}, 10, _at(0))),
        (3, BatchPaused(BATCH.id, _at(3))),
        (60, BatchResumed(BATCH.id, _at(60))),
        end(BatchPartiallyCompleted, 70, 97, 3),
        # How else it might have ended.
        end(BatchCompleted, 71, 100, 0),
        end(BatchFailed, 72, 0, 1),
        end(BatchCancelled, 73, 40, 0),
    ]


def samples() -> dict[str, Event]:
    """Return one whole event by type name."""
    return (
        _whole(STREAM, _events(), 0)
        | _whole(CONVERSATION, _conversation(), 100)
        | _whole(BUDGET, _budget(), 200)
        | _whole(DOCUMENT, _document(), 300)
        | _whole(BATCH, _batch(), 400)
    )


def _whole(stream: StreamId, events: Sequence[tuple[float, Any]], first_id: int) -> dict[str, Event]:
    made = {}
    for version, (seconds, event) in enumerate(events, 1):
        name, data = encode(event)
        made[name] = Event(
            id=f"01KAGN5XG0000000000000{first_id + version:04d}",
            stream=stream,
            version=version,
            type=name,
            schema_version=schema_version(name),
            data=data,
            metadata=WHO,
            occurred_at=START + timedelta(seconds=seconds),
        )
    return made
