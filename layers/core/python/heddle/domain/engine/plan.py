"""A plan: a checked workflow definition in the form the engine runs, plain data without pydantic.

Plans are made once, when a version is saved, and stored with it; running one needs no compiler.
"""

from dataclasses import field
from typing import Any

from heddle.records import dataclass

START = ""
"""The name of the virtual node before all roots, in `Plan.joins`."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`max_attempts` counts the first one. Delay before attempt n+1, in seconds, then jittered by ±`jitter` (0..1):

    fixed: delay; linear: delay * n; exponential: delay * 2 ** (n - 1); all capped at `max_delay`.
    `on` lists the error codes worth another attempt; empty means every error marked retryable.
    """

    max_attempts: int = 1
    backoff: str = "exponential"
    delay: float = 0.1
    max_delay: float = 30.0
    jitter: float = 0.1
    on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ForEach:
    """`items` is an expression giving a list; at most `concurrency` items run at a time."""

    items: str
    concurrency: int = 10


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """Reuse an output for `ttl` seconds. `key` is an expression; None means the rendered config."""

    ttl: int
    key: str | None = None


@dataclass(frozen=True, slots=True)
class PlanEdge:
    """`branch` is a router's branch name, `error` for on_error: route, or None for an ordinary dependency.

    `implied` edges come from references. One that `only_orders` is waited for but carries nothing on: its target has
    edges of its own, which say whether it runs.
    """

    source: str
    target: str
    branch: str | None = None
    implied: bool = False
    only_orders: bool = False


@dataclass(frozen=True, slots=True)
class PlanNode:
    """One step. `host` says who carries it out:

    engine    cheap, in process, wherever the strand happens to be
    function  the Lambda function named `function`
    wait      a timer (delay)
    callback  outside (approval, sub-run); woken by token
    """

    id: str
    type: str
    host: str
    config: dict[str, Any]
    function: str | None = None
    when: str | None = None
    for_each: ForEach | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    timeout: float = 60.0
    on_error: str = "fail"
    fallback: Any = None
    cache: CachePolicy | None = None
    effects: str = "none"
    deferred: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The graph and everything the engine precomputes about it.

    `order` is topological. `joins[f]` is the immediate post-dominator of node f (None: the end), where `f` may be
    START; a strand that was forked at f ends when it reaches `joins[f]`. `segments` are maximal chains without
    fork or join. Both are of the graph without the edges that a longer way makes superfluous: those never fork.
    `depth` is the deepest nesting of forks. `modes` are the modes the graph allows, with `reason`.
    """

    name: str
    nodes: dict[str, PlanNode]
    order: tuple[str, ...]
    edges: tuple[PlanEdge, ...]
    joins: dict[str, str | None]
    segments: tuple[tuple[str, ...], ...]
    depth: int
    outputs: Any
    mode: str
    reason: str
    modes: tuple[str, ...]
    timeout: float
    input_schema: dict[str, Any] = field(default_factory=dict)
    series_parallel: bool = True
    hash: str = ""
