"""The state of a run: what its events add up to, kept so that each event costs only the node's own edges.

`RunState` is owned by whoever folds events into it (`evolve` changes it in place and returns it); `copy` gives an
independent one cheaply, because the parts that it shares are never changed, only replaced.
"""

from dataclasses import field
from operator import attrgetter
from typing import Any

from heddle.records import dataclass

SCHEMA = 1
"""The shape of `RunState.to_json`; snapshots of another shape are not read."""

NEW, REQUESTED, RUNNING, CANCELLING = "new", "requested", "running", "cancelling"
SUCCEEDED, FAILED, CANCELLED = "succeeded", "failed", "cancelled"
PENDING, SCHEDULED, WAITING, COMPLETED, SKIPPED = "pending", "scheduled", "waiting", "completed", "skipped"

HOLD = "hold"
"""The kind of a waiting node that a person must allow to go on."""

ENDED = frozenset({SUCCEEDED, FAILED, CANCELLED})


@dataclass(frozen=True, slots=True)
class Items:
    """The progress of a for_each node since `began`. `results` maps the start of a range to its stop and results."""

    count: int
    chunk: int
    items: Any
    done: int = 0
    results: dict[int, tuple[int, Any]] = field(default_factory=dict)
    began: str = ""


@dataclass(slots=True)
class NodeState:
    """One node. Never changed, only replaced (not frozen only because that makes it three times as dear to make).

    `handled` says what on_error made of a failure; `forgiven` counts attempts that retry does not count. `unsettled`
    is the first attempt that was at work when the run ended and of which nothing more was heard, 0 if there is none.

    A failed node with handled `continue` or `route` is settled; with `fail` it waits for the run to be resumed.
    `not_before` is when a further attempt may begin.
    """

    status: str = PENDING
    attempt: int = 0
    strand: str = ""
    output: Any = None
    route: tuple[str, ...] | None = None
    handled: str | None = None
    code: str | None = None
    message: str | None = None
    not_before: str | None = None
    kind: str | None = None
    until: str | None = None
    details: dict[str, Any] | None = None
    items: Items | None = None
    forgiven: int = 0
    losses: int = 0
    unsettled: int = 0

    @property
    def settled(self) -> bool:
        """Whether the node's edges are resolved: nothing more comes of it."""
        return self.status in (COMPLETED, SKIPPED) or (self.status == FAILED and self.handled != "fail")


UNTOUCHED = NodeState()


@dataclass(slots=True)
class RunState:
    """A run so far. `nodes` holds those that something happened to; the others are pending.

    `edges` holds (unresolved, live) counts of incoming edges once they differ from the plan's; `ready` are pending
    nodes whose edges are all resolved (True: one is live); `open` are scheduled and waiting nodes.
    """

    status: str = NEW
    workflow_id: str = ""
    workflow_version: int = 0
    input: Any = None
    mode: str = "auto"
    live: bool = False
    depth: int = 0
    parent_run_id: str | None = None
    parent_node_id: str | None = None
    parent_item: int | None = None
    requested_at: str = ""
    started_at: str | None = None
    deadline: str | None = None
    timeout: float | None = None
    resumed: int = 0
    continued: int = 0
    cancel_reason: str | None = None
    output: Any = None
    error: dict[str, Any] | None = None
    settled: int = 0
    requested_by: str = ""
    root_run_id: str | None = None
    budget_usd: str | None = None
    priority: str = "normal"
    usage: dict[str, Any] = field(default_factory=dict)
    nodes: dict[str, NodeState] = field(default_factory=dict)
    edges: dict[str, tuple[int, int]] = field(default_factory=dict)
    ready: dict[str, bool] = field(default_factory=dict)
    open: dict[str, None] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether the run is over (it may still be resumed)."""
        return self.status in ENDED

    def node(self, node_id: str) -> NodeState:
        """Return the node's state, pending if nothing happened to it yet."""
        return self.nodes.get(node_id, UNTOUCHED)

    def carried_by(self, strand: str) -> list[str]:
        """Return the open nodes of a strand, in the order in which they were scheduled."""
        return [node for node in self.open if self.nodes[node].strand == strand]

    def copy(self) -> "RunState":
        """Return a state that can be changed without changing this one."""
        copy = RunState(*_VALUES(self))
        copy.usage, copy.nodes, copy.edges = dict(self.usage), dict(self.nodes), dict(self.edges)
        copy.ready, copy.open = dict(self.ready), dict(self.open)
        return copy

    def to_json(self) -> dict[str, Any]:
        """Return the state as plain JSON, for a snapshot."""
        values = {name: getattr(self, name) for name in RunState.__slots__}
        values["nodes"] = {name: _node_json(node) for name, node in self.nodes.items()}
        values["edges"] = {name: list(counts) for name, counts in self.edges.items()}
        values["open"] = list(self.open)
        values["usage"] = dict(self.usage)
        values["ready"] = dict(self.ready)
        return values

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "RunState":
        """Rebuild the state from `to_json`."""
        values = {name: data[name] for name in RunState.__slots__ if name in data}
        values["nodes"] = {name: _node_from_json(node) for name, node in data["nodes"].items()}
        values["edges"] = {name: (counts[0], counts[1]) for name, counts in data["edges"].items()}
        values["open"] = dict.fromkeys(data["open"])
        values["usage"] = dict(data["usage"])
        values["ready"] = dict(data["ready"])
        return cls(**values)


_VALUES = attrgetter(*RunState.__slots__)


def _node_json(node: NodeState) -> dict[str, Any]:
    """Return only what differs from a pending node: most fields of most nodes are at their defaults."""
    values = {}
    for name in NodeState.__slots__:
        value = getattr(node, name)
        if value != getattr(UNTOUCHED, name):
            values[name] = value
    if node.route is not None:
        values["route"] = list(node.route)
    if node.items is not None:
        items = node.items
        values["items"] = {
            "count": items.count,
            "chunk": items.chunk,
            "items": items.items,
            "done": items.done,
            "results": [[start, stop, results] for start, (stop, results) in items.results.items()],
            "began": items.began,
        }
    return values


def _node_from_json(data: dict[str, Any]) -> NodeState:
    values = {name: data[name] for name in NodeState.__slots__ if name in data}
    if values.get("route") is not None:
        values["route"] = tuple(values["route"])
    if values.get("items") is not None:
        results = {start: (stop, part) for start, stop, part in values["items"]["results"]}
        values["items"] = Items(**{**values["items"], "results": results})
    return NodeState(**values)
