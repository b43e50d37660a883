"""How often a node asks its model at most, and how much each of these calls reads: for estimates before a run."""

from collections.abc import Mapping
from typing import Any

from heddle.domain.engine.plan import PlanNode

MAX_STEPS = 10
"""How many steps an agent takes at most if its node does not say."""

ASKED_AGAIN: Mapping[str, int] = {"classify": 2, "extract": 2, "research": 4}
"""Node types whose answers have to fit a schema: each may be asked for once more, to be repaired."""

PART_TOKENS, CHARS_PER_TOKEN, MOST_LEVELS = 6_000, 3, 5
"""How much of a text a `summarise` node reads at once if it does not say, and how deep it goes."""

UNKNOWN_BYTES = 8_000
"""How long a value counts as that only a run can tell."""

BUILT_IN_BYTES = 2_000
"""What the instructions of a node type of ours take, besides what its node says."""

ANALYSED_BYTES = 24_000 * 3
"""What a model is shown at most of a document that it refines the analysis of; three bytes to a character."""

_CALLS: Mapping[str, str] = {
    "agent": "steps, each of which reads all before it",
    "research": "calls, to plan, to answer and to repair both",
    "summarise": "parts of the text and of their summaries",
}


def reads_of(node: PlanNode, read: int, written: int) -> list[int]:
    """Return how many tokens each call that there may be reads at most; the first reads `read`."""
    if node.type == "summarise":
        return _parts(node, read, written)
    steps = 2 if node.type == "llm" and node.config.get("output_schema") is not None else ASKED_AGAIN.get(node.type, 1)
    if node.type == "agent":
        steps = number_or(node.config.get("max_steps"), MAX_STEPS)
    # Each reads again what was written and answered in all steps before it.
    return [read + step * (written + UNKNOWN_BYTES) for step in range(steps)]


def what_calls(node: PlanNode) -> str:
    """Say in a few words what the calls of a node are, if there may be several."""
    return _CALLS.get(node.type, "calls, one to repair the answer")


def number_or(value: Any, default: int) -> int:
    """Return what is a positive number, else the default."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else default


def _parts(node: PlanNode, read: int, written: int) -> list[int]:
    """Return what a summary reads: a long text part by part, then the summaries of the parts in the same way."""
    most = number_or(node.config.get("part_tokens"), PART_TOKENS) * CHARS_PER_TOKEN
    reads: list[int] = []
    for _ in range(MOST_LEVELS):
        parts = -(-read // most)
        if parts <= 1:
            return [*reads, read]
        reads += [most + BUILT_IN_BYTES] * parts
        read = parts * min(written * CHARS_PER_TOKEN, most)
    return reads
