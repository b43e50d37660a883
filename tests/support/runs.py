"""A stage in memory for tests of the use cases of runs: real stores, the real kernel, a clock that is set by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.adapters.memory.cache import MemoryNodeCache
from heddle.adapters.memory.callbacks import MemoryCallbackStore
from heddle.adapters.memory.catalog import MemoryCatalogStore
from heddle.adapters.memory.claims import MemoryClaims
from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.memory.execution import MemoryOrchestrator, MemoryTaskQueue, MemoryWaker
from heddle.adapters.memory.idempotency import MemoryIdempotencyStore
from heddle.adapters.memory.limits import MemoryTenantLimits
from heddle.adapters.memory.rates import MemoryRateStore
from heddle.adapters.memory.secrets import MemorySecrets
from heddle.adapters.memory.slots import MemoryRunSlots
from heddle.application.execution.plans import CatalogPlans
from heddle.application.execution.step import RunRef, Step, Work
from heddle.application.execution.strand import StrandRunner
from heddle.application.ports.catalog import VersionRow, WorkflowRow
from heddle.application.runs.cancel_run import CancelRun
from heddle.application.runs.decide_approval import DecideApproval
from heddle.application.runs.dispatch_run import DispatchRun
from heddle.application.runs.execute_inline import ExecuteInline
from heddle.application.runs.finish_child import FinishChild
from heddle.application.runs.free_slot import FreeSlot
from heddle.application.runs.read_run import ReadRun
from heddle.application.runs.register_callback import RegisterCallback
from heddle.application.runs.release_run import ReleaseRun
from heddle.application.runs.request_run import RequestedRun, RequestRun
from heddle.application.runs.resume_run import ResumeRun
from heddle.application.runs.retry_run import RetryRun
from heddle.application.runs.stop_waiting import StopWaiting
from heddle.application.workflows.check_input import check_input
from heddle.domain.engine.plan import Plan, PlanNode
from heddle.domain.engine.plan_json import plan_to_json
from heddle.domain.engine.state import RunState
from heddle.domain.events.envelope import Metadata, StreamId
from heddle.domain.limits import Limits
from heddle.domain.nodes.cheap import ENGINE_RUNNERS
from heddle.domain.nodes.spec import NodeRunners

TENANT, WORKFLOW = "acme", "wf-1"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def approval(node_id: str, **config: Any) -> PlanNode:
    """Return a node that waits for a person."""
    return PlanNode(node_id, "approval", "callback", {"message": "go on?", **config}, timeout=3600.0)


def sub_run(node_id: str, workflow_id: str, input: Any = None, **fields: Any) -> PlanNode:
    """Return a node that runs another workflow."""
    config = {"workflow_id": workflow_id, "input": input or {}}
    return PlanNode(node_id, "workflow", "callback", config, timeout=3600.0, **fields)


def anybody(approvers: object) -> None:
    """Let anybody decide what waits."""


@dataclass
class Stage:
    """Every use case over the same stores."""

    runners: NodeRunners = field(default_factory=dict)
    tenant_concurrency: int = 2
    at: datetime = NOON
    ids: int = 0
    events: MemoryEventStore = field(default_factory=MemoryEventStore)
    blobs: MemoryBlobStore = field(default_factory=MemoryBlobStore)
    catalog: MemoryCatalogStore = field(default_factory=MemoryCatalogStore)
    slots: MemoryRunSlots = field(default_factory=MemoryRunSlots)
    callbacks: MemoryCallbackStore = field(default_factory=MemoryCallbackStore)
    idempotency: MemoryIdempotencyStore = field(default_factory=MemoryIdempotencyStore)
    queue: MemoryTaskQueue = field(default_factory=MemoryTaskQueue)
    orchestrator: MemoryOrchestrator = field(default_factory=MemoryOrchestrator)
    rates: MemoryRateStore = field(default_factory=MemoryRateStore)
    waker: MemoryWaker = field(default_factory=MemoryWaker)
    allowed: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        plans = CatalogPlans(self.catalog)
        self.kernel = StrandRunner(
            store=self.events,
            blobs=self.blobs,
            plans=plans,
            engine_runners=ENGINE_RUNNERS,
            runners=self.runners,
            hosted=frozenset({"fn"}) if self.runners else frozenset(),
            cache=MemoryNodeCache(),
            claims=MemoryClaims(),
            secrets=MemorySecrets(),
            now=self.now,
            monotonic=self.monotonic,
            sleep=self.sleep,
            chance=lambda: 0.5,
            new_id=self.new_id,
        )
        runs = self.kernel.log
        self.stop_waiting = StopWaiting(runs, self.callbacks, self.waker)
        self.free_slot = FreeSlot(self.slots, self.queue)
        self.request = RequestRun(
            self.catalog, self.events, self.blobs, self.idempotency, self.queue, check_input, self.new_id, self.now
        )
        self.limits = MemoryTenantLimits(Limits(concurrent_runs=self.tenant_concurrency))
        self.inline = ExecuteInline(self.kernel.step, self.sleep, self.monotonic)
        self.dispatch = DispatchRun(
            runs,
            self.slots,
            self.free_slot,
            self.orchestrator,
            self.queue,
            self.inline,
            self.limits,
            self.rates,
            self.now,
            chance=lambda: 0.5,
            event_budget=20_000,
        )
        self.cancel = CancelRun(runs, self.stop_waiting, self.now)
        self.resume = ResumeRun(runs, self.queue, self.orchestrator, self.now)
        self.retry = RetryRun(self.events, self.blobs, self.resume, self.request)
        self.decide = DecideApproval(runs, self.blobs, self.callbacks, self.waker, self.now, self.allow)
        self.finish_child = FinishChild(runs, self.callbacks, self.waker, self.now)
        self.register = RegisterCallback(
            runs,
            self.blobs,
            self.callbacks,
            self.waker,
            self.request,
            self.finish_child,
            self.free_slot,
            self.kernel.waiting_config,
            self.now,
        )
        self.release = ReleaseRun(runs, self.free_slot, self.stop_waiting, self.orchestrator, self.now)
        self.read = ReadRun(self.events, plans)

    def allow(self, tenant: str, details: Mapping[str, Any], *, by: str, correlation_id: str) -> None:
        """Keep what was allowed, and by whom."""
        self.allowed.append((tenant, dict(details), by))

    def now(self) -> datetime:
        """Return the time that the test has set."""
        return self.at

    def monotonic(self) -> float:
        """Return the same in seconds."""
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.at += timedelta(seconds=seconds)

    def new_id(self) -> str:
        """Return the next id, as long as a ULID."""
        self.ids += 1
        return f"01JTESTRUN{self.ids:016d}"

    def save(
        self,
        plan: Plan,
        workflow_id: str = WORKFLOW,
        *,
        mode: str = "standard",
        schema: Mapping[str, Any] | None = None,
    ) -> None:
        """Save a workflow as its only version."""
        modes = {"inline": ("inline", "express", "standard"), "express": ("express", "standard")}.get(mode, (mode,))
        stored = plan_to_json(replace(plan, mode=mode, modes=modes, input_schema=dict(schema or {})))
        row = WorkflowRow(TENANT, workflow_id, workflow_id, "", 1, {}, NOON, NOON, "user:1")
        version = VersionRow(TENANT, workflow_id, 1, {}, stored, NOON, "user:1")
        self.catalog.save_version(row, version, expected_version=0)

    def start(self, input: Any = None, **fields: Any) -> RunRef:
        """Request a run of the saved workflow; returns which."""
        requested = self.ask(input, **fields)
        return {"tenant": TENANT, "id": requested.run_id, "correlation_id": "c-1"}

    def ask(self, input: Any = None, **fields: Any) -> RequestedRun:
        """Request a run and return the answer."""
        workflow_id = fields.pop("workflow_id", WORKFLOW)
        values = {"principal": "user:1", "correlation_id": "c-1", **fields}
        return self.request(TENANT, workflow_id, {} if input is None else input, **values)

    def begin(self, run: RunRef) -> Step:
        """Do what the state machine does first."""
        return self.kernel.step(first_work(run))

    def state(self, run: RunRef | str) -> RunState:
        """Return the run's state."""
        run_id = run if isinstance(run, str) else run["id"]
        return self.kernel.log.open(TENANT, run_id, Metadata("c-1")).state

    def types(self, run: RunRef) -> list[str]:
        """Return the types of the run's events, in order."""
        return [event.type for event in self.events.read(StreamId(TENANT, "run", run["id"])).events]


def first_work(run: RunRef, *, events_left: int = 20_000) -> Work:
    """Return the work that an execution begins with, and how many events it may still have."""
    return {"run": run, "strand": {"id": "0", "until": None, "level": 0, "events_left": events_left}, "do": "start"}


__all__ = ["NOON", "TENANT", "WORKFLOW", "Stage", "approval", "first_work", "sub_run"]
