"""What the use cases need from the outside world. Every adapter of a port passes the same contract suite.

Rules that hold for all: a tenant is the first argument or part of the key, and nothing of another tenant is ever
returned; a missing thing is None or NotFound as stated; foreign errors come out as `HeddleError`s.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from heddle.application.execution.step import RunRef, Work
from heddle.domain.events.envelope import Commit, Event, History, Metadata, Snapshot, StreamId
from heddle.domain.payload import PayloadRef

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A fact to append: stored type name, JSON data, time, and the version of its schema."""

    type: str
    data: dict[str, Any]
    occurred_at: datetime
    schema_version: int = 1


class EventStore(Protocol):
    """Append-only streams; a commit is the unit of writing and of concurrency."""

    def read(self, stream: StreamId, *, after: int = 0) -> History:
        """Return the events with version > `after`, oldest first, upcast to their newest schema. Strongly consistent.

        An unknown stream gives an empty history at version 0, commit 0.
        """
        ...

    def append(self, history: History, events: Sequence[NewEvent], metadata: Metadata) -> Commit:
        """Write all events as the commit after `history.commit`, or none.

        Raises VersionConflict if that commit exists, or if `history` is ahead of the stored stream (a gap).
        """
        ...

    def commits(self, stream: StreamId) -> Iterator[Commit]:
        """Yield every commit in order, with hashes, for verification and rebuilding."""
        ...

    def streams(self, tenant: str, type: str) -> Iterator[StreamId]:
        """Yield every stream of the tenant of that type, in no promised order: for rebuilding and verifying."""
        ...

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep the snapshot; an older one never replaces a newer one."""
        ...

    def snapshot(self, stream: StreamId, *, schema: int) -> Snapshot | None:
        """Return the newest snapshot of that schema, if there is one."""
        ...


class BlobStore(Protocol):
    """Bytes by key, below a prefix per tenant."""

    def put(self, tenant: str, data: bytes, *, media_type: str, prefix: str = "payloads") -> PayloadRef:
        """Store under `{tenant}/{prefix}/{sha256}`; putting the same bytes twice stores them once."""
        ...

    def get(self, tenant: str, key: str) -> bytes:
        """Return the bytes; NotFound if there are none or the key is not below the tenant's prefix."""
        ...

    def stat(self, tenant: str, key: str) -> "BlobInfo | None":
        """Return size and media type without reading the bytes."""
        ...

    def upload_url(self, tenant: str, filename: str, media_type: str, max_bytes: int) -> "Upload":
        """Return where and how to PUT a file of the user's; the URL ends after 15 minutes."""
        ...


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """Facts of a stored blob."""

    bytes: int
    media_type: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A presigned upload: `object` is the key to name in a run's input afterwards."""

    object: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    """A workflow as lists show it."""

    tenant: str
    id: str
    name: str
    description: str
    version: int
    labels: dict[str, str]
    created_at: datetime
    updated_at: datetime
    updated_by: str
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class VersionRow:
    """An immutable version: the document as saved (JSON form) and its compiled plan (JSON)."""

    tenant: str
    workflow_id: str
    version: int
    document: dict[str, Any]
    plan: dict[str, Any]
    created_at: datetime
    created_by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows and an opaque cursor to the next ones, or None at the end."""

    items: tuple[T, ...]
    cursor: str | None = None


class CatalogStore(Protocol):
    """Workflows and their immutable versions."""

    def save_version(self, row: WorkflowRow, version: VersionRow, *, expected_version: int) -> None:
        """Write workflow row and version together; VersionConflict unless the stored version is `expected_version`.

        `expected_version` 0 creates; creating an id that exists (deleted ones too) is a VersionConflict.
        """
        ...

    def workflow(self, tenant: str, workflow_id: str) -> WorkflowRow | None:
        """Return the row, deleted or not; None if it never was."""
        ...

    def version(self, tenant: str, workflow_id: str, version: int) -> VersionRow | None:
        """Return one version; versions of a deleted workflow stay readable, for its old runs."""
        ...

    def workflows(self, tenant: str, *, limit: int, cursor: str | None = None) -> Page[WorkflowRow]:
        """List workflows that are not deleted, newest change first."""
        ...

    def versions(self, tenant: str, workflow_id: str, *, limit: int, cursor: str | None = None) -> Page[VersionRow]:
        """List versions, newest first; `document` and `plan` are left empty in lists."""
        ...

    def delete(self, tenant: str, workflow_id: str, *, at: datetime, by: str) -> None:
        """Mark deleted; NotFound if absent; deleting twice is fine."""
        ...


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run as lists show it. `version` is the last stream version applied: rows and position are written together."""

    tenant: str
    id: str
    workflow_id: str
    workflow_version: int
    status: str
    version: int
    requested_at: str
    started_at: str | None = None
    ended_at: str | None = None
    mode: str | None = None
    reason: str | None = None
    duration_ms: float | None = None
    cost_usd: str = "0"
    labels: dict[str, str] = field(default_factory=dict)
    principal: str = ""
    trigger: str = "manual"
    error: dict[str, Any] | None = None
    nodes_total: int = 0
    nodes_done: int = 0
    nodes_failed: int = 0
    nodes_open: int = 0
    nodes_waiting: int = 0
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """One node of one run as the API shows it. `output` is JSON or a payload reference.

    `status` is pending, scheduled, waiting, retrying, completed, failed, skipped or cancelled.
    """

    node_id: str
    status: str
    attempt: int
    scheduled_at: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    duration_ms: float | None = None
    output: Any = None
    error: dict[str, Any] | None = None
    usage: dict[str, Any] = field(default_factory=dict)
    items_total: int | None = None
    items_done: int = 0
    skipped_reason: str | None = None
    cached: bool = False


