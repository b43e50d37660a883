"""Analyses: of a text in the request, or of an upload."""

from typing import TYPE_CHECKING

from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.services import Services

if TYPE_CHECKING:
    from heddle.runtime.api.bodies.analyses import AnalysisChoicesBody

_OPTIONS = {
    "concepts": "extract_concepts",
    "keywords": "extract_keywords",
    "entities": "extract_entities",
    "objectives": "extract_objectives",
    "quality": "assess_quality",
    "difficulty": "analyze_difficulty",
    "sentiment": "analyze_sentiment",
    "language": "detect_language",
    "summary": "generate_summary",
}


@endpoint("analyze_content")
def analyze_content(services: Services, request: Request) -> Reply:
    """POST /analyze: 200 also if some analyses failed; `status` says so."""
    from heddle.application.content.analyze import Question
    from heddle.application.models.caller import Caller
    from heddle.runtime.api.bodies.analyses import AnalyzeBody

    body = request.model(AnalyzeBody)
    question = Question(
        content=body.content,
        base64=body.base64,
        object=body.object,
        content_type=body.content_type or "",
        filename=body.filename,
        language=body.language,
        wanted=wanted(body.options),
        timeout_seconds=body.options.timeout_seconds,
    )
    options = body.options
    caller = Caller(request.tenant, request.principal.id, services.new_id(), correlation_id=request.correlation_id)
    found = services.full_analysis(
        caller, question, model=options.model, plugins=options.plugins, plugin_params=options.plugin_params
    )
    return Reply(200, found)


def wanted(options: "AnalysisChoicesBody") -> tuple[str, ...]:
    """Return the analyses that options ask for."""
    from heddle.domain.content.analyses import NAMES

    return tuple(name for name in NAMES if getattr(options, _OPTIONS.get(name, ""), True))
