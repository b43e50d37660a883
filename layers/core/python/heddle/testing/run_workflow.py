"""Running a workflow to its end in this process: for users' tests, dry runs and benchmarks."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from heddle import records
from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.adapters.memory.cache import MemoryNodeCache
from heddle.adapters.memory.claims import MemoryClaims
from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.memory.secrets import MemorySecrets
from heddle.application.execution.in_process import InProcessDriver, Pace
from heddle.application.execution.payloads import PayloadCache, Payloads
from heddle.application.execution.plans import FixedPlans
from heddle.application.execution.session import RunLog
from heddle.application.execution.settings import IN_PROCESS, ExecutionSettings
from heddle.application.execution.settle import Outcome, settle_node
from heddle.application.execution.step import RunRef, Work
from heddle.application.execution.strand import StrandRunner
from heddle.application.ports.attempts import Claims, NodeCache
from heddle.application.ports.blobs import BlobStore
from heddle.application.ports.events import EventStore, NewEvent
from heddle.domain.engine.plan import Plan
from heddle.domain.engine.state import HOLD, RunState
from heddle.domain.events.codec import decode, encode
from heddle.domain.events.envelope import Event, History, Metadata, StreamId
from heddle.domain.events.run_events import RunEvent, RunRequested
from heddle.domain.nodes.cheap import ENGINE_RUNNERS
from heddle.domain.nodes.spec import EngineRunner, NodeRunners
from heddle.testing.virtual_time import VirtualTime

TENANT = "test"
WORKFLOW = "workflow"


@records.dataclass(frozen=True, slots=True)
class WaitingNode:
    """A node that waits for someone: kind is approval, workflow or hold. `item` within a for_each.

    `config` is rendered; of a node on hold it is what the node waits to be allowed.
    """

    run_id: str
    node_id: str
    kind: str
    config: Mapping[str, Any]
    item: int | None = None


Decide = Callable[[WaitingNode], Outcome | None]
"""Decides what becomes of a waiting node; None lets its time run out."""


@dataclass(frozen=True)
class FinishedRun:
    """A run that is over. `output` is loaded, whatever its size."""

    status: str
    output: Any
    error: dict[str, Any] | None
    state: RunState
    plan: Plan
    id: str
    history: Callable[[], tuple[Event, ...]] = field(repr=False, compare=False)

    @cached_property
    def events(self) -> tuple[RunEvent, ...]:
        """The whole history, without envelopes."""
        return tuple(decode(event.type, event.data, event.schema_version) for event in self.history())

    def output_of(self, node_id: str) -> Any:
        """Return a node's output as the history has it: JSON, or a reference's JSON if it is large."""
        return self.state.node(node_id).output

    def statuses(self) -> dict[str, str]:
        """Return every node's status, by id."""
        return {node: self.state.node(node).status for node in self.plan.order}


def _nobody(waiting: WaitingNode) -> None:
    return None


