"""The operation `analyze`: what POST /analyze does, for one item of a batch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from heddle.application.content.analyze import MAX_BYTES, Question
from heddle.application.content.full_analysis import FullAnalysis
from heddle.application.models.caller import Caller
from heddle.application.ports.batches import Done
from heddle.application.ports.fetching import Fetch
from heddle.domain.batches.batch import Batch, Item
from heddle.domain.content.analyses import NAMES
from heddle.errors import NodeError

BUDGET_CODES = frozenset(["ai_stopped", "budget_approval_required", "budget_exceeded", "budgets_busy"])
"""Reasons of the refining model for which the item fails: who asked for a model would not look at each warning."""


@dataclass(frozen=True)
class AnalyzeItem:
    """Analyses items."""

    analyze: FullAnalysis
    fetch: Fetch
    new_id: Callable[[], str]

    def __call__(self, batch: Batch, item: Item, memo: Mapping[str, Any], *, seconds: float) -> Done:
        """Analyse it. Raises what reading and fetching raise, and NodeError `budget_exceeded` and its like."""
        asked = batch.parameters
        question = self._question(batch, item, seconds)
        caller = Caller(batch.tenant, batch.created_by, self.new_id(), correlation_id=batch.correlation_id)
        found = self.analyze(
            caller,
            question,
            model=asked.get("model"),
            plugins=asked.get("plugins", ()),
            plugin_params=asked.get("plugin_params", {}),
        )
        for warning in found["warnings"]:
            reason = str(warning["code"])
            if warning["analysis"] == "refine" and reason in BUDGET_CODES:
                raise NodeError(str(warning["message"]), code=reason, retryable=reason == "budgets_busy")
        return Done(_summary(found), found)

    def _question(self, batch: Batch, item: Item, seconds: float) -> Question:
        wanted = tuple(batch.parameters.get("wanted", NAMES))
        question = Question(
            content=item.content,
            object=item.object,
            content_type=item.content_type,
            filename=item.name,
            language=batch.parameters.get("language"),
            wanted=wanted,
            timeout_seconds=seconds,
        )
        if item.url is None:
            return question
        half = seconds / 2  # one for the address, one for the analysis
        fetched = self.fetch(item.url, seconds=half, max_bytes=MAX_BYTES, correlation_id=batch.correlation_id)
        return Question(
            data=fetched.data,
            content_type=item.content_type,
            declared=fetched.media_type,
            filename=item.name or fetched.name,
            language=question.language,
            wanted=wanted,
            timeout_seconds=half,
        )


def _summary(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the few facts that a list shows."""
    return {
        "status": found["status"],
        "media_type": found["media_type"],
        "bytes": found["bytes"],
        "title": found["title"],
        "language": (found["language"] or {}).get("code"),
        "words": (found["statistics"] or {}).get("words"),
        "sentiment": (found["sentiment"] or {}).get("label"),
        "difficulty": (found["difficulty"] or {}).get("level"),
        "quality": (found["quality"] or {}).get("overall"),
        "method": found["method"],
        "cost_usd": (found["refined"] or {}).get("cost_usd"),
        "warnings": len(found["warnings"]),
    }
