"""Strands: who carries which node, worked out from the strand's name and the graph's post-dominators alone.

A strand's name says how it came about. The first strand is `0`. A strand `s` that forks gives its branches the names
`s-{join}.{number}`, where `join` is the place in `Plan.order` of the node at which the branches end (`e`: the end of
the run). So a name tells its forefathers and where each of them ends, and nothing about strands needs to be stored:

    0                first strand
    0-7.0  0-7.1     its branches, which end at the node that is 7th in the plan's order
    0-7.1-7.0        a branch of 0-7.1 that ends at the same node: what comes then is the business of strand 0
"""

from collections import OrderedDict
from collections.abc import Iterable

from heddle.domain.engine.plan import Plan, PlanEdge
from heddle.records import dataclass

ROOT = "0"
END = "e"
_KEPT_PLANS = 64


@dataclass(frozen=True, slots=True)
class PlanIndex:
    """What deciding needs to look up in a plan, worked out once.

    `entered`/`left` number the tree of post-dominators, so that one comparison tells whether a node dominates another.
    """

    plan: Plan
    incoming: dict[str, int]
    outgoing: dict[str, tuple[PlanEdge, ...]]
    roots: tuple[str, ...]
    position: dict[str, int]
    entered: dict[str, int]
    left: dict[str, int]

    def comes_before(self, node: str, join: str | None) -> bool:
        """Tell whether every way from `node` to the end of the run leads through `join`, another node."""
        if join is None:
            return True
        return node != join and self.entered[join] <= self.entered[node] < self.left[join]

    def join_of(self, nodes: Iterable[str]) -> str | None:
        """Return the first node that every way from each of these nodes to the end leads through, if there is one."""
        joins, position = self.plan.joins, self.position
        candidates = iter(nodes)
        meet = joins.get(next(candidates))
        for node in candidates:
            other = joins.get(node)
            while meet != other:
                if meet is None or other is None:
                    return None
                if position[meet] < position[other]:
                    meet = joins.get(meet)
                else:
                    other = joins.get(other)
        return meet


def _index(plan: Plan) -> PlanIndex:
    incoming = dict.fromkeys(plan.order, 0)
    outgoing: dict[str, list[PlanEdge]] = {node: [] for node in plan.order}
    for edge in plan.edges:
        incoming[edge.target] += 1
        outgoing[edge.source].append(edge)
    children: dict[str | None, list[str]] = {}
    for node in plan.order:
        children.setdefault(plan.joins.get(node), []).append(node)
    entered: dict[str, int] = {}
    left: dict[str, int] = {}
    stack: list[tuple[str, bool]] = [(node, False) for node in children.get(None, [])]
    clock = 0
    while stack:
        node, done = stack.pop()
        if done:
            left[node] = clock
            continue
        entered[node] = clock
        clock += 1
        stack.append((node, True))
        stack.extend((child, False) for child in children.get(node, []))
    return PlanIndex(
        plan=plan,
        incoming=incoming,
        outgoing={node: tuple(edges) for node, edges in outgoing.items()},
        roots=tuple(node for node in plan.order if incoming[node] == 0),
        position={node: place for place, node in enumerate(plan.order)},
        entered=entered,
        left=left,
    )


_INDICES: OrderedDict[int, PlanIndex] = OrderedDict()


def index_of(plan: Plan) -> PlanIndex:
    """Return the plan's index; the newest ones are kept, by identity of the plan object."""
    found = _INDICES.get(id(plan))
    if found is not None and found.plan is plan:
        return found
    index = _index(plan)
    _INDICES[id(plan)] = index
    while len(_INDICES) > _KEPT_PLANS:
        try:
            _INDICES.popitem(last=False)
        except KeyError:  # another thread was quicker
            break
    return index


def branch_name(index: PlanIndex, strand: str, join: str | None, number: int) -> str:
    """Name branch `number` of a fork of `strand` that ends at `join`."""
    return f"{strand}-{END if join is None else index.position[join]}.{number}"


def until_of(index: PlanIndex, strand: str) -> str | None:
    """Return the node at which the strand ends; None if it goes to the end of the run."""
    _, separator, last = strand.rpartition("-")
    join = last.partition(".")[0]
    return None if not separator or join == END else index.plan.order[int(join)]


def carrier(index: PlanIndex, strand: str, node: str) -> str:
    """Return the strand that carries `node` when `strand` made it ready: itself, or the forefather at its join."""
    while "-" in strand and not index.comes_before(node, until_of(index, strand)):
        strand = strand.rpartition("-")[0]
    return strand
