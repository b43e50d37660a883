"""What a node type declares, and what passes between the engine and a node.

Runtime side of a node type, without pydantic: importing this costs nothing. The pydantic config models live in
`heddle.domain.nodes.catalogue`, which only the compiler, the API and the documentation import.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any, Protocol

from heddle.domain.engine.plan import RetryPolicy
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class NodeTask:
    """One attempt at one node (or one item of it).

    `config` is rendered: no expressions are left. `timeout` is in seconds. `idempotency_key` is the same for every
    delivery of this attempt; pass it on to whatever can use it. Nodes never see another tenant's data. `principal` is
    who asked for the run, or for the run at the top of a tree of them (`root_run_id`), whose `run_budget` (decimal text
    in USD, None for none) covers what its sub-runs spend; `depth` is how deep the run itself is nested in that tree.
    `evaluate` renders the deferred fields of the node's type, None if it has none.
    """

    tenant: str
    run_id: str
    node_id: str
    attempt: int
    type: str
    config: Mapping[str, Any]
    timeout: float
    idempotency_key: str
    correlation_id: str
    item_index: int | None = None
    principal: str = "system"
    live: bool = False
    workflow_id: str = ""
    root_run_id: str = ""
    run_budget: str | None = None
    run_priority: str = "normal"
    depth: int = 0
    evaluate: "Evaluate | None" = None


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What a node gives back: JSON output, branches taken (routers only), and usage.

    `usage` may hold `input_tokens`, `output_tokens`, `model`, `provider`, `cost_usd` (decimal as text), `latency_ms`.
    """

    output: Any
    route: tuple[str, ...] | None = None
    usage: dict[str, Any] = field(default_factory=dict)


class NodeRunner(Protocol):
    """Does the work of a node type. Raises `NodeError` with a stable code; anything else is a bug and shows as one."""

    def __call__(self, task: NodeTask) -> NodeResult: ...


Evaluate = Callable[[Any, Mapping[str, Any]], Any]
"""Renders a deferred value (string, list or object of templates) with extra names beside the roots."""


class EngineRunner(Protocol):
    """Does the work of a cheap node type (host "engine"): pure, no IO, without leaving the process."""

    def __call__(self, task: NodeTask, evaluate: Evaluate) -> NodeResult: ...


NodeRunners = Mapping[str, Callable[[NodeTask], NodeResult]]
"""Node type name to its runner: what one function hosts, or all of them in the in-process driver."""


@dataclass(frozen=True, slots=True)
class NodeType:
    """The declaration of a node type. `config` is its pydantic model; its JSON Schema feeds validation and forms.

    `host` and `effects` as in `PlanNode`: effects "none" may be repeated freely after a crash, "once" may not; where
    it depends on the config (an http GET or POST), `effects` is a function of the unrendered config: see `effects_of`.
    `secret_fields` name config fields that may use `secrets.*`; `static_fields` those that may not use expressions at
    all, because the compiler needs their value (dotted; `rules.branch` is `branch` in each element of `rules`).
    `function` is a key of the dispatch's function table: a folder under functions/nodes/, or a function of the
    (unrendered) config that gives one; `llm_default` stands for the function of the stage's default model provider.
    `deferred` maps config fields that the node evaluates itself, element by element, to the names it adds to the roots
    (for example `where` of a filter adds `item` and `index`); the engine hands these over unrendered. `inner` gives the
    configs of other node types that a config holds, as (path, type, config), to be checked by those types' models.
    """

    name: str
    category: str
    summary: str
    config: type[Any]
    host: str
    function: str | Callable[[Mapping[str, Any]], str] | None = None
    effects: str | Callable[[Mapping[str, Any]], str] = "none"
    timeout: float = 60.0
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    deferred: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    secret_fields: tuple[str, ...] = ()
    static_fields: tuple[str, ...] = ()
    routes: Callable[[Mapping[str, Any]], tuple[str, ...]] | None = None
    inner: Callable[[Mapping[str, Any]], Iterator[tuple[str, str, Mapping[str, Any]]]] | None = None
    output_schema: dict[str, Any] = field(default_factory=dict)

    def function_of(self, config: Mapping[str, Any]) -> str | None:
        """Return the function key that hosts a node of this type with this (unrendered) config."""
        return self.function(config) if callable(self.function) else self.function

    def effects_of(self, config: Mapping[str, Any]) -> str:
        """Return "none" or "once" for a node of this type with this (unrendered) config."""
        return self.effects(config) if callable(self.effects) else self.effects
