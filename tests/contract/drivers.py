"""What drivers are compared by: how a run ended, and the shape of its history."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.adapters.memory.cache import MemoryNodeCache
from heddle.application.execution.settle import Outcome
from heddle.testing.node_runners import node_runners
from heddle.testing.run_workflow import FinishedRun, WaitingNode, run_workflow
from heddle.testing.virtual_time import VirtualTime
from tests.contract.scenarios.scenario import Scenario
from tests.support.upstream import Upstream

Facts = tuple[Any, ...]

_TELLING = {
    "NodeScheduled": ("attempt",),
    "NodeWaiting": ("attempt", "kind"),
    "NodeItemsPlanned": ("attempt", "count", "chunk"),
    "NodeItemsCompleted": ("attempt", "start", "stop"),
    "NodeCompleted": ("attempt", "route", "cached"),
    "NodeFailed": ("attempt", "code", "handled"),
    "NodeSkipped": ("reason",),
    "NodeCancelled": (),
}


@dataclass(frozen=True)
class Ended:
    """What a driver tells of a run that is over.

    `nodes` holds the events of each node in their order, without what time and chance decide (items end in any
    order, so theirs are counted); `run` the events of the run as a whole.
    """

    status: str
    output: Any
    skipped: frozenset[str]
    error_code: str | None
    nodes: Mapping[str, tuple[Facts, ...]]
    items: Mapping[Facts, int]
    run: tuple[str, ...]


def ended(
    status: str,
    output: Any,
    error: Mapping[str, Any] | None,
    events: Iterable[tuple[str, Mapping[str, Any]]],
) -> Ended:
    """Put together how a run ended. `events` are types with their data."""
    nodes: dict[str, list[Facts]] = {}
    items: Counter[Facts] = Counter()
    run: list[str] = []
    for kind, data in events:
        if kind not in _TELLING:
            run.append(kind)
            continue
        facts = (kind, *(_plain(data.get(name)) for name in _TELLING[kind]))
        if kind == "NodeItemsCompleted":
            items[data["node_id"], *facts] += 1
        else:
            nodes.setdefault(data["node_id"], []).append(facts)
    skipped = frozenset(node for node, facts in nodes.items() if facts[-1][0] == "NodeSkipped")
    code = None if error is None else str(error["code"])
    return Ended(
        status, output, skipped, code, {node: tuple(facts) for node, facts in nodes.items()}, items, tuple(run)
    )


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def input_of(scenario: Scenario, upstream: Upstream) -> dict[str, Any]:
    """Return the input of a run of the scenario."""
    return {**scenario.input, **({"upstream": upstream.url, "nonce": uuid4().hex} if scenario.calls else {})}


def in_process(scenario: Scenario, upstream: Upstream) -> Ended:
    """Bring the scenario to its end with the in-process driver and the real nodes."""
    parts: dict[str, Any] = {
        "runners": node_runners(allowed_hosts=upstream.authority),
        "decide": lambda waiting: _decide(scenario, waiting),
        "blobs": MemoryBlobStore(),
        "cache": MemoryNodeCache(),
    }
    input = input_of(scenario, upstream)
    run: FinishedRun | None = None
    for _ in range(2 if scenario.twice else 1):
        run = run_workflow(scenario.document, input, run_id=uuid4().hex, time=VirtualTime(), **parts)
    assert run is not None
    return ended(run.status, run.output, run.error, ((event.type, event.data) for event in run.history()))


def _decide(scenario: Scenario, waiting: WaitingNode) -> Outcome | None:
    """Answer an approval as the scenario says; carry another workflow out."""
    if waiting.kind == "workflow":
        child = run_workflow(scenario.children[waiting.config["workflow_id"]], waiting.config.get("input"))
        if child.status == "succeeded":
            return Outcome(child.output)
        return Outcome(error={"code": "subrun_failed", "message": f"the sub-run {child.status}"})
    decision = scenario.decisions[waiting.node_id]
    if decision is None:
        return None
    return Outcome({"approved": decision == "approve", "decision": decision, "comment": "", "timed_out": False})
