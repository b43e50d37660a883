"""The facts of a run. Names are stored for ever: a class may move, its name in `EVENT_TYPES` may not.

Payload fields (`input`, `output`, `fallback`…) hold JSON, or the `{"$ref": …}` of `heddle.domain.payload` when large.
Times are ISO 8601 strings in UTC; they are given by the caller, never read here.
"""

from dataclasses import field
from typing import Any

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class RunRequested:
    """Someone asked for a workflow version to run. Always the first event.

    `requested_by` is the user or key that the whole tree of runs is for: of a sub-run, whoever asked for `root_run_id`,
    the run at the top, whose `budget_usd` (decimal text) covers its sub-runs too. `trigger_chain` are the ids of the
    triggers that led here, the one that fired last. `priority` is high, normal or low.
    """

    workflow_id: str
    workflow_version: int
    input: Any
    requested_at: str
    mode: str = "auto"
    labels: dict[str, str] = field(default_factory=dict)
    trigger: str = "manual"
    live: bool = False
    budget_usd: str | None = None
    parent_run_id: str | None = None
    parent_node_id: str | None = None
    parent_item: int | None = None
    retry_of: str | None = None
    depth: int = 0
    requested_by: str = ""
    root_run_id: str | None = None
    trigger_chain: tuple[str, ...] = ()
    priority: str = "normal"


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A driver picked the run up; `mode` is inline, express or standard, `reason` says why."""

    mode: str
    reason: str
    started_at: str
    execution: str | None = None
    deadline: str | None = None


@dataclass(frozen=True, slots=True)
class RunContinued:
    """The run goes on in another execution, because the history of the one before neared the service's limit."""

    execution: str
    at: str


@dataclass(frozen=True, slots=True)
class NodeScheduled:
    """The node's dependencies are settled; `strand` carries it out. Attempts count from 1."""

    node_id: str
    attempt: int
    strand: str
    at: str


@dataclass(frozen=True, slots=True)
class NodeWaiting:
    """The node waits for something outside: kind is delay, approval, workflow, hold. `details` says what, JSON.

    A node on hold goes on if a person allows it; it is then scheduled again.

    `details` is the node's rendered config, or the reference to it if it is large. `strand` goes on afterwards.
    """

    node_id: str
    attempt: int
    kind: str
    at: str
    until: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    strand: str = ""


@dataclass(frozen=True, slots=True)
class NodeItemsPlanned:
    """A for_each node knows its items: `count` items in chunks of `chunk`; `items` is the list or its reference."""

    node_id: str
    attempt: int
    count: int
    chunk: int
    items: Any
    at: str


@dataclass(frozen=True, slots=True)
class NodeItemsCompleted:
    """Items start..stop-1 of a for_each node are done; `results` is a list of {"output"} or {"error"} in order."""

    node_id: str
    attempt: int
    start: int
    stop: int
    results: Any
    at: str
    usage: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NodeCompleted:
    """The node has its output. `route` names the branches a router chose; `usage`: tokens and `cost_usd`."""

    node_id: str
    attempt: int
    output: Any
    started_at: str
    finished_at: str
    duration_ms: float
    route: tuple[str, ...] | None = None
    usage: dict[str, Any] = field(default_factory=dict)
    cached: bool = False


@dataclass(frozen=True, slots=True)
class NodeFailed:
    """An attempt failed. `retry_in` (seconds) is set if another attempt follows.

    Otherwise `handled` says what on_error made of it: "fail", "continue" (output is then `output`) or "route".
    With `retry_in`, `handled` "lost" says that the function died, and "allowed" that a person let the node go on: such
    an attempt does not count against the policy.
    """

    node_id: str
    attempt: int
    code: str
    message: str
    retryable: bool
    at: str
    retry_in: float | None = None
    handled: str | None = None
    output: Any = None
    duration_ms: float | None = None


@dataclass(frozen=True, slots=True)
class NodeSkipped:
    """The node will not run: reason is "condition", "branch" (no live incoming edge) or "upstream"."""

    node_id: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class NodeCancelled:
    """The run ended before the node did."""

    node_id: str
    at: str


@dataclass(frozen=True, slots=True)
class RunCancellationRequested:
    """Someone asked the run to stop; nothing new starts after this."""

    reason: str
    requested_by: str
    at: str


@dataclass(frozen=True, slots=True)
class RunCancelled:
    """The run stopped on request."""

    reason: str
    at: str
    duration_ms: float


@dataclass(frozen=True, slots=True)
class RunSucceeded:
    """Every node is settled and the outputs mapping gave `output`."""

    output: Any
    at: str
    duration_ms: float
    usage: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunFailed:
    """The run cannot go on. `node_id` is the culprit, if it was a node."""

    code: str
    message: str
    at: str
    duration_ms: float
    node_id: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunResumed:
    """A run that failed, timed out or was cancelled goes on from where it stopped; `nodes` get a fresh attempt."""

    nodes: tuple[str, ...]
    requested_by: str
    at: str
    number: int = 1


RunEvent = (
    RunRequested
    | RunStarted
    | RunContinued
    | NodeScheduled
    | NodeWaiting
    | NodeItemsPlanned
    | NodeItemsCompleted
    | NodeCompleted
    | NodeFailed
    | NodeSkipped
    | NodeCancelled
    | RunCancellationRequested
    | RunCancelled
    | RunSucceeded
    | RunFailed
    | RunResumed
)

EVENT_TYPES: dict[str, type[Any]] = {
    "RunRequested": RunRequested,
    "RunStarted": RunStarted,
    "RunContinued": RunContinued,
    "NodeScheduled": NodeScheduled,
    "NodeWaiting": NodeWaiting,
    "NodeItemsPlanned": NodeItemsPlanned,
    "NodeItemsCompleted": NodeItemsCompleted,
    "NodeCompleted": NodeCompleted,
    "NodeFailed": NodeFailed,
    "NodeSkipped": NodeSkipped,
    "NodeCancelled": NodeCancelled,
    "RunCancellationRequested": RunCancellationRequested,
    "RunCancelled": RunCancelled,
    "RunSucceeded": RunSucceeded,
    "RunFailed": RunFailed,
    "RunResumed": RunResumed,
}

TERMINAL_EVENTS = frozenset({"RunSucceeded", "RunFailed", "RunCancelled"})
