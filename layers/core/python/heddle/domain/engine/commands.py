"""What a run can be told. Commands carry times, and chance where needed: deciding reads no clock and rolls no dice.

`strand` names the strand that speaks: nodes made ready are scheduled for it, or for the forefather that waits at their
join. Where it is None (someone outside settles a waiting node), the strand that carries the node is meant.
Times are ISO 8601 strings in UTC.
"""

from dataclasses import field
from typing import Any

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class StartRun:
    """A driver picks the run up. `deadline` is when the run's timeout strikes."""

    mode: str
    reason: str
    at: str
    deadline: str | None = None
    execution: str | None = None


@dataclass(frozen=True, slots=True)
class ContinueRun:
    """The run goes on in another execution."""

    execution: str
    at: str


@dataclass(frozen=True, slots=True)
class CompleteNode:
    """The attempt gave an output (JSON, or a payload reference's JSON)."""

    node_id: str
    attempt: int
    output: Any
    started_at: str
    at: str
    duration_ms: float
    route: tuple[str, ...] | None = None
    usage: dict[str, Any] = field(default_factory=dict)
    cached: bool = False
    strand: str | None = None


@dataclass(frozen=True, slots=True)
class FailNode:
    """The attempt failed. `chance` (0..1) jitters the delay of a retry: 0.5 is no jitter.

    `retry_after` (seconds) is a floor under that delay; `final` forbids another attempt, whatever the policy says.
    """

    node_id: str
    attempt: int
    code: str
    message: str
    retryable: bool
    at: str
    chance: float = 0.5
    retry_after: float = 0.0
    duration_ms: float | None = None
    final: bool = False
    strand: str | None = None


@dataclass(frozen=True, slots=True)
class LoseNode:
    """The function that carried the attempt out died, and repeating it does no harm."""

    node_id: str
    attempt: int
    message: str
    at: str
    strand: str | None = None


@dataclass(frozen=True, slots=True)
class AllowNode:
    """A person allowed what the node is held for: it is begun again, and that attempt counts against no policy."""

    node_id: str
    attempt: int
    message: str
    at: str


@dataclass(frozen=True, slots=True)
class SkipNode:
    """The node's condition is false."""

    node_id: str
    attempt: int
    at: str
    strand: str | None = None


@dataclass(frozen=True, slots=True)
class WaitNode:
    """The node waits for the outside: kind is delay, approval, workflow, or hold (a person must allow it)."""

    node_id: str
    attempt: int
    kind: str
    at: str
    until: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    strand: str | None = None


@dataclass(frozen=True, slots=True)
class PlanItems:
    """The items of a for_each node are known: `count` items, cut in chunks of `chunk`."""

    node_id: str
    attempt: int
    count: int
    chunk: int
    items: Any
    at: str


@dataclass(frozen=True, slots=True)
class CompleteItems:
    """Items start..stop-1 are done. `error` is the first one that failed, as {"code", "message", "item"}.

    Where the node's on_error is `fail`, that error fails node and run at once, without waiting for the other items.
    """

    node_id: str
    attempt: int
    start: int
    stop: int
    results: Any
    at: str
    usage: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] | None = None
    strand: str | None = None


@dataclass(frozen=True, slots=True)
class CancelNode:
    """The node was about to begin when the run had already been told to stop."""

    node_id: str
    attempt: int
    at: str


@dataclass(frozen=True, slots=True)
class CancelRun:
    """Someone asks the run to stop."""

    reason: str
    requested_by: str
    at: str


@dataclass(frozen=True, slots=True)
class ResumeRun:
    """Someone asks a run that failed or was cancelled to go on from where it stopped."""

    requested_by: str
    at: str


@dataclass(frozen=True, slots=True)
class CheckDeadline:
    """Time passes: the run fails if its deadline has gone by."""

    at: str


@dataclass(frozen=True, slots=True)
class FinishRun:
    """The outputs mapping gave `output`."""

    output: Any
    at: str


@dataclass(frozen=True, slots=True)
class FailRun:
    """The run cannot go on, for a reason that is no node's."""

    code: str
    message: str
    at: str
    details: dict[str, Any] = field(default_factory=dict)
    node_id: str | None = None


RunCommand = (
    StartRun
    | ContinueRun
    | CompleteNode
    | FailNode
    | LoseNode
    | AllowNode
    | SkipNode
    | WaitNode
    | PlanItems
    | CompleteItems
    | CancelNode
    | CancelRun
    | ResumeRun
    | CheckDeadline
    | FinishRun
    | FailRun
)