@dataclass
class Workbench:
    """Everything a run needs, in memory; each part can be given. `time` makes waiting take no time."""

    plan: Plan
    runners: NodeRunners = field(default_factory=dict)
    engine_runners: Mapping[str, EngineRunner] = field(default_factory=lambda: ENGINE_RUNNERS)
    decide: Decide = _nobody
    secrets: Mapping[str, str] = field(default_factory=dict)
    time: VirtualTime | None = None
    settings: ExecutionSettings = IN_PROCESS
    concurrency: int = 64
    chance: Callable[[], float] = random.random
    store: EventStore = field(default_factory=MemoryEventStore)
    blobs: BlobStore = field(default_factory=MemoryBlobStore)
    cache: NodeCache = field(default_factory=MemoryNodeCache)
    claims: Claims = field(default_factory=MemoryClaims)

    def now(self) -> datetime:
        """Return the time of this bench."""
        return self.time.now() if self.time is not None else datetime.now(UTC)

    def runner(self, **changes: Any) -> StrandRunner:
        """Return a kernel over this bench's stores; two of them stand for two containers."""
        parts: dict[str, Any] = {
            "store": self.store,
            "blobs": self.blobs,
            "plans": FixedPlans({WORKFLOW: self.plan}),
            "engine_runners": self.engine_runners,
            "runners": self.runners,
            "hosted": frozenset(node.function for node in self.plan.nodes.values() if node.function),
            "cache": self.cache,
            "claims": self.claims,
            "secrets": MemorySecrets({(TENANT, name): value for name, value in self.secrets.items()}),
            "now": self.now,
            "monotonic": self.time.monotonic if self.time is not None else time.monotonic,
            "sleep": self.time.sleep if self.time is not None else time.sleep,
            "chance": self.chance,
            "new_id": lambda: f"{random.getrandbits(64):016x}",
            "settings": self.settings,
        }
        return StrandRunner(**(parts | changes))

    def request(self, input: Any = None, run_id: str = "run-1", **fields: Any) -> RunRef:
        """Record that a run is wanted; returns which."""
        run: RunRef = {"tenant": TENANT, "id": run_id, "correlation_id": run_id}
        stored = Payloads(TENANT, self.blobs, PayloadCache(), 2**31).store({} if input is None else input)
        name, data = encode(RunRequested(WORKFLOW, 1, stored, self.now().isoformat(), mode="inline", **fields))
        history = History(StreamId(TENANT, "run", run_id), ())
        self.store.append(history, [NewEvent(name, data, self.now())], Metadata(run_id))
        return run

    def drive(self, run: RunRef, runner: StrandRunner | None = None) -> FinishedRun:
        """Drive a requested or resumed run to its end."""
        kernel = self.runner() if runner is None else runner
        pace: Any = self.time if self.time is not None else Pace(time.sleep)
        waiting = _Waiting(self, kernel)
        InProcessDriver(kernel, pace, waiting, self.concurrency).run(run)
        return self.finished(run, kernel.log)

    def finished(self, run: RunRef, log: RunLog | None = None) -> FinishedRun:
        """Return the run as its history has it now."""
        log = self.runner().log if log is None else log
        session = log.open(run["tenant"], run["id"], Metadata(run["correlation_id"]))
        state = session.state
        payloads = Payloads(run["tenant"], self.blobs, PayloadCache(), 2**31)
        output = payloads.load(state.output)
        return FinishedRun(
            state.status, output, state.error, state, self.plan, run["id"], history=lambda: self.history(run)
        )

    def history(self, run: RunRef) -> tuple[Event, ...]:
        """Return the run's events with their envelopes."""
        return self.store.read(StreamId(run["tenant"], "run", run["id"])).events


@dataclass
class _Waiting:
    """Asks the bench's `decide` about a node that waits, and settles it with the answer."""

    bench: Workbench
    kernel: StrandRunner

    def __call__(self, work: Work, timeout: float) -> bool:
        node_id, item = work["node"], work.get("start")
        kind, config = self.bench.plan.nodes[node_id].type, self.kernel.waiting_config(work)
        state = self.bench.finished(work["run"], self.kernel.log).state.node(node_id)
        if state.kind == HOLD:
            kind, config = HOLD, dict(state.details or {})
        outcome = self.bench.decide(WaitingNode(work["run"]["id"], node_id, kind, config, item))
        if outcome is None:
            (self.bench.time.sleep if self.bench.time is not None else time.sleep)(timeout)
            return False
        run = work["run"]
        metadata = Metadata(run["correlation_id"], principal="test")
        settle_node(
            self.kernel.log,
            run["tenant"],
            run["id"],
            node_id,
            outcome,
            now=self.bench.now(),
            metadata=metadata,
            item=item,
        )
        return True


def run_workflow(
    workflow: Plan | Mapping[str, Any] | str, input: Any = None, *, run_id: str = "run-1", **parts: Any
) -> FinishedRun:
    """Run a workflow (a plan, or a document as an object or as YAML) over `input` to its end and return what came.

    `runners` do the node types that functions host; the cheap ones are built in. `decide` answers approvals and
    sub-runs; `secrets`, `time` (a `VirtualTime`), `settings`, `store`, … as in `Workbench`. A document is compiled and
    the input checked as the API does: raises InvalidWorkflow, InvalidInput.
    """
    if isinstance(workflow, Plan):
        plan = workflow
    else:
        # Only documents need the compiler, and with it pydantic.
        from heddle.domain.engine.compile import compile_workflow
        from heddle.domain.workflow.definition import parse_document
        from heddle.domain.workflow.input_schema import validate_input

        plan = compile_workflow(parse_document(workflow))
        input = validate_input(plan.input_schema, input)
    bench = Workbench(plan, **parts)
    return bench.drive(bench.request(input, run_id))
