"""The `analyze` node: gets a document as `parse` does, and says what it is about, in which language, and how well."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from heddle.adapters.nodes.documents.sources import DocumentSources
from heddle.adapters.nodes.search import caller_of
from heddle.application.content.analyze_bytes import TYPES, AnalyzeBytes, Wanted
from heddle.application.content.refine import RefineAnalysis
from heddle.domain.content.analyses import NAMES
from heddle.domain.nodes.fields import invalid, kind, number_field, text_field
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class AnalyzeNode:
    """Runs `analyze` nodes. `refine` gives what asks a model, if a node names one."""

    sources: DocumentSources
    analyze: AnalyzeBytes
    refine: Callable[[], RefineAnalysis]
    new_id: Callable[[], str]

    def __call__(self, task: NodeTask) -> NodeResult:
        """Analyse. Raises NodeError as the `parse` node does; an analysis that fails is in `errors` of the output.

        A model that cannot be asked, or has no sensible answer, is in `warnings`, and the offline analysis stands.
        """
        begun = time.monotonic()
        seconds = min(number_field(task.config, "timeout", 60.0, low=0.001, high=840.0), task.timeout)
        language = text_field(task.config, "language", "") or None
        analyses = _analyses(task.config)
        said = text_field(task.config, "content_type", "")
        model = text_field(task.config, "model", "")
        source = self.sources(task, seconds)
        wanted = Wanted(
            declared=TYPES.get(said.lower(), said) or source.declared,
            filename=source.name or "",
            said=said,
            language=language,
            analyses=analyses,
            seconds=seconds,
        )
        found = self.analyze(source.data, wanted) | {"source": source.url or source.name, "refined": None}
        if not model:
            return NodeResult(found)
        left = max(1.0, seconds - (time.monotonic() - begun))
        found = self.refine()(caller_of(task, self.new_id()), model, found, left)
        paid = {name: value for name, value in (found["refined"] or {}).items() if name != "analyses"}
        return NodeResult(found, usage=paid)


def _analyses(config: Mapping[str, Any]) -> tuple[str, ...]:
    value = config.get("analyses")
    if value is None:
        return NAMES
    if not isinstance(value, list | tuple):
        raise invalid("analyses", f"must be a list, but is {kind(value)}")
    if unknown := [name for name in value if name not in NAMES]:
        raise invalid("analyses", f"has {unknown[0]!r}, which is none of {', '.join(NAMES)}")
    return tuple(dict.fromkeys(value))