class RunStore(Protocol):
    """The read model of runs, built by the projection; always rebuildable from the event store."""

    def position(self, tenant: str, run_id: str) -> int:
        """Return the stream version last applied, 0 if none."""
        ...

    def apply(
        self,
        summary: RunSummary,
        nodes: Sequence[NodeRecord],
        *,
        expected_position: int,
        status_before: str | None = None,
    ) -> bool:
        """Write summary (with its `version` as the new position) and changed nodes together.

        Returns False if the stored position is not `expected_position`: nothing is written, or, of more rows than a
        transaction takes, nothing that a reader of the position would build on. `status_before` is the status of the
        stored row, where the caller knows it: lists are then touched only if it changes.
        """
        ...

    def run(self, tenant: str, run_id: str) -> RunSummary | None:
        """Return one summary."""
        ...

    def nodes(self, tenant: str, run_id: str, *, only: Collection[str] | None = None) -> tuple[NodeRecord, ...]:
        """Return the run's node records by node id; `only` asks for some of them and reads no others."""
        ...

    def runs(
        self,
        tenant: str,
        *,
        limit: int,
        cursor: str | None = None,
        workflow_id: str | None = None,
        status: str | None = None,
    ) -> Page[RunSummary]:
        """List runs, newest request first; by workflow and by status through an index, never by scan."""
        ...


class RunSlots(Protocol):
    """At most n runs of a tenant at a time; the others wait in their own line, so nobody else waits for them."""

    def acquire(self, tenant: str, run_id: str, *, limit: int) -> bool:
        """Take a slot; True also if this run holds one already. Atomic."""
        ...

    def release(self, tenant: str, run_id: str) -> None:
        """Give the slot back; giving it twice, or one never taken, changes nothing."""
        ...

    def park(self, tenant: str, run_id: str, *, at: str, message: Mapping[str, Any]) -> None:
        """Put the run (with the queue message that would start it) into the tenant's waiting line, once."""
        ...

    def next_parked(self, tenant: str) -> Mapping[str, Any] | None:
        """Return the message of the run that has waited longest, leaving it in line."""
        ...

    def unpark(self, tenant: str, run_id: str) -> None:
        """Take the run out of the line; absent is fine."""
        ...


class TaskQueue(Protocol):
    """The one entrance of every start, retry, resume and recovery."""

    def send(self, run: RunRef, *, reason: str, delay_seconds: int = 0) -> None:
        """Ask for the run to be started or continued. Delivered at least once, fair by tenant."""
        ...


