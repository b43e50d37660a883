"""What a run may cost, worked out from its plan alone: for workflows that have hardly run yet.

Each node that asks a model is priced from below and from above. What is written in the plan or given as input is
counted; what only a run can tell is assumed, and every assumption is said:

    low     the known text, once, and an answer of one token          no step more than the first, no repair
    high    all that may be read, and `max_tokens` written            every step, repair and part there may be
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from heddle.application.ports.models import CompletionRequest
from heddle.application.usage.most_calls import (
    ANALYSED_BYTES,
    BUILT_IN_BYTES,
    UNKNOWN_BYTES,
    number_or,
    reads_of,
    what_calls,
)
from heddle.domain.engine.plan import Plan, PlanNode
from heddle.domain.models.resolve import EMBED_ALIAS
from heddle.domain.money import picos, usd
from heddle.domain.usage.infrastructure import COUNTS, cost_of, prices_at
from heddle.errors import InvalidInput
from heddle.records import dataclass

MAX_TOKENS: Mapping[str, int] = {
    "llm": 1024,
    "agent": 4096,
    "research": 2048,
    "write": 8192,
    "classify": 1024,
    "extract": 4096,
    "summarise": 2048,
    "analyze": 4096,
    "embed": 0,
}
"""Node types that ask models, with the `max_tokens` that they have by default; vectors cost nothing to write."""

MODEL_SECONDS, FUNCTION_SECONDS, MEMORY_MB, COMMIT_BYTES, STEP_EVENTS = 5, 1, 1024, 1_500, 4
"""How long a call to a model and any other function is reckoned to take, with how much memory; and what it commits."""

_TEXTS = frozenset({"prompt", "system", "instructions", "context", "messages", "question", "topic", "outline", "text"})
_EXPRESSION = re.compile(r"\{\{(.*?)\}\}|\{%.*?%\}", re.DOTALL)
_PATH = re.compile(r"^\s*input((?:\.\w+|\[\d+\])+)\s*$")
_UPSTREAM = re.compile(r"\bnodes\.(\w+)")


@dataclass(frozen=True, slots=True)
class PricedModel:
    """A model by its name and price. `bound` counts a request from above, `tokens` a text as near as can be."""

    name: str
    source: str
    cost: Callable[[int, int], int]
    bound: Callable[[CompletionRequest], int]
    tokens: Callable[[str], int]


PriceModel = Callable[[str | None], PricedModel | str]
"""Gives the model that a node's name for it means; a text instead says why there is none or no price."""


@dataclass(frozen=True, slots=True)
class NodeEstimate:
    """What one node may cost, in picodollars; `items` None: how many there are only a run can tell, this is for one."""

    node_id: str
    model: str
    low: int
    high: int
    items: int | None
    calls: int
    assumptions: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {
            "node_id": self.node_id,
            "model": self.model,
            "low_usd": usd(self.low),
            "high_usd": usd(self.high),
            "items": self.items,
            "calls": self.calls,
        }


@dataclass(frozen=True, slots=True)
class Estimate:
    """All nodes that ask models, what they cost together, and what the rest costs by mode."""

    nodes: tuple[NodeEstimate, ...]
    infrastructure: dict[str, int]
    assumptions: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {
            "low_usd": usd(sum(node.low for node in self.nodes)),
            "high_usd": usd(sum(node.high for node in self.nodes)),
            "nodes": [node.to_json() for node in self.nodes],
            "infrastructure_usd": {mode: usd(cost) for mode, cost in self.infrastructure.items()},
            "assumptions": list(self.assumptions),
        }


def estimate(plan: Plan, input: Mapping[str, Any] | None, price: PriceModel, day: str) -> Estimate:
    """Return what a run of the plan may cost; without `input` everything that it would hold counts as unknown."""
    notes: list[str] = []
    nodes = []
    for node_id in plan.order:
        node = plan.nodes[node_id]
        if not asks_model(node):
            continue
        found = _node(plan, node, input, price)
        nodes.append(found)
        notes += [f"{node_id}: {note}" for note in found.assumptions]
    infrastructure = {mode: _infrastructure(plan, input, mode, day) for mode in plan.modes}
    notes.append(
        f"infrastructure: {MODEL_SECONDS} s for a call to a model, {FUNCTION_SECONDS} s for any other function, "
        f"{MEMORY_MB} MB, list prices of {prices_at(day).region}"
    )
    return Estimate(tuple(nodes), infrastructure, tuple(dict.fromkeys(notes)))


def asks_model(node: PlanNode) -> bool:
    """Whether a node asks a model: of its own, or because it names one that refines what it does without."""
    return node.type in MAX_TOKENS and (node.type != "analyze" or bool(node.config.get("model")))


def model_name(config: Mapping[str, Any]) -> str | None:
    """Return the name under which a node's model is looked up."""
    provider, model = config.get("provider"), config.get("model")
    if provider in (None, "auto"):
        return model
    return f"{provider}/{model}" if model else str(provider)


