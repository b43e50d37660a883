"""A tool that finds, among the passages of a node, those that bear most on a question."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from heddle.application.agents.records import ToolOutcome
from heddle.application.agents.tools import ToolUse
from heddle.application.ports.models import ToolSpec
from heddle.domain.nodes.citations import PLACE
from heddle.domain.nodes.relevance import relevance

PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "query": {"type": "string", "minLength": 1, "description": "A question or key words."},
        "limit": {"type": "integer", "minimum": 1, "maximum": 50, "description": "The most passages to give."},
    },
    "required": ["query"],
    "additionalProperties": False,
}
CITE = " Each passage has a number n; cite it as [n] after each statement that rests on it."


@dataclass(frozen=True)
class SearchTool:
    """Ranks the passages by BM25. Their numbers are those that the answer cites."""

    name: str
    description: str
    passages: Sequence[dict[str, Any]]
    limit: int
    once: bool = False

    @property
    def spec(self) -> ToolSpec:
        """What the model is told of it."""
        return ToolSpec(self.name, self.description + CITE, PARAMETERS)

    def call(self, use: ToolUse) -> ToolOutcome:
        """Return the passages that share words with the query, best first, as {n, source, heading, page, text}."""
        scores = relevance(use.arguments["query"], [passage["text"] for passage in self.passages])
        most = min(use.arguments.get("limit", self.limit), self.limit)
        best = sorted((index for index, score in enumerate(scores) if score > 0), key=lambda index: -scores[index])
        found = [{"n": index + 1, **_shown(self.passages[index])} for index in best[:most]]
        return ToolOutcome({"passages": found, "searched": len(self.passages)})


def _shown(passage: dict[str, Any]) -> dict[str, Any]:
    return {name: passage[name] for name in ("source", *PLACE, "text") if passage.get(name)}
