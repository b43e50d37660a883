"""An analysis as it can be asked for: by rules, then refined by a model, then with what plugins add."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heddle.application.content.analyze import AnalyzeContent, Question
from heddle.application.content.refine import RefineAnalysis
from heddle.application.models.caller import Caller
from heddle.application.plugins.join_analysis import JoinAnalysis


@dataclass(frozen=True)
class FullAnalysis:
    """Analyses. What refines and what runs plugins is made when somebody first asks for it."""

    analyze: AnalyzeContent
    refine: Callable[[], RefineAnalysis]
    join: Callable[[], JoinAnalysis]

    def __call__(
        self,
        caller: Caller,
        question: Question,
        *,
        model: str | None = None,
        plugins: Sequence[str] = (),
        plugin_params: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """Return the analysis, within `question.timeout_seconds`; raises what `AnalyzeContent` does.

        A model or a plugin that cannot be asked is a warning of the analysis.
        """
        found = self.analyze(caller.tenant, question)

        def left() -> float:
            return max(1.0, question.timeout_seconds - float(found["processing_ms"]) / 1000)

        if model is not None:
            found = self.refine()(caller, model, found, left())
        if plugins:
            found = self.join()(caller.tenant, found, names=plugins, params=plugin_params or {}, seconds=left())
        return found