def _node(plan: Plan, node: PlanNode, input: Mapping[str, Any] | None, price: PriceModel) -> NodeEstimate:
    notes: list[str] = []
    items = _items(node, input, notes)
    name = model_name(node.config) or (EMBED_ALIAS if node.type == "embed" else None)
    priced = "which model only a run can tell: not priced" if "{{" in (name or "") else price(name)
    if isinstance(priced, str):
        return NodeEstimate(node.id, name or "default", 0, 0, items, 0, (*notes, priced))
    known, unknown = _text(plan, node, input, notes)
    written = number_or(node.config.get("max_tokens"), MAX_TOKENS[node.type])
    request = CompletionRequest(known + "x" * unknown, max_tokens=written)
    reads = reads_of(node, priced.bound(request), written)
    high = sum(priced.cost(read, written) for read in reads)
    if len(reads) > 1:
        notes.append(f"up to {len(reads)} {what_calls(node)}")
    low = priced.cost(priced.tokens(known), min(written, 1))
    times = 1 if items is None else items
    if (cap := _usd_cap(node.config.get("max_cost_usd"))) is not None:
        high = min(high, cap)
        notes.append("its own max_cost_usd is the most")
    answers = f", answers of at most {written} tokens" if written else ""
    notes.append(f"{priced.name} at {priced.source}{answers}")
    return NodeEstimate(
        node.id, priced.name, min(low, high) * times, high * times, items, len(reads) * times, tuple(notes)
    )


def _items(node: PlanNode, input: Mapping[str, Any] | None, notes: list[str]) -> int | None:
    if node.for_each is None:
        return 1
    expression = node.for_each.items.strip().removeprefix("{{").removesuffix("}}")
    value = _given(expression, input)
    if isinstance(value, list):
        return len(value)
    notes.append("how many items there are only a run can tell: the amounts are for one item")
    return None


def _text(plan: Plan, node: PlanNode, input: Mapping[str, Any] | None, notes: list[str]) -> tuple[str, int]:
    """Return the text that is known, and how many bytes more there may be."""
    known: list[str] = []
    unknown = 0 if node.type in ("llm", "agent", "embed") else BUILT_IN_BYTES
    if node.type == "analyze":
        unknown += ANALYSED_BYTES
    for text in _strings({name: value for name, value in node.config.items() if name in _TEXTS}):
        known.append(_EXPRESSION.sub("", text))
        for found in _EXPRESSION.finditer(text):
            value = _given(found[1] or "", input)
            if value is not None:
                known.append(value if isinstance(value, str) else orjson.dumps(value).decode())
            elif found[1] is not None:
                unknown += _assumed(plan, found[1])
    if "prompt_ref" in node.config:
        unknown += UNKNOWN_BYTES
        notes.append(f"the registered prompt has at most {UNKNOWN_BYTES} bytes")
    if unknown:
        notes.append(f"what only a run can tell has at most {unknown} bytes")
    return "\n".join(known), unknown


def _assumed(plan: Plan, expression: str) -> int:
    """Return how long a value may be: of a node that asks a model, four bytes for each token it may write."""
    upstream = [plan.nodes[name] for name in _UPSTREAM.findall(expression) if name in plan.nodes]
    sizes = [
        4 * number_or(node.config.get("max_tokens"), MAX_TOKENS[node.type])
        for node in upstream
        if MAX_TOKENS.get(node.type)
    ]
    return max(sizes, default=UNKNOWN_BYTES)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)


def _given(expression: str, input: Mapping[str, Any] | None) -> Any:
    """Return what the input holds at a plain path such as `input.pages[0].title`; None if that cannot be told."""
    path = _PATH.match(expression)
    if path is None or input is None:
        return None
    value: Any = input
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", path[1]):
        try:
            value = value[name] if name else value[int(index)]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _usd_cap(value: Any) -> int | None:
    try:
        return None if value is None else picos(str(value))
    except InvalidInput:  # an expression: only a run can tell
        return None


def _infrastructure(plan: Plan, input: Mapping[str, Any] | None, mode: str, day: str) -> int:
    """Return about what carrying the run out costs: a call per node that a function hosts, or per item of it."""
    calls = waits = seconds = 0
    for node in plan.nodes.values():
        times = (_items(node, input, []) or 1) if node.for_each is not None else 1
        if node.host == "function":
            calls += times
            seconds += times * (MODEL_SECONDS if asks_model(node) else FUNCTION_SECONDS)
        elif node.host in ("wait", "callback"):
            waits += times
    commits = 2 + calls + 2 * waits
    counts = dict.fromkeys(COUNTS, 0) | {
        "commits": commits,
        "events": STEP_EVENTS * commits,
        "write_units": 4 * commits,
        "read_units": calls + 1,
        "invocations": 1 + (0 if mode == "inline" else calls + 2 * waits),
        "mb_ms": max(seconds, 1) * 1000 * MEMORY_MB,
        "transitions": 3 + 2 * calls + 4 * waits,
        "executions": 1,
        "execution_ms": max(seconds, 1) * 1000,
    }
    return sum(cost_of(counts, prices_at(day), mode).values())
