"""Analyses: of a text in the request, or of an upload."""

from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.services import Services

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
    from heddle.domain.content.analyses import NAMES
    from heddle.runtime.api.bodies.analyses import AnalyzeBody

    body = request.model(AnalyzeBody)
    question = Question(
        content=body.content,
        base64=body.base64,
        object=body.object,
        content_type=body.content_type or "",
        filename=body.filename,
        language=body.language,
        wanted=tuple(name for name in NAMES if getattr(body.options, _OPTIONS.get(name, ""), True)),
        timeout_seconds=body.options.timeout_seconds,
    )
    found = services.analyze_content(request.tenant, question)

    def left() -> float:
        return max(1.0, body.options.timeout_seconds - float(found["processing_ms"]) / 1000)

    if body.options.model is not None:
        from heddle.application.models.caller import Caller

        caller = Caller(request.tenant, request.principal.id, services.new_id(), correlation_id=request.correlation_id)
        found = services.refine_analysis(caller, body.options.model, found, left())
    if body.options.plugins:
        params = body.options.plugin_params
        found = services.join_analysis(request.tenant, found, names=body.options.plugins, params=params, seconds=left())
    return Reply(200, found)