class Orchestrator(Protocol):
    """Starts and stops executions of the run state machine."""

    def start(self, name: str, work: Work, *, mode: str) -> str:
        """Start an execution called `name` in mode express or standard; starting a name twice starts once.

        Returns the execution's ARN.
        """
        ...

    def stop(self, execution: str, *, cause: str) -> None:
        """Stop an execution and its children; one that has ended is fine."""
        ...


@dataclass(frozen=True, slots=True)
class Callback:
    """A node that waits for the outside. `token` wakes its execution; `details` is what the API shows of it."""

    tenant: str
    run_id: str
    node_id: str
    attempt: int
    kind: str
    token: str | None
    created_at: str
    expires_at: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


class CallbackStore(Protocol):
    """Who waits, and the task token that wakes them. In the `runs` table, so it ends with the run."""

    def put(self, callback: Callback) -> None:
        """Keep the waiting node; putting it again replaces its token (a redelivery has a new one)."""
        ...

    def get(self, tenant: str, run_id: str, node_id: str) -> Callback | None:
        """Return the waiting node, if it still waits."""
        ...

    def delete(self, tenant: str, run_id: str, node_id: str) -> None:
        """Forget it; absent is fine."""
        ...

    def list(self, tenant: str, *, kind: str, limit: int, cursor: str | None = None) -> Page[Callback]:
        """List the tenant's waiting nodes of a kind, oldest first."""
        ...


class Waker(Protocol):
    """Wakes an execution that waits for a task token."""

    def wake(self, token: str) -> None:
        """Wake it; a token that was used or has timed out is fine."""
        ...


class Claims(Protocol):
    """At most one doer per (run, node, attempt, item), for nodes whose effects must not be repeated."""

    def claim(self, tenant: str, run_id: str, work: str, *, owner: str, at: str) -> str:
        """Return the owner who holds the claim: `owner` if it is ours (now or since an earlier call)."""
        ...


class NodeCache(Protocol):
    """Outputs of cached nodes by key, within a tenant, until their TTL."""

    def get(self, tenant: str, key: str, *, now: datetime) -> Any | None:
        """Return the stored {"output": …} or None; expired entries are None though not yet deleted."""
        ...

    def put(self, tenant: str, key: str, value: dict[str, Any], *, expires_at: datetime) -> None:
        """Keep the value until then."""
        ...


class IdempotencyStore(Protocol):
    """Which run an Idempotency-Key stands for, for 24 hours."""

    def claim(self, tenant: str, key: str, *, body_hash: str, run_id: str, now: datetime) -> str:
        """Return the run id that the key stands for: `run_id` if it is new, the earlier one if the body is the same.

        Raises IdempotencyMismatch if the key came with another body.
        """
        ...


class Secrets(Protocol):
    """A tenant's secrets by name."""

    def get(self, tenant: str, name: str) -> str:
        """Return the value; NotFound if the tenant has none of that name."""
        ...


class EventBus(Protocol):
    """EventBridge, or what stands for it."""

    def publish(self, events: Sequence[Event]) -> list[tuple[Event, str]]:
        """Publish all; return those that were refused, each with the reason. The reply is always read."""
        ...


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model answered: text, why it stopped, and what it used. Cost is decimal text in USD, None if unpriced."""

    text: str
    model: str
    provider: str
    stop_reason: str
    input_tokens: int
    output_tokens: int
    cost_usd: str | None = None
    citations: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One completion. `context` is passages ({"id", "text", "source"}) that the answer may draw on, by number.

    `max_sentences` is for the extractive provider, which counts in sentences rather than in tokens.
    """

    prompt: str
    system: str = ""
    context: tuple[dict[str, Any], ...] = ()
    max_tokens: int = 1024
    temperature: float | None = None
    model: str | None = None
    timeout: float = 60.0
    correlation_id: str = ""
    max_sentences: int = 8


class ModelProvider(Protocol):
    """One completion from one model. Raises NodeError with codes llm_rate_limited, llm_unavailable, llm_refused, …"""

    def complete(self, request: CompletionRequest) -> Completion:
        """Ask once; the adapter does not retry (the node's retry policy does)."""
        ...
